"""A second process maps rows: the same as without, whatever becomes of it."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

import phenom_sandbox
from source_phenom.config import source_config
from source_phenom.listings import mapping_process
from source_phenom.listings.mapping_process import MappingProcess
from source_phenom.listings.processors import processors
from source_phenom.listings.rows import ApplicationRows
from source_phenom.listings.shared_rows import SharedRows
from source_phenom.listings.wishes import Wishes
from unit_tests.reading.protocol import CONFIG

NOW = datetime(2026, 11, 2, tzinfo=timezone.utc)
WISHES = Wishes.of(
    source_config(
        {
            **CONFIG,
            "field_overrides": [
                {"model": "candidates", "field": "company", "paths": ["customFieldData.employer"]},
                {"model": "candidates", "field": "source", "paths": ["customFieldData.source"]},
            ],
            "custom_fields": [{"model": "candidates", "key": "id", "path": "candidateData.id"}],
            "only_created_applications": True,
            "application_sources": ["Career Site", "LinkedIn"],
        }
    ),
    NOW,
)
BOTH = ("applications", "candidates")
SECONDS = 20.0


@cache
def pages(number: int = 40) -> list[bytes]:
    tenant = phenom_sandbox.Tenant(seed=4, jobs=20, applications=10 * number)
    rows = list(tenant.applications())
    return [
        orjson.dumps({"pagination": {"total": len(rows)}, "data": rows[first : first + 10]})
        for first in range(0, len(rows), 10)
    ]


STRANGE = [
    b"null",
    b"[]",
    b"{}",
    b'{"data": null}',
    b'{"data": {"id": 1}}',
    b'{"data": [null, 7, "x", [], {}, {"id": null}, {"id": 7}]}',
    b'{"data": [{"id": "a", "candidateData": {"id": "\\u0000p", "firstName": "\\ud800"}}]}',
    b'{"data": [{"id": "a", "candidateData": [], "jobApplicationData": 3}]}',
    b'{"data": [{"id": "a", "x": NaN, "candidateData": {"id": 12345678901234567890123}}]}',
    b'{"data": [{"id": "a", "candidateData": {"deep": %s1%s}}]}' % (b"[" * 300, b"]" * 300),
]


class Ready(MappingProcess):
    """Has started by the time that it is made."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        assert self._connection.poll(SECONDS)


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping_process, "MappingProcess", Ready)


def process_of(rows: SharedRows) -> MappingProcess:
    assert rows._process is not None
    return rows._process


def pid_of(rows: SharedRows) -> int:
    return process_of(rows)._process.pid


@pytest.fixture
def rows() -> Iterator[SharedRows]:
    with SharedRows(WISHES, BOTH, alone=0) as rows:
        yield rows


@pytest.mark.parametrize("streams", [BOTH, BOTH[:1], BOTH[1:]], ids="+".join)
@pytest.mark.parametrize("wishes", [WISHES, Wishes("i", NOW)], ids=["wishes", "no wishes"])
def test_pages_are_the_same(wishes: Wishes, streams: tuple[str, ...]) -> None:
    here = ApplicationRows(wishes, streams)
    with SharedRows(wishes, streams, alone=0) as rows, ThreadPoolExecutor(8) as executor:
        contents = [*pages(), *STRANGE]
        mapped = list(executor.map(rows.page, contents))
        assert mapped == [here.page(content) for content in contents]
        assert process_of(rows).fetched > len(contents) / 2


def test_what_is_not_json_is_refused(rows: SharedRows) -> None:
    for content in (b"", b"<html>", b'{"data": [', b"[" * 100_000):
        with pytest.raises(ValueError, match=r"line 1|nested"):
            rows.page(content)
    assert len(rows.page(pages(1)[0])["data"]) == 10


