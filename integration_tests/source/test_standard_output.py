"""Both connectors with a standard output that is closed, full, or no longer read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import phenom_sandbox
from integration_tests.destination.writing import ROOT

CONNECTORS = ("source_phenom.run", "destination_phenom.run")


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full(connector: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", connector, "spec"],
            stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == b"Standard output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("connector", CONNECTORS)
def test_closed(connector: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", connector, "spec"],
        stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False, preexec_fn=lambda: os.close(1),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == b"Standard output is closed, so no messages can be written.\n"


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_error_is_still_reported(connector: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", connector, "discover", "--config", "/nowhere.json"],
            stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"The config file cannot be read" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_closes_the_pipe(tmp_path: Path) -> None:
    """As with `| head -1`: the source ends without a message."""
    with phenom_sandbox.running(seed=1, jobs=200, applications=10) as local:
        config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
        config.write_text(json.dumps(local.config), encoding="utf-8")
        stream = {
            "stream": {"name": "jobs", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
        catalog.write_text(json.dumps({"streams": [stream]}), encoding="utf-8")
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "source_phenom.run", "read"),
                *("--config", str(config), "--catalog", str(catalog)),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
    assert process.returncode == 1
