"""`phenom documents` against a local tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import phenom_sandbox
from phenom_sandbox import Access, Fault, LocalTenant
from unit_tests.cli.running import CommandResult, config_file, run, shorten_retries

Tool = Callable[..., CommandResult]
FILES = "/candidates-api/files"
SIGNED = "/signed-files"


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    access = Access(api_key="key-of-the-tenant", prefix="/prefix")
    with phenom_sandbox.running(seed=7, jobs=20, applications=25, access=access) as running:
        yield running


@pytest.fixture
def tool(
    local: LocalTenant,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Tool:
    shorten_retries(monkeypatch, attempts=2)

    def call(command: str, *arguments: str, **config: Any) -> CommandResult:
        file = config_file(tmp_path, {**local.config, "ph_user_id": "recruiter-1", **config})
        return run(capsys, "documents", command, "--config", file, *arguments)

    return call


def files_of(local: LocalTenant) -> dict[str, tuple[str, bytes]]:
    """The files of everybody who has an application: name and content by document id."""
    whose = {
        application["candidateData"]["id"]
        for application in local.tenant.applications()
        if application["candidateData"].get("id")
    }
    return {
        f"{candidate}:{file.attachment_id}": (file.name, file.content)
        for candidate in whose
        if candidate in local.tenant.people
        for file in local.tenant.files.of_candidate(candidate)
    }


def with_a_file(local: LocalTenant) -> str:
    """The id of a candidate."""
    return next(iter(files_of(local))).partition(":")[0]


class TestList:
    def test_of_everybody(self, local: LocalTenant, tool: Tool) -> None:
        done = tool("list")
        assert done.code == 0
        assert {row["document_id"]: row["name"] for row in done.rows} == {
            key: name for key, (name, _) in files_of(local).items()
        }
        assert done.err == f"{len(done.rows):,} documents.\n"
        assert set(done.rows[0]) == {"candidate_id", "document_id", "name", "type"}
        assert not local.requests.count(f"GET {SIGNED}")

    def test_of_one_candidate(self, local: LocalTenant, tool: Tool) -> None:
        candidate = with_a_file(local)
        done = tool("list", "--candidate", candidate)
        assert {row["candidate_id"] for row in done.rows} == {candidate}
        assert not local.requests.count("GET /apply/v2/applications")

    def test_one_document_is_singular(self, local: LocalTenant, tool: Tool) -> None:
        document = next(iter(files_of(local)))
        done = tool("list", "--document", document, "--candidate", document.partition(":")[0])
        assert done.err == "1 document.\n"

    def test_only_created_applications(self, local: LocalTenant, tool: Tool) -> None:
        candidate = with_a_file(local)
        for application in list(local.tenant.applications()):
            if application["candidateData"].get("id") == candidate:
                ours = {"jobApplicationData": {"applicantSource": "By us"}}
                local.tenant.set_application(application["id"], ours)
        config = {"only_created_applications": True, "application_sources": ["BY US "]}
        assert {row["candidate_id"] for row in tool("list", **config).rows} == {candidate}

    def test_a_deleted_candidate_is_an_error_only_if_named(
        self, local: LocalTenant, tool: Tool
    ) -> None:
        gone = with_a_file(local)
        local.tenant.people.delete(gone)
        done = tool("list")
        assert done.code == 0
        assert gone not in {row["candidate_id"] for row in done.rows}
        named = tool("list", "--candidate", gone)
        assert (named.code, named.out) == (1, "")
        assert f"Phenom has no candidate {gone}." in named.err

    def test_without_an_acting_user(self, tool: Tool) -> None:
        done = tool("list", ph_user_id=None)
        assert (done.code, done.out) == (1, "")
        assert "set ph_user_id" in done.err

    def test_denied(self, local: LocalTenant, tool: Tool) -> None:
        local.faults.deny = Fault(path=FILES)
        done = tool("list")
        assert (done.code, done.out) == (1, "")
        assert "Ask Phenom to grant it: Candidates API" in done.err


class TestDownload:
    def test_everything_once(self, local: LocalTenant, tool: Tool, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "cvs"
        done = tool("download", "--to", str(folder))
        assert done.code == 0
        expected = files_of(local)
        assert {row["document_id"] for row in done.rows} == set(expected)
        for row in done.rows:
            name, content = expected[row["document_id"]]
            file = Path(row["file"])
            assert row["status"] == "downloaded"
            assert file.read_bytes() == content
            assert row["bytes"] == len(content)
            assert file.parent == folder / row["candidate_id"]
            assert file.name.endswith(f"-{name}")
            assert file.stat().st_mode & 0o077 == file.parent.stat().st_mode & 0o077 == 0
        assert f"{len(expected)} downloaded" in done.err

        local.requests.clear()
        again = tool("download", "--to", str(folder))
        assert again.code == 0
        assert {row["status"] for row in again.rows} == {"kept"}
        assert [row["bytes"] for row in again.rows] == [row["bytes"] for row in done.rows]
        assert not any("pre-signed" in request for request in local.requests.counts)

    def test_an_empty_folder_name(
        self, tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = tool("download", "--to", "")
        assert done.code == 2
        assert "names no folder" in done.err
        assert [path.name for path in tmp_path.iterdir()] == ["tenant.json"]

    def test_a_document_by_its_id(self, local: LocalTenant, tool: Tool, tmp_path: Path) -> None:
        document, (_, content) = next(iter(files_of(local).items()))
        candidate, _, attachment = document.partition(":")
        for number, chosen in enumerate(
            (
                ("--document", document),
                ("--candidate", candidate, "--document", attachment),
                ("--document", attachment),
            )
        ):
            local.requests.clear()
            folder = tmp_path / str(number)
            done = tool("download", "--to", str(folder), *chosen)
            (row,) = done.rows
            assert (done.code, row["document_id"]) == (0, document)
            assert Path(row["file"]).read_bytes() == content
            asked_everybody = local.requests.count("GET /apply/v2/applications") > 0
            assert asked_everybody == (chosen == ("--document", attachment))

    def test_a_document_that_does_not_exist(
        self, local: LocalTenant, tool: Tool, tmp_path: Path
    ) -> None:
        candidate = with_a_file(local)
        done = tool("download", "--to", str(tmp_path / "d"), "--document", f"{candidate}:none")
        assert (done.code, done.out) == (1, "")
        assert f"Phenom has no document {candidate}:none." in done.err

    def test_overwrite(self, local: LocalTenant, tool: Tool, tmp_path: Path) -> None:
        arguments = ("--to", str(tmp_path / "d"), "--candidate", with_a_file(local))
        first = Path(tool("download", *arguments).rows[0]["file"])
        first.write_bytes(b"mine")
        tool("download", *arguments)
        assert first.read_bytes() == b"mine"
        row = tool("download", *arguments, "--overwrite").rows[0]
        assert row["status"] == "downloaded"
        assert first.read_bytes() != b"mine"

    def test_file_names_stay_in_their_folder(
        self, local: LocalTenant, tool: Tool, tmp_path: Path
    ) -> None:
        candidate = with_a_file(local)
        local.tenant.files.add(candidate, "../../../up.txt", b"x", "Other")
        folder = tmp_path / "a" / "b" / "c"
        done = tool("download", "--to", str(folder), "--candidate", candidate)
        assert done.code == 0
        (row,) = (row for row in done.rows if row["name"] == "../../../up.txt")
        assert Path(row["file"]).resolve().is_relative_to(folder.resolve())
        assert not list(tmp_path.glob("**/up.txt"))

    def test_no_credentials_go_to_the_storage(
        self, local: LocalTenant, tool: Tool, tmp_path: Path
    ) -> None:
        # The local tenant's storage refuses requests that bring a token.
        done = tool("download", "--to", str(tmp_path / "d"), "--candidate", with_a_file(local))
        assert done.code == 0
        shown = done.out + done.err
        assert "signature=" not in shown
        assert "key-of-the-tenant" not in shown

    def test_each_attempt_asks_for_a_new_address(
        self, local: LocalTenant, tool: Tool, tmp_path: Path
    ) -> None:
        local.faults.server_error = Fault(503, path=SIGNED, count=1)
        done = tool(
            "download", "--to", str(tmp_path / "d"), "--document", next(iter(files_of(local)))
        )
        assert done.code == 0
        counts = {request.partition(" ")[2]: n for request, n in local.requests.counts.items()}
        signed = [n for path, n in counts.items() if path.endswith("pre-signed-url")]
        assert signed == [2]

    def test_a_file_that_fails_does_not_stop_the_others(
        self, local: LocalTenant, tool: Tool, tmp_path: Path
    ) -> None:
        broken = next(iter(files_of(local)))
        local.faults.server_error = Fault(503, path=f"{SIGNED}/{broken.replace(':', '/')}")
        done = tool("download", "--to", str(tmp_path / "d"))
        assert done.code == 1
        failed = [row for row in done.rows if row["status"] == "failed"]
        assert [row["document_id"] for row in failed] == [broken]
        assert "503" in failed[0]["error"]
        assert (failed[0]["file"], failed[0]["bytes"]) == (None, None)
        assert len(done.rows) == len(files_of(local))
        assert "1 failed." in done.err
        assert not list(tmp_path.glob("d/**/*.part"))

    def test_a_folder_that_cannot_be_written(self, tool: Tool, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        done = tool("download", "--to", str(tmp_path / "file" / "d"))
        assert done.code == 1
        assert "cannot be written to" in done.err
