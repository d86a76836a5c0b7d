"""The examples for Dagster and Airflow, carried out against the local tenant."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from source_phenom import manifest

# What Dagster and Airflow warn about is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PHENOM_CONFIG", raising=False)
    monkeypatch.setenv("PHENOM_WAREHOUSE", str(tmp_path / "hr.duckdb"))
    return tmp_path / "hr.duckdb"


def rows(warehouse: Path, table: str) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.sql(f"select count(*) from {table}").fetchone()
    assert found is not None
    return int(found[0])


def test_dagster_materialises_an_asset_per_stream(warehouse: Path) -> None:
    dagster = pytest.importorskip("dagster", reason="dagster is not installed")
    example = loaded("dagster_assets")
    assert list(example.STREAMS) == manifest.stream_names(acting_user=False)

    result = dagster.materialize([example.phenom])

    assert result.success
    events = result.get_asset_materialization_events()
    totals = {
        event.asset_key.path[-1]: event.materialization.metadata["total"].value for event in events
    }
    assert set(totals) == set(example.STREAMS)
    assert {stream: rows(warehouse, stream) for stream in totals} == totals

    some = dagster.materialize([example.phenom], selection=["jobs", "users"])
    assert {each.asset_key.path[-1] for each in some.get_asset_materialization_events()} == {
        "jobs",
        "users",
    }


def test_dagster_fails_where_the_sync_fails(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dagster = pytest.importorskip("dagster", reason="dagster is not installed")
    monkeypatch.setenv("PHENOM_CONFIG", "no-such-file.json")

    result = dagster.materialize([loaded("dagster_assets").phenom], raise_on_error=False)

    assert not result.success
    assert result.get_asset_materialization_events() == []


def test_dagster_definitions_are_valid() -> None:
    dagster = pytest.importorskip("dagster", reason="dagster is not installed")
    dagster.Definitions.validate_loadable(loaded("dagster_assets").definitions)


def test_airflow_task_loads_the_warehouse(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    pytest.importorskip("airflow.sdk", reason="Airflow is not installed")
    monkeypatch.setenv("PHENOM_COMMAND", str(Path(sys.executable).with_name("phenom")))

    dag = loaded("airflow_dag").dag
    assert dag.max_active_runs == 1
    (task,) = dag.tasks
    task.execute(context={})

    assert rows(warehouse, "applications") > 0
