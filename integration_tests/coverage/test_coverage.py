"""Runs every query and command of `docs/coverage.md` against a local tenant and its warehouse."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

import phenom_sandbox
from destination_phenom.fetching import ALLOW_LOOPBACK
from docs.reference.samples import payload
from integration_tests.coverage.coverage_page import Row, blocks, rows
from integration_tests.coverage.expected import ROWS
from phenom_sandbox import LocalTenant

FILES = "https://files.example.com"
HIRED = "699c2b40a1b2c3d4e5f60718"
SOURCES = ("Warehouse", "warehouse_key", "source-7", "University", "university_key", "source-9")


class FileServer(BaseHTTPRequestHandler):
    """Answers `/letter.txt` with "letter of the server"."""

    def do_GET(self) -> None:
        body = f"{Path(self.path).stem} of the server".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FileServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    """A tenant with made-up data and the payloads of the stream reference."""
    with phenom_sandbox.running(seed=1, jobs=30, applications=60) as local:
        job, application = payload("job"), payload("application")
        job["multiRecruiter"].append({"recruiterName": "Nobody", "recruiterEmail": ""})
        local.tenant.add_job(job)
        for place, job_id in enumerate(("JR-1001", "JR-NOT-LISTED", "JOBID")):
            local.tenant.add_application(
                {
                    **application,
                    "id": f"699c2b4{place}a1b2c3d4e5f607{0x18 + place:x}",
                    "jobApplicationData": {**application["jobApplicationData"], "jobId": job_id},
                }
            )
        yield local


@pytest.fixture(scope="module")
def place(tenant: LocalTenant, files: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the commands, after the set-up of the page."""
    folder = tmp_path_factory.mktemp("coverage")
    config = {
        **tenant.config,
        "ph_user_id": "recruiter-1",
        "include_closed_jobs": True,
        "site_types": ["external", "internal"],
    }
    created = {"only_created_applications": True, "application_sources": SOURCES}
    for name, content in (("tenant", config), ("created", {**config, **created})):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    for name, lines in zip(("applications", "candidates"), blocks("json"), strict=True):
        served = lines.replace(FILES, files)
        (folder / f"{name}.jsonl").write_text(served, encoding="utf-8")
    (set_up,) = blocks("bash")
    run(set_up, folder)
    tenant.tenant.set_hiring_status(HIRED, "Hired")
    gone = next(iter(tenant.tenant.applications()))
    for each in tenant.tenant.applications_by_email(gone["candidateData"]["contactData"]["email"]):
        tenant.tenant.delete_application(each["id"])
    for job in {row["jobId"] for row in tenant.tenant.open_jobs()} - {"JR-1001"}:
        tenant.tenant.delete_job(job)
    run(set_up.splitlines()[-1], folder)
    return folder


@pytest.fixture(scope="module")
def warehouse(place: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    # A copy: only one program at a time may open the file, and the commands open it too.
    queried = shutil.copy(place / "phenom.duckdb", place / "queried.duckdb")
    with duckdb.connect(str(queried), read_only=True) as connection:
        for views in blocks("sql"):
            connection.execute(views)
        yield connection


def run(commands: str, folder: Path) -> str:
    """Return what the commands print. Fails if one of them fails, also inside a pipe."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            ALLOW_LOOPBACK: "1",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("row", rows(), ids=str)
def test_row(row: Row, place: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    if row.is_query:
        answer = warehouse.execute(row.shown_by).fetchall()
        assert answer, "no row"
        assert all(first not in (None, False) for first, *_ in answer), answer[:3]
    else:
        run(row.shown_by, place)


@pytest.mark.parametrize("section", ROWS)
def test_nothing_is_missing(section: str) -> None:
    there = [row.name for row in rows() if row.section == section]
    assert len(there) == len(set(there))
    assert set(ROWS[section]) - set(there) == set()
