"""The sizes of the specification, section 4, for 100,000 records with the benchmark's keys."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from source_phenom.snapshot import decode, encode

N = 100_000


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "snapshot_codec.py"
    spec = importlib.util.spec_from_file_location("snapshot_codec", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("keys", "most"),
    [
        ("ObjectIds", 9.0),
        ("ObjectIds, loose counters", 12.0),
        ("e-mail addresses", 20.0),
        ("job ids", 20.0),
        ("jobId:email:ROLE", 20.0),
        ("UUID:email:ROLE", 20.0),
        # Random digits: these limits are within 2 % of the least possible size, see `codec`.
        ("24 random hex digits", 19.0),
        ("UUIDs", 23.5),
        ("UUIDs without dashes", 23.5),
        ("UUIDs, version 7", 21.7),
        ("email:pseudonym", 24.5),
    ],
)
def test_bytes_of_json_per_record(benchmark: ModuleType, keys: str, most: float) -> None:
    snapshot = benchmark.snapshot_of(keys, N)
    text = encode(snapshot)

    assert len(json.dumps(text)) / N <= most
    assert dict(decode(text)) == dict(snapshot)
