from __future__ import annotations

from typing import Any

import pytest

from phenom_api.errors import InvalidConfig
from source_phenom.config import CustomField, FieldOverride, Model, source_config
from source_phenom.models.remapping import Remapping, value_at_path
from unit_tests.reading.protocol import CONFIG

PAYLOAD: dict[str, Any] = {
    "title": "Engineer",
    "additionalFields": {"orgUnit": "Platform", "blank": " ", "dots.in.key": 1, "none": None},
    "multiLocation": [{"city": ""}, {"city": "Berlin"}, {"city": "Paris"}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "Engineer"),
        ("additionalFields.orgUnit", "Platform"),
        ("additionalFields.dots.in.key", 1),
        ("additionalFields.none", None),
        ("additionalFields.nope.deeper", None),
        ("title.deeper", None),
        ("multiLocation.2.city", "Paris"),
        ("multiLocation.city", "Berlin"),
        ("multiLocation.9.city", None),
        ("multiLocation.1", {"city": "Berlin"}),
    ],
)
def test_paths(path: str, value: Any) -> None:
    assert value_at_path(PAYLOAD, path) == value


def record() -> dict[str, Any]:
    entry = {"id": "reqId", "key": "reqId", "type": "DEFAULT", "value": "R-1", "label": None}
    return {
        "department": "R&D",
        "opened_at": None,
        "custom_fields": {},
        "integration_fields": [entry],
    }


def override(field: str, *paths: str, keep_default: bool = True) -> Remapping:
    setting = FieldOverride(model="jobs", field=field, paths=list(paths), keep_default=keep_default)
    return Remapping([setting], None)


@pytest.mark.parametrize(
    ("remapping", "expected"),
    [
        (override("department", "additionalFields.orgUnit"), "Platform"),
        (override("department", "nope", "additionalFields.blank", "title"), "Engineer"),
        (override("department", "nope"), "R&D"),
        (override("department", "multiLocation"), "R&D"),
        (override("department", "nope", keep_default=False), None),
    ],
)
def test_first_valid_path_feeds_the_column(remapping: Remapping, expected: str | None) -> None:
    assert remapping.apply("jobs", PAYLOAD, record(), [])["department"] == expected


def test_values_must_be_valid_for_the_column() -> None:
    payload = {"first": "soon", "second": "2026-01-05"}
    remapped = override("opened_at", "first", "second").apply("jobs", payload, record(), [])
    assert remapped["opened_at"] == "2026-01-05T00:00:00.000Z"


@pytest.mark.parametrize(
    ("remapping", "expected"),
    [
        (override("opened_at", "title"), ["name", "opened_at"]),
        (override("opened_at", "nope", "multiLocation", keep_default=False), ["name", "opened_at"]),
        (override("opened_at", "nope", "additionalFields.blank"), ["name"]),
        (override("department", "multiLocation"), ["name"]),
        (override("name", "title"), []),
    ],
)
def test_a_column_that_no_path_feeds_is_a_mismatch(
    remapping: Remapping, expected: list[str]
) -> None:
    mismatches = ["name"]
    remapping.apply("jobs", PAYLOAD, {**record(), "name": None}, mismatches)
    assert mismatches == expected


def test_a_field_that_feeds_a_column_is_not_an_integration_field() -> None:
    remapped = override("department", "reqId").apply("jobs", {"reqId": "R-1"}, record(), [])
    assert (remapped["department"], remapped["integration_fields"]) == ("R-1", [])


def test_other_models_are_not_changed() -> None:
    assert override("department", "title").apply("candidates", PAYLOAD, record(), []) == record()


def test_named_custom_fields_replace_the_whole_object() -> None:
    named = [CustomField(model="jobs", key="unit", path="additionalFields.orgUnit"),
             CustomField(model="jobs", key="gone", path="additionalFields.gone")]  # fmt: skip
    remapped = Remapping([], named).apply("jobs", PAYLOAD, record(), [])
    assert remapped["custom_fields"] == {"unit": "Platform", "gone": None}


def test_source_comes_from_each_application() -> None:
    setting = FieldOverride(model="candidates", field="source", paths=["customFieldData.campaign"])
    payload = {"jobApplicationData": {"applicantSource": "LinkedIn"}}
    remapping = Remapping([setting], None)
    assert remapping.source(payload, []) == "LinkedIn"
    assert remapping.source({**payload, "customFieldData": {"campaign": "Fair"}}, []) == "Fair"