def texts(count: int = 600) -> list[tuple[int, bytes]]:
    here = ApplicationRows(WISHES, BOTH)
    mapped = [row for content in pages(count // 10) for row in here.page(content)["data"]]
    return list(enumerate(row.candidate.row for row in mapped if row.candidate is not None))


def described(given: list[tuple[int, bytes]]) -> list[tuple[int, Any]]:
    here = ApplicationRows(WISHES, BOTH)
    return [(label, here.candidate(text)) for label, text in given]


def test_candidates_come_in_order(rows: SharedRows) -> None:
    given = texts()
    rows.page(pages(1)[0])
    assert list(rows.candidates(given)) == described(given)
    assert process_of(rows).fetched > 3


def test_texts_larger_than_any_buffer(rows: SharedRows) -> None:
    large = [
        (number, orjson.dumps({"candidateData": {"x": "y" * 300_000}})) for number in range(90)
    ]
    rows.page(pages(1)[0])
    assert list(rows.candidates(large)) == described(large)


def test_a_candidate_that_cannot_be_mapped_is_told_as_without(rows: SharedRows) -> None:
    rows.page(pages(1)[0])
    with pytest.raises(ValueError, match="line 1"):
        list(rows.candidates([(1, b"no JSON")]))


def test_killed_between_pages(rows: SharedRows) -> None:
    here, contents = ApplicationRows(WISHES, BOTH), pages()
    assert rows.page(contents[0]) == here.page(contents[0])
    os.kill(pid_of(rows), signal.SIGKILL)
    with ThreadPoolExecutor(8) as executor:
        assert list(executor.map(rows.page, contents)) == list(map(here.page, contents))


def test_killed_among_candidates(rows: SharedRows) -> None:
    given, found = texts(), []
    rows.page(pages(1)[0])
    for number, candidate in enumerate(rows.candidates(given)):
        found.append(candidate)
        if number == 60:
            os.kill(pid_of(rows), signal.SIGKILL)
    assert found == described(given)


def test_stopped_while_others_wait() -> None:
    """As where a read ends early: whoever waits for the other process goes on alone."""
    here, contents = ApplicationRows(WISHES, BOTH), pages()
    with ThreadPoolExecutor(8) as executor:
        with SharedRows(WISHES, BOTH, alone=0) as rows:
            rows.page(contents[0])
            os.kill(pid_of(rows), signal.SIGSTOP)
            mapped = [executor.submit(rows.page, content) for content in contents]
            time.sleep(0.2)
            os.kill(pid_of(rows), signal.SIGCONT)
        assert [page.result(SECONDS) for page in mapped] == list(map(here.page, contents))


@pytest.mark.parametrize("alone", [None, 40])
def test_not_started(alone: int | None) -> None:
    """Neither for one processor, nor for a short listing."""
    with SharedRows(WISHES, BOTH, alone) as rows:
        for content in pages():
            rows.page(content)
        assert rows._process is None


def test_cannot_be_started(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    caplog.set_level("INFO", logger="airbyte.phenom")
    with SharedRows(WISHES, BOTH, alone=0) as rows:
        assert len(rows.page(pages(1)[0])["data"]) == 10
    assert "No second process could be started: No such file or directory." in caplog.text


def test_ends_with_the_read(rows: SharedRows) -> None:
    rows.page(pages(1)[0])
    process = process_of(rows)._process
    assert process.poll() is None
    rows.__exit__()
    assert process.returncode == 0


_STARTS_ONE = """
import time
from datetime import datetime, timezone
from source_phenom.listings.mapping_process import MappingProcess
from source_phenom.listings.wishes import Wishes
now = datetime.now(timezone.utc)
process = MappingProcess(Wishes("i", now), ["applications"])
print(process._connection.poll(60), process._process.pid, flush=True)
time.sleep(60)
"""


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are watched in /proc")
def test_ends_with_its_starter_that_is_killed(tmp_path: Path) -> None:
    """And takes nothing from the folder that it is started in."""
    (tmp_path / "queue.py").write_text("raise SystemExit")
    program = tmp_path / "elsewhere" / "starts_one.py"
    program.parent.mkdir()
    program.write_text(_STARTS_ONE)
    starter = subprocess.Popen(
        [sys.executable, str(program)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    started, pid = starter.stdout.readline().split()
    assert started == "True"
    assert _is_running(int(pid))
    starter.kill()
    starter.communicate()
    until = time.monotonic() + SECONDS
    while _is_running(int(pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_running(int(pid))


def test_wishes_hold_nothing_secret() -> None:
    config = source_config({**CONFIG, "client_secret": "hidden-secret", "api_key": "hidden-key"})
    handed_on = pickle.dumps(Wishes.of(config, NOW))
    assert b"hidden" not in handed_on
    assert pickle.loads(pickle.dumps(WISHES)) == WISHES


def test_candidates_that_nobody_takes_any_more_hold_nobody_up(rows: SharedRows) -> None:
    """A read ends among candidates, while a page that was fetched needlessly still waits."""
    content = pages(1)[0]
    rows.page(content)
    os.kill(pid_of(rows), signal.SIGSTOP)
    left = rows.candidates(texts(3_000))
    with ThreadPoolExecutor(4) as executor:
        taken = executor.submit(next, left)
        time.sleep(0.2)
        waiting = [executor.submit(rows.page, content) for _ in range(3)]
        time.sleep(0.2)
        os.kill(pid_of(rows), signal.SIGCONT)
        assert taken.result(SECONDS)[0] == 0
        rows.__exit__()
        left.close()
        here = ApplicationRows(WISHES, BOTH).page(content)
        assert [page.result(SECONDS) for page in waiting] == [here] * 3


def test_an_answer_that_cannot_be_sent_is_none(rows: SharedRows) -> None:
    """Pickle goes less deep than JSON."""
    deep = b'{"data": [], "pagination": %s1%s}' % (b"[" * 900, b"]" * 900)
    for content in (pages(1)[0], deep, pages(1)[0]):
        assert rows.page(content) == ApplicationRows(WISHES, BOTH).page(content)
    assert process_of(rows).fetched == 3


def test_one_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mapping_process, "_SECONDS_TO_ANSWER", 1)
    monkeypatch.setattr(mapping_process, "_SECONDS_TO_END", 0.1)
    caplog.set_level("INFO", logger="airbyte.phenom")
    given = texts(3_000)
    with SharedRows(WISHES, BOTH, alone=0) as rows:
        rows.page(pages(1)[0])
        os.kill(pid_of(rows), signal.SIGSTOP)
        assert list(rows.candidates(given)) == described(given)
    assert "The second process ended early (-9); the sync went on without it." in caplog.text


@pytest.mark.parametrize("interrupted", ["recv", "send"])
def test_interrupted_in_the_middle_of_a_message(rows: SharedRows, interrupted: str) -> None:
    """What comes next must not be taken for the rest of it."""
    content = pages(1)[0]
    rows.page(content)
    connection = process_of(rows)._connection

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            if name == interrupted:
                raise KeyboardInterrupt
            return getattr(connection, name)

    process_of(rows)._connection = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        rows.page(content)
    assert rows.page(content) == ApplicationRows(WISHES, BOTH).page(content)
    assert process_of(rows).ask("page", content) is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, 3),
        ({"cpu.max": "6400000 100000\n"}, 3),
        ({"cpu.max": "junk"}, 3),
        ({"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({}, 3),
    ],
)
def test_processors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str], expected: float
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert processors(tmp_path) == expected
