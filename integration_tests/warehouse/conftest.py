"""The warehouses that tests load into."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tests.warehouse.databases import KINDS, new_database
from integration_tests.warehouse.loading import Loaded


@pytest.fixture(params=KINDS)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Loaded:
    return Loaded(new_database(request.param, tmp_path, request))
