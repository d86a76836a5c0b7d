"""How many processors there are to be used."""

from __future__ import annotations

import os
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup")
"""Where a container's share is told, by the second version of control groups or by the first."""


def processors(group: Path = _GROUP) -> float:
    """Those that this process may run on, or its container's share where that is less."""
    try:
        allowed = float(len(os.sched_getaffinity(0)))
    except AttributeError:  # macOS
        allowed = float(os.cpu_count() or 1)
    return min(allowed, _share(group) or allowed)


def _share(group: Path) -> float | None:
    """Microseconds of processors per microsecond; None where there is no limit."""
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            quota, period = (n for file in files for n in (group / file).read_text().split())
            return int(quota) / int(period) if int(quota) > 0 else None
        except (OSError, ValueError):
            continue
    return None
