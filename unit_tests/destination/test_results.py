"""The results file and the summary."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from destination_phenom.outcomes import WriteOutcome, WriteStatus
from destination_phenom.rejections import Problem
from destination_phenom.results import ResultLine, ResultsFile, Summary
from phenom_api.errors import InvalidConfig


def result(status: WriteStatus, position: int = 1, *problems: Problem) -> ResultLine:
    return ResultLine(
        (None, "create_application"), position, WriteOutcome(status, "c", "a", problems)
    )


def test_lines_are_written_at_once_and_appended(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for run in ("first", "second"):
        file = ResultsFile(str(path), run)
        for position in (1, 2):
            file.write(result("created", position))
            last = path.read_bytes().splitlines()[-1]
            assert json.loads(last)["position"] == position
        file.sync()
        file.close()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [(each["run"], each["position"]) for each in lines] == [
        ("first", 1), ("first", 2), ("second", 1), ("second", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("before", [b'{"position":1}\n{"posi', b'{"position":1}\n', b"\n", b""])
def test_an_incomplete_last_line_is_ended(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(before)
    file = ResultsFile(str(path), "run")
    file.write(result("created", 7))
    file.close()
    assert path.read_bytes().startswith(before)
    *_, last = path.read_bytes().splitlines()
    assert json.loads(last)["position"] == 7


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "results.jsonl", tmp_path / "a\0b"):
        with pytest.raises(InvalidConfig, match="results_path cannot be written") as raised:
            ResultsFile(str(path), "run")
        assert raised.value.keys == ("results_path",)


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_only_the_owner_can_read_a_new_file(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "results.jsonl"
    before = os.umask(umask)
    try:
        for run in ("first", "second"):
            ResultsFile(str(path), run).close()
            assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_file_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.touch()
    path.chmod(0o640)
    ResultsFile(str(path), "run").close()
    assert path.stat().st_mode & 0o777 == 0o640


def test_devices_and_pipes(tmp_path: Path) -> None:
    null = ResultsFile(os.devnull, "run")
    null.write(result("created"))
    null.sync()
    null.close()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file = ResultsFile(str(pipe), "run")
    file.write(result("created", 3))
    file.sync()
    file.close()
    assert json.loads(os.read(reader, 10_000))["position"] == 3
    os.close(reader)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_nothing_more_is_written_after_a_failure() -> None:
    file = ResultsFile("/dev/full", "run")
    with pytest.raises(InvalidConfig, match="No space left on device"):
        file.write(result("created"))
    with pytest.raises(InvalidConfig, match="No space left on device"):
        file.sync()
    file.close()


def test_the_summary_counts_unwritten_results() -> None:
    summary = Summary()
    broken = ResultLine(None, None, WriteOutcome("rejected"), 3)
    for each in (result("created"), result("created", 2), result("unsettled", 3), broken):
        summary.add(each)
        if each.position != 1:
            summary.add_unwritten(each)
    assert summary.lines()[-1].startswith(
        "Results that could not be written: create_application: 1 created, 1 unsettled; lines "
        "that are no messages: 1 rejected."
    )


def test_a_namespace_and_the_number_of_a_broken_line() -> None:
    named = ResultLine(("n", "s"), 1, WriteOutcome("created")).as_json()
    assert (named["namespace"], named["stream"]) == ("n", "s")
    broken = ResultLine(None, None, WriteOutcome("rejected"), 9).as_json()
    assert (broken["stream"], broken["position"], broken["line"]) == (None, None, 9)


def test_the_summary_counts_everything() -> None:
    summary = Summary()
    assert summary.lines() == ["No records came in."]
    lacking = Problem("attachments[0]", "is not in place")
    for status in ("created", "created", "already_applied", "already_exists", "unsettled"):
        summary.add(result(status))
    summary.add(result("created", 6, lacking))
    for position in range(7, 15):
        summary.add(result("rejected", position, Problem("candidate.last_name", "is required")))
    summary.add(ResultLine(None, None, WriteOutcome("rejected"), 3))
    assert " ".join(summary.lines()) == (
        "create_application: 14 records: 3 created, 1 had applied already, 1 existed already, "
        "8 rejected, 1 unsettled; 1 of them lack an attachment. "
        "Lines of the input that are no messages: 1."
    )
    assert (summary.total, summary.rejected, summary.unsettled) == (15, 9, 1)
    said = summary.rejections()
    assert said.startswith("9 of 15 records were rejected. create_application record 7: candidate.")
    assert said.endswith("and 4 more.")
