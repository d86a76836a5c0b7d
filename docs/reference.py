"""Writes ``docs/streams.md`` from the JSON schemas: ``python docs/reference.py``.

A test holds the committed file against what this prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from source_phenom import manifest

PAGE = Path(__file__).with_name("streams.md")

_ORIGIN = {
    "users": "hiringManagerEmail/-Name and multiRecruiter of the jobs",
    "jobs": "GET /jobs-api/v1/jobs, with include_closed_jobs also /jobs-api/v1/closedJobs",
    "candidates": "candidateData of GET /apply/v2/applications",
    "applications": "GET /apply/v2/applications",
    "roles": "the two roles that Phenom's jobs know",
    "job_user_role_assignments": "the hiring team of the jobs",
    "job_hiring_team_members": "the hiring team of the jobs",
}
_REFERENCES = {
    ("applications", "job_id"): "jobs.id (may dangle)",
    ("applications", "candidate_id"): "candidates.id",
    ("job_hiring_team_members", "job_id"): "jobs.id",
    ("job_hiring_team_members", "user_id"): "users.id",
    ("job_user_role_assignments", "job_user_id"): "job_hiring_team_members.id",
    ("job_user_role_assignments", "role_id"): "roles.id",
}
_INTRODUCTION = """\
# Streams

Written by `python docs/reference.py` from the JSON schemas in `source_phenom/schemas`.

Every stream has the primary key `id`, the source-defined cursor `changed_at`, and the sync modes
full refresh and incremental. A record that Phenom no longer returns is emitted once more as a
tombstone: `remote_deleted_at` set, every other column null but for the keys. With `hard_deletes`
every stream also has `_ab_cdc_deleted_at`, equal to `remote_deleted_at`.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join(line for part in _parts() for line in part) + "\n"


def _parts() -> Iterator[list[str]]:
    yield [_INTRODUCTION]
    for stream in manifest.stream_names():
        schema = manifest.schema(stream)
        yield [f"## {stream}", "", f"{schema['description']} Origin: {_ORIGIN[stream]}.", ""]
        yield ["| column | type | meaning |", "| --- | --- | --- |"]
        yield [
            f"| `{name}` | {_type(column)} | {_meaning(stream, name, column)} |"
            for name, column in schema["properties"].items()
        ]
        yield [""]


def _type(column: dict[str, Any]) -> str:
    kinds = [column["type"]] if isinstance(column["type"], str) else column["type"]
    shown = (
        "timestamp"
        if column.get("format") == "date-time"
        else next(k for k in kinds if k != "null")
    )
    members = column.get("properties") or column.get("items", {}).get("properties")
    if members:
        shown += " of " + ", ".join(f"`{name}`" for name in members)
    return shown + ("" if "null" in kinds else ", never null")


def _meaning(stream: str, name: str, column: dict[str, Any]) -> str:
    reference = _REFERENCES.get((stream, name))
    return column["description"] + (f" → {reference}" if reference else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
