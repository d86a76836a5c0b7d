"""A local tenant for each test, and the records of a read without faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import phenom_sandbox
from integration_tests.failures.running import Warehouse, read
from phenom_sandbox import LocalTenant

SEED, JOBS, APPLICATIONS = 7, 40, 260


@pytest.fixture
def local() -> Iterator[LocalTenant]:
    with phenom_sandbox.running(seed=SEED, jobs=JOBS, applications=APPLICATIONS) as tenant:
        yield tenant


@pytest.fixture(scope="session")
def undisturbed() -> Warehouse:
    """Every record of the tenant by stream and id; the same for each test."""
    with phenom_sandbox.running(seed=SEED, jobs=JOBS, applications=APPLICATIONS) as tenant:
        return read(tenant).content()
