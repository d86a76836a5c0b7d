"""Each property of the schemas says whether it is personal, and what becomes of it if it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from source_phenom import manifest
from source_phenom.models import applications, candidates, jobs
from source_phenom.models.pseudonyms import Pseudonyms
from source_phenom.personal_data import PersonalData
from unit_tests.personal_data.hidden import KEY

TREATMENTS = {"key", "pseudonym", "address_pseudonym", "null", "addresses", "fields", "members"}
STREAMS = manifest.stream_names()
HIDDEN = PersonalData(Pseudonyms(KEY))


def members(schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema.get("properties") or schema.get("items", {}).get(
        "properties", {}
    )
    return found


def properties(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, described in members(schema).items():
        yield prefix + name, described
        yield from properties(described, f"{prefix}{name}.")


@pytest.mark.parametrize("stream", STREAMS)
def test_each_property_says_what_it_holds(stream: str) -> None:
    for name, described in properties(manifest.schema(stream)):
        assert type(described.get("x-personal-data")) is bool, name
        if described["x-personal-data"]:
            assert described["x-pseudonymous"] in TREATMENTS, name
        else:
            assert "x-pseudonymous" not in described, name


@pytest.mark.parametrize("stream", STREAMS)
def test_an_object_says_at_least_what_its_members_say(stream: str) -> None:
    for name, described in properties(manifest.schema(stream)):
        inside = [each for _, each in properties(described)]
        if described.get("x-pseudonymous") == "members":
            assert any(each["x-personal-data"] for each in inside), name
        if any(each["x-personal-data"] for each in inside):
            assert described["x-personal-data"], name
        if described.get("x-pseudonymous") == "null":
            assert all(each["x-pseudonymous"] == "null" for each in inside), name
        if described.get("x-pseudonymous") in ("null", "pseudonym", "address_pseudonym"):
            assert "null" in described["type"] or "." in name, name


def test_columns_of_free_form_are_personal_where_they_are_about_people() -> None:
    for stream in STREAMS:
        for name, described in manifest.schema(stream)["properties"].items():
            if name in ("custom_fields", "integration_fields"):
                assert described["x-personal-data"], f"{stream}.{name}"


def test_columns_that_are_added_later_are_not_personal() -> None:
    """They are put behind the record's other columns, and are not treated."""
    added = {
        applications.MODEL: (*applications.ENRICHED_COLUMNS, "outcome"),
        candidates.MODEL: (*candidates.ENRICHED_COLUMNS, "source"),
        jobs.MODEL: jobs.ENRICHED_COLUMNS,
    }
    for stream, columns in added.items():
        described = manifest.schema(stream)["properties"]
        assert not any(described[column]["x-personal-data"] for column in columns)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_step_changes_exactly_what_the_schema_says(stream: str) -> None:
    described = manifest.schema(stream)["properties"]
    record = {name: sample(schema) for name, schema in described.items()}
    before = {name: sample(schema) for name, schema in described.items()}
    hide = HIDDEN.step(stream)
    if hide is not None:
        hide(record)
    changed = {name for name, value in record.items() if value != before[name]}
    treated = {
        name
        for name, schema in described.items()
        if schema["x-personal-data"] and schema["x-pseudonymous"] != "key"
    }
    assert changed == treated
    for name in treated:
        check(described[name], before[name], record[name])


def sample(schema: Mapping[str, Any]) -> Any:
    """A value that any treatment changes."""
    inside = {name: sample(each) for name, each in members(schema).items()}
    kinds = schema["type"]
    if "array" in kinds:
        return [inside or "Jane"]
    if "object" in kinds:
        return inside or {"note": "Jane@example.com"}
    return "Jane@example.com" if "string" in kinds else None


def check(schema: Mapping[str, Any], before: Any, after: Any) -> None:
    match schema.get("x-pseudonymous"):
        case None:
            assert after == before
        case "null":
            assert after is None
        case "pseudonym":
            assert after == Pseudonyms(KEY).of(before)
        case "address_pseudonym":
            assert after == Pseudonyms(KEY).of(before.lower())
        case "members" if isinstance(before, list):
            for old, new in zip(before, after, strict=True):
                check({**schema, "type": "object"}, old, new)
        case "members":
            for name, each in members(schema).items():
                check(each, before[name], after[name])
        case "fields":
            values = [field["value"] for field in after]
            assert values == [None for _ in before]
        case _:
            assert "jane" not in str(after).lower()


def test_full_mode_has_nothing_to_do() -> None:
    assert [PersonalData(None).step(stream) for stream in STREAMS] == [None] * len(STREAMS)
