"""``include_files``: the files of documents are staged and named by their records."""

from __future__ import annotations

import errno
import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_cdk.sources.utils import files_directory

from integration_tests.source.reading import ConnectorOutput
from phenom_api.retries import RetryPolicy
from source_phenom.listings import staged_files
from unit_tests.reading.protocol import CONFIG, GATEWAY, read, run_source
from unit_tests.reading.recruiting import STORAGE, Applied, Recruiting

STREAM = "candidate_documents"
USER = {"ph_user_id": "acting-user", "page_size": 100, "full_reconcile_days": 1000}


def document(key: str, name: str = "cv.pdf", **others: Any) -> dict[str, Any]:
    return {"attachmentId": key, "attachmentName": name, "attachmentType": "Resume", **others}


def applied(candidate: str, *files: dict[str, Any], number: int = 0) -> Applied:
    row = {"id": f"65f0c1d2a1b2c3d4{number:08x}", "candidateData": {"id": candidate}}
    return Applied(row, user_id=candidate, files=files)


def signed(candidate: str, file: str) -> str:
    """The request for a file's pre-signed URL."""
    files = f"{GATEWAY}/candidates-api/files/v1/candidates"
    return f"{files}/{candidate}/attachments/{file}/pre-signed-url"


@dataclass
class Connection:
    """Syncs of one connection, each with the state of the one before.

    :param answers: other answers than the tenant's, by URL, in the form of ``requests_mock``.
    """

    folder: Path
    tenant: Recruiting
    state: Sequence[Any] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signatures: int = 0

    @property
    def staging(self) -> Path:
        return self.folder / "staging"

    def sync(
        self, *, files: bool | None = True, mode: str = "incremental", **config: Any
    ) -> ConnectorOutput:
        # Nobody changed since the last sync, as far as the candidate search shows.
        with self.tenant.served() as mocker:
            for url, answer in self.answers.items():
                mocker.get(url, **({"response_list": answer} if type(answer) is list else answer))
            outcome = read(
                self.folder,
                {**USER, **config},
                list(self.state),
                streams=[STREAM],
                mode=mode,
                files=files,
            )
            self.asked = [request.url for request in mocker.request_history]
        self.signatures = sum(url.endswith("pre-signed-url") for url in self.asked)
        self.state = outcome.states
        return outcome


@pytest.fixture
def connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(staged_files, "FILE_POLICY", RetryPolicy(attempts=2, first_wait=0.001))
    made = Connection(tmp_path, Recruiting())
    made.staging.mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(made.staging))
    return made


@pytest.fixture
def two(connection: Connection) -> Connection:
    """Two candidates, the second with two files."""
    connection.tenant.applied = [
        applied("c1", document("a1")),
        applied("c2", document("a2"), document("a3", "letter.pdf"), number=1),
    ]
    return connection


def references(outcome: ConnectorOutput) -> dict[str, Any]:
    """The file references by the records' remote ids, each of which is printed once."""
    found = {
        message["record"]["data"]["remote_id"]: message["record"].get("file_reference")
        for message in outcome.of("RECORD")
    }
    assert len(found) == len(outcome.of("RECORD"))
    return found


