"""How fast the applications stream is read, beside a plain CDK source and a bare loop.

    python benchmarks/read_applications.py --applications 200000 --runs 3

One local tenant in a process of its own serves them all, in turn, several times; what counts are
the ratios of medians within one call. The numbers that were seen are in ``README.md`` beside this.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """One whole process: wall and CPU seconds, peak memory in MB, lines of records printed."""

    wall: float
    cpu: float
    peak: float
    records: int


@contextmanager
def tenant(applications: int, latency_ms: int) -> Iterator[dict[str, Any]]:
    """A warm local tenant in its own process; yields its configuration with a token added."""
    command = [sys.executable, "-m", "phenom_sandbox", "--port", "0", "--jobs", "50", "--warm"]
    process = subprocess.Popen(
        [*command, "--applications", str(applications)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        config = json.loads(process.stdout.readline())
        credentials = {"clientId": config["client_id"], "clientSecret": config["client_secret"]}
        answer = requests.post(config["token_url"], data=credentials, timeout=10).json()
        if latency_ms:
            requests.put(
                config["gateway_url"] + "/_admin/faults", json={"latency": latency_ms}, timeout=10
            ).raise_for_status()
        yield {**config, "token": next(iter(answer.values()))}
    finally:
        process.terminate()
        process.wait()


def timed(command: Sequence[str]) -> Run:
    """Run to the end; the operating system's own accounting of that one process."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        if status:
            raise SystemExit(f"{command[1]} ended with status {status}")
        out.seek(0)
        records = sum(b'"stream":"applications","data"' in line for line in out)
    return Run(wall, usage.ru_utime + usage.ru_stime, _megabytes(usage), records)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def readers(folder: Path, config: dict[str, Any]) -> dict[str, list[str]]:
    """Command line per reader."""
    own = {key: value for key, value in config.items() if key != "token"}
    stream = {
        "name": "applications",
        "json_schema": {},
        "supported_sync_modes": ["full_refresh", "incremental"],
    }
    configured = {
        "stream": stream,
        "sync_mode": "full_refresh",
        "destination_sync_mode": "overwrite",
    }
    paths = {}
    for name, content in {
        "own": own,
        "config": config,
        "catalog": {"streams": [configured]},
    }.items():
        paths[name] = str(folder / f"{name}.json")
        Path(paths[name]).write_text(json.dumps(content))
    python, peers = sys.executable, ROOT / "benchmarks" / "peers"
    catalog = ["--catalog", paths["catalog"]]
    return {
        "bare loop": [python, str(peers / "bare_loop.py"), paths["config"]],
        "source-phenom": [
            *[python, "-m", "source_phenom.run", "read"],
            *["--config", paths["own"], *catalog],
        ],
        "plain CDK": [
            *[python, str(peers / "plain_cdk.py"), "read"],
            *["--config", paths["config"], *catalog],
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applications", type=int, default=200_000)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    seen: dict[str, list[Run]] = {}
    with (
        tenant(options.applications, options.latency_ms) as config,
        tempfile.TemporaryDirectory() as name,
    ):
        commands = readers(Path(name), config)
        for _ in range(options.runs):
            for reader, command in commands.items():
                run = timed(command)
                if run.records != options.applications:
                    raise SystemExit(f"{reader} printed {run.records} records")
                seen.setdefault(reader, []).append(run)
                print(f"{reader}: {run.wall:.1f} s", file=sys.stderr)
    print(
        f"{options.applications} applications, {options.latency_ms} ms latency, "
        f"{options.runs} runs, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    print("| reader | wall s | CPU s | peak MB | wall / ours |")
    print("| --- | ---: | ---: | ---: | ---: |")
    medians = {
        reader: [statistics.median(values) for values in zip(*map(_figures, runs), strict=True)]
        for reader, runs in seen.items()
    }
    for reader, (wall, cpu, peak) in medians.items():
        ratio = wall / medians["source-phenom"][0]
        print(f"| {reader} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {ratio:.2f} |")


def _figures(run: Run) -> tuple[float, float, float]:
    return run.wall, run.cpu, run.peak


if __name__ == "__main__":
    main()
