"""A served tenant per test module, and an application in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import phenom_sandbox
from phenom_sandbox import Tenant
from unit_tests.sandbox.client import Client
from unit_tests.sandbox.clock import Clock


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The clock of tokens and signed URLs, for modules that serve their tenant with it."""
    return Clock()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with phenom_sandbox.running(jobs=120, applications=400) as local:
        yield Client(local)


@pytest.fixture
def tenant(client: Client) -> Tenant:
    return client.local.tenant


@pytest.fixture
def application(client: Client) -> dict[str, Any]:
    """An application with a candidate id and an e-mail address, for a job of the tenant."""
    return next(
        each
        for each in client.local.tenant.applications()
        if each["candidateData"].get("id")
        and each["candidateData"]["contactData"]["email"]
        and each["jobApplicationData"]["jobId"] in client.local.tenant.generated_jobs.numbers
    )
