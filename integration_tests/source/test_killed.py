"""A run that is killed: the next one emits only the records after the last checkpoint."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import phenom_sandbox
from integration_tests.source.reading import catalog, read

_EVERY_PAGE = """
import sys
from source_phenom.streams import stream_run
stream_run.CHECKPOINT_SECONDS = 0.0
from source_phenom.run import main
main(sys.argv[1:])
"""


def test_sigkill_in_the_middle(tmp_path: Path) -> None:
    with phenom_sandbox.running(seed=3, jobs=5, applications=3000) as local:
        local.faults.latency = 10
        files = {"config": local.config, "catalog": catalog(["applications", "candidates"])}
        arguments = []
        for name, content in files.items():
            (tmp_path / name).write_text(json.dumps(content))
            arguments += [f"--{name}", str(tmp_path / name)]
        process = subprocess.Popen(
            [sys.executable, "-c", _EVERY_PAGE, "read", *arguments], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        state, covered, since = None, set[str](), set[str]()
        checkpoints = 0
        for line in process.stdout:
            if not line.endswith(b"\n"):
                break
            message = json.loads(line)
            if message["type"] == "RECORD":
                since.add(message["record"]["data"]["id"])
            elif message["type"] == "STATE":
                state, checkpoints = message["state"], checkpoints + 1
                covered |= since
                since = set()
            if checkpoints == 8:
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        local.faults.clear()
        assert state is not None
        rest = read(local.config, [state], streams=["applications"])
    assert rest.code == 0
    emitted = {record["id"] for record in rest.records["applications"]}
    assert 0 < len(covered) < 3000
    assert not emitted & covered
    assert len(emitted | covered) == 3000
    assert all(record["remote_deleted_at"] is None for record in rest.records["applications"])