def staged(folder: Path) -> dict[str, bytes]:
    """The content of every file by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def warnings(outcome: ConnectorOutput) -> list[str]:
    logs = [message["log"] for message in outcome.of("LOG")]
    return [log["message"] for log in logs if log["level"] == "WARN"]


def test_each_file_once(two: Connection) -> None:
    first = two.sync()
    assert first.code == 0
    assert references(first) == {
        "c1:a1": reference(two, "c1/a1/cv.pdf", 2),
        "c2:a2": reference(two, "c2/a2/cv.pdf", 2),
        "c2:a3": reference(two, "c2/a3/letter.pdf", 2),
    }
    assert staged(two.staging) == {
        "c1/a1/cv.pdf": b"a1",
        "c2/a2/cv.pdf": b"a2",
        "c2/a3/letter.pdf": b"a3",
    }
    assert "candidate_documents: 3 files sent" in first.logs
    assert two.signatures == 3
    second = two.sync()
    assert (references(second), two.signatures) == ({}, 0)


def reference(connection: Connection, path: str, size: int) -> dict[str, Any]:
    return {
        "staging_file_url": str(connection.staging / path),
        "source_file_relative_path": path,
        "file_size_bytes": size,
    }


def test_messages_are_those_of_the_protocol(two: Connection) -> None:
    for message in two.sync().of("RECORD"):
        parsed = AirbyteMessageSerializer.load(message)
        assert parsed.record is not None
        file = parsed.record.file_reference
        assert file is not None
        assert file.staging_file_url is not None
        assert Path(file.staging_file_url).stat().st_size == file.file_size_bytes
        dumped = AirbyteMessageSerializer.dump(parsed)
        assert dumped["record"]["file_reference"] == message["record"]["file_reference"]
        assert list(dumped["record"]) == list(message["record"])


@pytest.mark.parametrize("files", [None, False])
def test_without_files_nothing_is_fetched(two: Connection, files: bool | None) -> None:
    outcome = two.sync(files=files)
    assert set(references(outcome).values()) == {None}
    assert all("file_reference" not in message["record"] for message in outcome.of("RECORD"))
    assert two.signatures == 0
    assert staged(two.staging) == {}
    assert "files sent" not in outcome.logs


def test_full_refresh_sends_every_file_every_time(two: Connection) -> None:
    for _ in range(2):
        assert None not in references(two.sync(mode="full_refresh")).values()
        assert two.signatures == 3


def test_a_changed_document_is_sent_again_and_a_deleted_one_has_no_file(two: Connection) -> None:
    two.sync()
    two.tenant.applied = [
        applied("c1", document("a1", "cv.pdf", note="changed")),
        applied("c2", document("a2"), document("a4", "new.pdf"), number=1),
    ]
    second = two.sync(full_reconcile_days=1, start_date="2020-01-01")
    assert references(second) == {
        "c1:a1": reference(two, "c1/a1/cv.pdf", 2),
        "c2:a4": reference(two, "c2/a4/new.pdf", 2),
        "c2:a3": None,
    }
    gone = {row["remote_id"]: row["remote_deleted_at"] for row in second.records[STREAM]}
    assert [key for key, when in gone.items() if when is not None] == ["c2:a3"]


# -- files that cannot be had --------------------------------------------------------------------

METADATA = "https://169.254.169.254/latest"
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "gone in Phenom": (signed("c2", "a3"), {"status_code": 404}, "Phenom no longer has it."),
    "refused by the gateway": (
        signed("c2", "a3"),
        {"status_code": 400},
        "{candidateId}/attachments/{attachmentId}/pre-signed-url with 400.",
    ),
    "a URL that must not be followed": (
        signed("c2", "a3"),
        {"json": {"fileUrl": "http://storage.test/secret-of-the-url"}},
        "The file's URL cannot be followed",
    ),
    "not in the storage": (f"{STORAGE}/c2/a3", {"status_code": 404}, "refused with 404."),
    "always expired": (f"{STORAGE}/c2/a3", {"status_code": 403}, "keeps answering 403."),
    "storage fails": (f"{STORAGE}/c2/a3", {"status_code": 503}, "keeps answering 503."),
    "slow": (f"{STORAGE}/c2/a3", {"exc": requests.ReadTimeout}, "no answer in time."),
    "too large": (
        f"{STORAGE}/c2/a3",
        {"content": b"x" * 1_000_001},
        "The file is larger than 1 MB, and is not downloaded.",
    ),
    "says that it is too large": (
        f"{STORAGE}/c2/a3",
        {"content": b"x", "headers": {"Content-Length": "1000001"}},
        "The file is larger than 1 MB, and is not downloaded.",
    ),
    "broken": (
        f"{STORAGE}/c2/a3",
        {"content": b"not gzip", "headers": {"Content-Encoding": "gzip"}},
        "broke off half-way",
    ),
    "redirected to a private address": (
        f"{STORAGE}/c2/a3",
        {"status_code": 302, "headers": {"Location": METADATA}},
        "The file's URL cannot be followed",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_had_costs_that_file(two: Connection, fault: str) -> None:
    url, answer, reason = FAULTS[fault]
    two.answers = {url: answer}
    first = two.sync(max_file_megabytes=1)
    assert first.code == 0
    found = references(first)
    assert [key for key, file in found.items() if file is None] == ["c2:a3"]
    assert sorted(staged(two.staging)) == ["c1/a1/cv.pdf", "c2/a2/cv.pdf"]
    assert not (two.staging / "c2" / "a3").exists()
    (summary,) = [line for line in warnings(first) if "could not be sent" in line]
    assert summary.startswith("candidate_documents: 1 files could not be sent: ")
    assert reason in summary
    assert METADATA not in two.asked
    told = first.logs
    assert not re.search(r"c2|\ba3\b|letter\.pdf|s3cret|secret-of|storage\.test", told), told

    # It is not counted as sent: every sync tries again, and emits the record when it succeeds.
    second = two.sync(max_file_megabytes=1)
    assert references(second) == {}
    assert two.signatures >= 1
    assert any("1 files could not be sent" in line for line in warnings(second))
    two.answers = {}
    third = two.sync(max_file_megabytes=1)
    assert references(third) == {"c2:a3": reference(two, "c2/a3/letter.pdf", 2)}
    before = [row["changed_at"] for row in first.records[STREAM]]
    assert third.records[STREAM][0]["changed_at"] > max(before)
    assert references(two.sync(max_file_megabytes=1)) == {}
    assert two.signatures == 0


def test_an_expired_url_is_asked_for_anew_once(two: Connection) -> None:
    two.answers = {f"{STORAGE}/c2/a2": [{"status_code": 403}, {"content": b"whole"}]}
    outcome = two.sync()
    assert references(outcome)["c2:a2"] == reference(two, "c2/a2/cv.pdf", 5)
    assert two.signatures == 4
    assert not any("could not be sent" in line for line in warnings(outcome))


def test_a_document_that_is_gone_is_not_tried_again(two: Connection) -> None:
    two.answers = {f"{STORAGE}/c2/a2": {"status_code": 404}}
    two.sync()
    two.tenant.applied[1] = applied("c2", document("a3", "letter.pdf"), number=1)
    gone = two.sync()
    assert references(gone) == {"c2:a2": None}
    two.sync()
    assert not any("attachments" in url for url in two.asked)


def test_a_missing_permission_fails_the_stream(two: Connection) -> None:
    two.answers = {
        signed(*each): {"status_code": 403} for each in (("c1", "a1"), ("c2", "a2"), ("c2", "a3"))
    }
    outcome = two.sync()
    assert (outcome.code, references(outcome)) == (1, {})
    (failure,) = outcome.failures
    assert failure["failure_type"] == "config_error"
    assert "Candidates API, downloading a candidate's attachments" in failure["message"]
    two.answers = {}
    assert None not in references(two.sync()).values()


def test_an_outage_of_the_storage_fails_the_stream_and_loses_nothing(
    connection: Connection,
) -> None:
    connection.tenant.applied = [
        applied(f"c{number}", document(f"a{number}"), number=number) for number in range(120)
    ]
    connection.answers = {
        f"{STORAGE}/c{number}/a{number}": {"status_code": 503} for number in range(120)
    }
    outcome = connection.sync()
    assert outcome.code == 1
    (failure,) = outcome.failures
    assert failure["failure_type"] == "transient_error"
    assert "keeps answering 503" in failure["message"]
    assert len(references(outcome)) < 60
    connection.answers = {}
    rest = references(connection.sync())
    assert len(rest) == 120
    assert None not in rest.values()
    assert references(connection.sync()) == {}


# -- the disk ------------------------------------------------------------------------------------


def fill_disk(monkeypatch: pytest.MonkeyPatch, below: str = "") -> None:
    """Every write to a file that is being downloaded fails with ENOSPC.

    :param below: only in folders of this name.
    """
    real = os.open

    def on_full_disk(path: Any, flags: int, *others: Any, **more: Any) -> int:
        opened = real(path, flags, *others, **more)
        if str(path).endswith(".part") and below in str(path):
            os.close(opened)
            return real("/dev/full", os.O_WRONLY)
        return opened

    monkeypatch.setattr(os, "open", on_full_disk)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch)


def test_a_full_disk_ends_the_stream(two: Connection, full_disk: None) -> None:
    outcome = two.sync()
    assert (outcome.code, references(outcome)) == (1, {})
    (failure,) = outcome.failures
    assert failure["failure_type"] == "system_error"
    assert f"The staging folder {two.staging} cannot be written to" in failure["message"]
    assert os.strerror(errno.ENOSPC) in failure["message"]
    assert list(two.staging.rglob("*")) == []


def test_a_full_disk_ends_no_other_stream(two: Connection, full_disk: None) -> None:
    with two.tenant.served():
        outcome = read(two.folder, USER, streams=["applications", STREAM], files=True)
    assert len(outcome.records["applications"]) == 2
    assert outcome.statuses["applications"][-1] == "COMPLETE"
    assert outcome.statuses[STREAM][-1] == "INCOMPLETE"


def test_a_stream_that_ends_leaves_the_files_of_its_records_only(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.tenant.applied = [
        applied(f"c{number}", document(f"a{number}"), number=number) for number in range(30)
    ]
    with monkeypatch.context() as patched:
        fill_disk(patched, below="/c7/")
        outcome = connection.sync()
    assert outcome.code == 1
    first = references(outcome)
    assert set(staged(connection.staging)) == {
        file["source_file_relative_path"] for file in first.values()
    }
    rest = references(connection.sync())
    assert len(first) + len(rest) == len({**first, **rest}) == 30


def test_one_path_that_cannot_be_written_costs_one_file(two: Connection) -> None:
    (two.staging / "c1").write_text("in the way")
    found = references(two.sync())
    assert [key for key, file in found.items() if file is None] == ["c1:a1"]


def test_what_a_killed_run_left_is_removed(two: Connection) -> None:
    folder = two.staging / "c1" / "a1"
    folder.mkdir(parents=True)
    (folder / f"{'0' * 32}.part").write_bytes(b"half")
    two.sync()
    assert [path.name for path in folder.iterdir()] == ["cv.pdf"]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_destination_can_read_the_shared_folder(two: Connection, umask: None) -> None:
    two.sync()
    assert (two.staging / "c1" / "a1" / "cv.pdf").stat().st_mode & 0o777 == 0o644
    assert (two.staging / "c1" / "a1").stat().st_mode & 0o777 == 0o755


def test_the_folder_is_the_one_of_the_cdk(
    two: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert staged_files.LOCAL_FOLDER == files_directory.DEFAULT_LOCAL_DIRECTORY
    for name in ("AIRBYTE_STAGING_DIRECTORY", "DEFAULT_LOCAL_DIRECTORY"):
        # So that the reloads below are undone.
        monkeypatch.setattr(files_directory, name, getattr(files_directory, name))
    monkeypatch.delenv("AIRBYTE_STAGING_DIRECTORY")
    assert importlib.reload(files_directory).AIRBYTE_STAGING_DIRECTORY == staged_files.SHARED_FOLDER
    local = tmp_path / "local"
    monkeypatch.setattr(staged_files, "LOCAL_FOLDER", str(local))
    for chosen in (two.staging, tmp_path / "missing"):
        monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(chosen))
        module = importlib.reload(files_directory)
        monkeypatch.setattr(module, "DEFAULT_LOCAL_DIRECTORY", str(local))
        two.sync(mode="full_refresh")
        assert (Path(module.get_files_directory()) / "c1" / "a1" / "cv.pdf").is_file()


def test_the_local_folder_is_private(
    two: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = tmp_path / "local"
    monkeypatch.setattr(staged_files, "LOCAL_FOLDER", str(local))
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", "")
    local.mkdir(mode=0o755)
    assert two.sync().code == 0
    assert local.stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(local)
    monkeypatch.setattr(staged_files, "LOCAL_FOLDER", str(tmp_path / "link"))
    refused = two.sync(mode="full_refresh")
    assert refused.code == 1
    assert "cannot be written to: it belongs to another user" in refused.failures[0]["message"]


# -- names ---------------------------------------------------------------------------------------

ODD_NAMES = [
    *("../../up.pdf", "a\x00b.pdf", "CON", "nul.txt", "x" * 400 + ".pdf"),
    *("履歴書.pdf", ".", "", "a/b"),
]
ODD_IDS = ["a/b", "A", "a", "履", "i" * 300, "con", "a b", "%2E"]


def test_names_and_ids_stay_in_the_folder(connection: Connection) -> None:
    named = [document(f"n{place}", name) for place, name in enumerate(ODD_NAMES)]
    connection.tenant.applied = [
        applied("c/../1", *(document(key, "../up.pdf") for key in ODD_IDS)),
        applied("...", *named, number=1),
        applied("c:1", document("same"), document("same2"), number=2),
    ]
    outcome = connection.sync()
    found = references(outcome)
    assert len(found) == len(ODD_IDS) + len(ODD_NAMES) + 2
    urls = {file["staging_file_url"] for file in found.values()}
    assert len({url.lower() for url in urls}) == len(found) - 1  # A and a
    for key, file in found.items():
        path = Path(file["staging_file_url"])
        assert path.resolve().is_relative_to(connection.staging.resolve())
        assert path.read_bytes() == key.partition(":")[2].encode()
        parts = file["source_file_relative_path"].split("/")
        assert len(parts) == 3
        assert max(len(part.encode()) for part in parts) <= 150
        assert not {"", ".", ".."} & set(parts)
        assert not re.fullmatch(r"(?i)(con|nul)(\..*)?", parts[2])
    assert len(staged(connection.staging)) == len(found)


def test_ids_on_a_file_system_that_ignores_case(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staged_files, "ignores_case", lambda _: True)
    connection.tenant.applied = [
        applied("ab", document("x"), document("X")),
        applied("AB", document("x"), number=1),
    ]
    paths = [file["staging_file_url"].lower() for file in references(connection.sync()).values()]
    assert len(set(paths)) == 3


def test_ids_with_white_space(connection: Connection) -> None:
    connection.tenant.trims = True
    connection.tenant.applied = [applied(" c1 ", document(" a1 "))]
    found = references(connection.sync())
    assert found == {"c1:a1": reference(connection, "c1/a1/cv.pdf", 4)}


# -- the setting ---------------------------------------------------------------------------------


def test_files_that_are_turned_on_later(two: Connection) -> None:
    two.sync(files=False)
    first = two.sync()
    assert len(references(first)) == 3
    assert None not in references(first).values()
    # Without files nothing changed; with files again, all are at the destination.
    assert references(two.sync(files=False)) == {}
    two.tenant.applied.append(applied("c3", document("a5"), number=2))
    assert references(two.sync(files=False)) == {"c3:a5": None}
    assert set(references(two.sync())) == {"c3:a5"}
    assert two.signatures == 1


def test_a_larger_limit_sends_what_was_too_large(two: Connection) -> None:
    two.tenant.contents["a2"] = b"x" * 1_500_000
    first = references(two.sync(max_file_megabytes=1))
    assert first["c2:a2"] is None
    assert references(two.sync(max_file_megabytes=2)) == {
        "c2:a2": reference(two, "c2/a2/cv.pdf", 1_500_000)
    }


def test_pseudonymous_mode_refuses_files_before_any_request(two: Connection) -> None:
    hidden: dict[str, Any] = {"personal_data": "pseudonymous", "pseudonym_key": "0123456789abcdef"}
    outcome = two.sync(**hidden)
    assert outcome.code == 1
    (failure,) = outcome.failures
    assert failure["failure_type"] == "config_error"
    assert "cannot include files with personal_data pseudonymous" in failure["message"]
    assert two.asked == []
    assert two.sync(files=False, **hidden).code == 0


@pytest.mark.parametrize("value", ["yes", 1, []])
def test_include_files_is_true_or_false(two: Connection, value: Any) -> None:
    outcome = two.sync(files=value)
    assert outcome.code == 1
    assert "neither true nor false" in outcome.failures[0]["message"]
    assert two.asked == []


def test_streams_without_files_ignore_it(two: Connection) -> None:
    with two.tenant.served():
        outcome = read(two.folder, USER, streams=["applications"], files=True)
    assert outcome.code == 0
    assert all("file_reference" not in message["record"] for message in outcome.of("RECORD"))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {STREAM}),
        ({"personal_data": "pseudonymous", "pseudonym_key": "0123456789abcdef"}, set()),
    ],
    ids=["full", "pseudonymous"],
)
def test_discover_says_which_stream_has_files(
    tmp_path: Path, more: Mapping[str, Any], expected: set[str]
) -> None:
    (message,) = run_source("discover", tmp_path, config={**CONFIG, **USER, **more}).of("CATALOG")
    streams = message["catalog"]["streams"]
    assert {stream["name"] for stream in streams if stream["is_file_based"]} == expected
    assert len(streams) == 11