APPLICATION: dict[str, Any] = {
    "customFieldData": {"mail": " Work@x.io", "channel": "Fair", "job": " R-1 ", "on": "2026-01-05"}
}


def fed(model: Model, record: dict[str, Any], *options: tuple[str, str, bool]) -> dict[str, Any]:
    overrides = [
        FieldOverride(model=model, field=field, paths=[path], keep_default=keep_default)
        for field, path, keep_default in options
    ]
    remapped = Remapping(overrides, None).apply(
        model, APPLICATION, {**record, "integration_fields": []}, []
    )
    del remapped["integration_fields"]
    return remapped


@pytest.mark.parametrize(
    ("field", "path", "expected"),
    [
        ("source", "channel", "Fair"),
        ("remote_job_id", "job", "R-1"),
        ("applied_at", "on", "2026-01-05T00:00:00.000Z"),
        ("applied_at", "channel", "default"),
    ],
)
def test_columns_of_applications_can_be_overridden(field: str, path: str, expected: str) -> None:
    setting = (field, f"customFieldData.{path}", True)
    assert fed("applications", {field: "default"}, setting) == {field: expected}


MAIL, NOTHING = "customFieldData.mail", "customFieldData.channel"
OTHER = [{"email_address": "Work@x.io", "type": None}]
DEFAULT = [{"email_address": "own@x.io", "type": None}]


@pytest.mark.parametrize(
    ("options", "email", "addresses"),
    [
        ([("email", MAIL, True)], "Work@x.io", DEFAULT),
        ([("email", NOTHING, True)], "own@x.io", DEFAULT),
        ([("email", NOTHING, False)], None, DEFAULT),
        ([("email_addresses", MAIL, True)], "Work@x.io", OTHER),
        ([("email_addresses", NOTHING, True)], "own@x.io", DEFAULT),
        ([("email_addresses", NOTHING, False)], None, None),
        ([("email", NOTHING, True), ("email_addresses", MAIL, True)], "Work@x.io", OTHER),
        ([("email", NOTHING, False), ("email_addresses", MAIL, True)], None, OTHER),
    ],
)
def test_email_is_the_first_address_unless_it_is_fed_itself(
    options: list[tuple[str, str, bool]], email: str | None, addresses: Any
) -> None:
    record = {"email": "own@x.io", "email_addresses": DEFAULT}
    assert fed("candidates", record, *options) == {"email": email, "email_addresses": addresses}


@pytest.mark.parametrize(
    "given",
    [
        '{"orgUnit": "Platform"}',
        [{"key": "orgUnit", "value": "Platform"}],
        '[{"name": "orgUnit", "value": "Platform"}]',
    ],
)
def test_paths_into_custom_fields_in_any_form(given: Any) -> None:
    named = [CustomField(model="jobs", key="unit", path="additionalFields.orgUnit")]
    setting = FieldOverride(model="jobs", field="department", paths=["additionalFields.orgUnit"])
    remapped = Remapping([setting], named).apply("jobs", {"additionalFields": given}, record(), [])
    assert remapped["department"] == "Platform"
    assert remapped["custom_fields"] == {"unit": "Platform"}
    setting = FieldOverride(model="candidates", field="source", paths=["customFieldData.orgUnit"])
    assert Remapping([setting], None).source({"customFieldData": given}, []) == "Platform"


def test_a_path_with_an_index_into_a_list() -> None:
    payload = {"additionalFields": [{"key": "orgUnit", "value": "Platform"}]}
    remapping = override("department", "additionalFields.0.value")
    assert remapping.apply("jobs", payload, record(), [])["department"] == "Platform"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"field_overrides": [{"model": "jobs", "field": "id", "paths": ["a"]}]},
            "'field_overrides.0' jobs has no column 'id' to override",
        ),
        (
            {"field_overrides": [{"model": "jobs", "field": "departmnt", "paths": ["a"]}]},
            "did you mean 'department'",
        ),
        (
            {"field_overrides": ["department"]},
            "'field_overrides.0' must be a valid dictionary.$",
        ),
        (
            {"field_overrides": [{"model": "jobs", "field": "department", "paths": []}]},
            "must have at least 1 item, not 0",
        ),
        (
            {"field_overrides": [{"model": "roles", "field": "scope", "paths": ["a"]}]},
            "'field_overrides.0' columns of roles cannot be overridden",
        ),
        (
            {"custom_fields": [{"model": "users", "key": "a", "path": "a"}]},
            "'custom_fields.0' users has no custom_fields",
        ),
    ],
)
def test_invalid_settings_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidConfig, match=said):
        source_config({**CONFIG, **change})
