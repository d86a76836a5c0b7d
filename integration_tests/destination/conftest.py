"""A local tenant to write to, and a job of this tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import phenom_sandbox
from phenom_sandbox import LocalTenant


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    with phenom_sandbox.running(seed=5, jobs=12, applications=30) as running:
        yield running


@pytest.fixture
def job(local: LocalTenant) -> str:
    return str(next(local.tenant.open_jobs())["jobId"])
