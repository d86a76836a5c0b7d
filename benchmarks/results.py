"""The results, written to disk after every run, so that an interrupted command can go on."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import HERE, ROOT
from benchmarks.processes import Measured

FOLDER = HERE / "results"
PACKAGES = ("airbyte-cdk", "orjson", "urllib3", "duckdb", "numpy")

Key = tuple[str, int, int]
"""What ran, the number of applications, and the latency in milliseconds."""


class Results:
    """The runs of one benchmark, in ``results/<name>.json``.

    :param continued: keep the runs that are there; :meth:`missing` says what is left to do.
    """

    def __init__(self, name: str, *, continued: bool = True) -> None:
        self._path = FOLDER / f"{name}.json"
        self.content: dict[str, Any] = {"machine": machine(), "runs": [], "figures": []}
        if continued and self._path.exists():
            self.content = json.loads(self._path.read_text())

    @property
    def runs(self) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = self.content["runs"]
        return runs

    def missing(self, key: Key, number: int) -> bool:
        return not any(run["number"] == number for run in self._of(key))

    def add(self, key: Key, number: int, run: Measured, **more: Any) -> None:
        figures = {name: round(value, 3) for name, value in run._asdict().items()}
        self.runs.append({**_named(key), "number": number, **figures, **more})
        self._save()
        who, applications, latency = key
        where = f"{applications:,} applications, {latency} ms"
        print(f"{where}: {who}: {run.wall:.2f} s", file=sys.stderr)

    def add_figures(self, kind: str, records: int, figures: Mapping[str, float]) -> None:
        """Keeps what was measured inside a process, about so many records of that kind."""
        rounded = {name: round(value, 3) for name, value in figures.items()}
        self.content["figures"].append({"kind": kind, "records": records, **rounded})
        self._save()
        print(f"{records:,} records: {kind}: {rounded}", file=sys.stderr)

    def figures(self, kind: str, records: int) -> dict[str, float] | None:
        """The figures given to :meth:`add_figures`; None if there are none."""
        named = {"kind": kind, "records": records}
        return next((row for row in self.content["figures"] if named.items() <= row.items()), None)

    def median(self, key: Key, figure: str = "wall") -> float | None:
        """The median over a key's runs; None without runs."""
        values = [run[figure] for run in self._of(key)]
        return statistics.median(values) if values else None

    def number_of_runs(self, key: Key) -> int:
        return len(list(self._of(key)))

    def measured(self) -> list[Key]:
        """In the order of their first run."""
        return list(dict.fromkeys(_key(run) for run in self.runs))

    def _of(self, key: Key) -> Iterable[dict[str, Any]]:
        return (run for run in self.runs if _key(run) == key)

    def _save(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        unfinished = self._path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(self.content, indent=1) + "\n")
        unfinished.rename(self._path)


def _named(key: Key) -> dict[str, Any]:
    return dict(zip(("who", "applications", "latency_ms"), key, strict=True))


def _key(run: Mapping[str, Any]) -> Key:
    return run["who"], run["applications"], run["latency_ms"]


def machine() -> dict[str, Any]:
    """The machine and the versions that the figures depend on."""
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "code": _code(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {**dict(_installed(PACKAGES)), **_pinned()},
    }


def _code() -> str:
    """The newest commit of what is measured, as the report names it."""
    command = ["git", "log", "-1", "--abbrev=8", "--format=%h", "--", ".", ":!benchmarks"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown commit"
    return f"commit {done.stdout.strip()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _installed(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for package in packages:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            continue


def _pinned() -> dict[str, str]:
    """The peers' own versions."""
    found = {}
    for file in (HERE / "peers").glob("requirements-*.txt"):
        for line in file.read_text().splitlines():
            name, _, number = line.partition("==")
            if name in ("dlt", "singer-sdk"):
                found[name] = number
    lines = (ROOT / "requirements" / "tests" / "pyairbyte.txt").read_text().splitlines()
    pyairbyte = next((line for line in lines if line.startswith("airbyte==")), "")
    return {**found, "PyAirbyte": pyairbyte.partition("==")[2].split(" ")[0]}
