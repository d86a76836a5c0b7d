"""Writes the descriptions of the dbt project's sources and staging models from the JSON schemas.

``python -m docs.analytics`` writes the two files of `documents`. A test compares them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from source_phenom import manifest

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "source_phenom" / "schemas"
STAGING = ROOT / "analytics" / "models" / "staging"

_LOCATION = {
    "city": "City.",
    "state": "State or region.",
    "zip_code": "Postal code.",
    "country": "ISO 3166-1 alpha-2 code where the country is recognised, else Phenom's text.",
}
_UNPACKED: Mapping[str, Mapping[str, str]] = {
    "jobs": _LOCATION,
    "candidates": {
        "phone_number": "The first of phone_numbers.",
        "phone_type": "Phenom's device type of that phone number.",
        **_LOCATION,
    },
    "job_hiring_team_members": {
        "is_hiring_manager": "Whether the roles contain HIRING_MANAGER.",
        "is_recruiter": "Whether the roles contain RECRUITER.",
    },
}
"""The columns that the staging models make of JSON."""

_REFERENCES = {
    ("job_user_role_assignments", "job_user_id"): "job_hiring_team_members",
    ("job_user_role_assignments", "role_id"): "roles",
    ("job_hiring_team_members", "user_id"): "users",
    ("applications", "candidate_id"): "candidates",
    ("candidate_documents", "candidate_id"): "candidates",
    ("application_activities", "candidate_id"): "candidates",
    ("application_activities", "application_id"): "applications",
}
"""References that a complete sync satisfies; a dangling one is a warning."""

_NOTE = "# python -m docs.analytics writes this file from source_phenom/schemas. Do not edit it.\n"


def documents() -> dict[Path, str]:
    """The text of each generated file."""
    schemas = {name: _schema(name) for name in manifest.stream_names()}
    return {
        STAGING / "_sources.yml": _NOTE + _yaml({"version": 2, "sources": [_source(schemas)]}),
        STAGING / "_staging.yml": _NOTE
        + _yaml({"version": 2, "models": [_model(*each) for each in schemas.items()]}),
    }


def _schema(name: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return schema


def _source(schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "name": "phenom",
        "description": "The tables of phenom sync, or of Airbyte with this connector.",
        "database": "{{ var('phenom_database', '') or target.database }}",
        "schema": "{{ var('phenom_schema', '') or"
        " ('main' if target.type == 'duckdb' else 'public') }}",
        "config": {
            "loaded_at_field": "changed_at",
            "freshness": {
                "warn_after": {"count": 3, "period": "day"},
                "error_after": {"count": 14, "period": "day"},
            },
        },
        "tables": [
            {
                "name": name,
                "description": schema["description"],
                # These change seldom: an old row says nothing about the sync.
                **({} if name in _CHANGING else {"config": {"freshness": None}}),
                "columns": _columns(schema),
            }
            for name, schema in schemas.items()
        ]
        + [_STATES],
    }


_STATES = {
    "name": "_airbyte_state",
    "description": "How far each stream was read. Only phenom sync and PyAirbyte have this table.",
    "config": {"freshness": None},
    "columns": [
        {"name": "stream_name", "description": "Name of the stream."},
        {"name": "last_updated", "description": "When the stream was last committed."},
    ],
}

_CHANGING = ("jobs", "candidates", "applications", "application_activities")


def _model(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    columns = _columns(schema)
    columns += [
        {"name": column, "description": text} for column, text in _UNPACKED.get(name, {}).items()
    ]
    for column in columns:
        if column["name"] == "id":
            column["data_tests"] = ["not_null", "unique"]
        target = _REFERENCES.get((name, column["name"]))
        if target:
            arguments = {"to": f"ref('stg_phenom__{target}')", "field": "id"}
            test = {"arguments": arguments, "config": {"severity": "warn"}}
            column["data_tests"] = [{"relationships": test}]
        values = {"outcome": ["PENDING", "HIRED", "DECLINED"], "status": ["OPEN", "CLOSED"]}.get(
            column["name"]
        )
        if values and name in ("applications", "jobs"):
            column["data_tests"] = [{"accepted_values": {"arguments": {"values": values}}}]
    return {
        "name": f"stg_phenom__{name}",
        "description": f"{schema['description']} Typed, without deleted rows. Empty if the table"
        " is missing.",
        "columns": columns,
    }


def _columns(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    return [
        {"name": name, "description": each["description"]}
        for name, each in properties.items()
        if not name.startswith("_ab_")
    ]


def _yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return text


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
