"""The dbt project agrees with the schemas and with the connector's reading of stages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from docs import analytics
from phenom_sandbox.hiring import STEPS
from source_phenom.models.outcomes import Outcomes

PROJECT = Path(__file__).resolve().parents[2] / "analytics"
OUTCOMES = {"hired": "HIRED", "declined": "DECLINED", "open": None, "paused": None}


def _seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_descriptions_are_those_of_the_schemas() -> None:
    for path, text in analytics.documents().items():
        assert path.read_text(encoding="utf-8") == text, "python -m docs.analytics writes it"


def test_every_model_is_described() -> None:
    described = {
        model["name"]
        for path in PROJECT.glob("models/*/_*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ())
    }
    assert described == {path.stem for path in PROJECT.glob("models/*/*.sql")}


@pytest.mark.parametrize("row", _seed("phenom_stage_mapping"), ids=lambda row: row["stage"])
def test_stages_mean_the_connectors_outcomes(row: dict[str, str]) -> None:
    kinds = {each["stage_key"]: each["kind"] for each in _seed("phenom_stage_keys")}
    assert Outcomes({}).of(row["stage"]) == OUTCOMES[kinds[row["stage_key"]]]


def test_stages_of_the_local_tenant_are_mapped() -> None:
    assert set(STEPS) <= {each["stage"] for each in _seed("phenom_stage_mapping")}
