"""A tenant whose every personal value has a mark of its own."""

from __future__ import annotations

import pytest

from unit_tests.personal_data.secrets_of_people import Marks, tenant
from unit_tests.reading.recruiting import Recruiting


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def people(marks: Marks) -> Recruiting:
    return tenant(marks)
