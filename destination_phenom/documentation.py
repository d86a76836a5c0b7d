"""``RECORDS.md``: the fields of a record as a table, out of the record models.

``python -m destination_phenom.documentation`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from destination_phenom.operations import json_schema
from destination_phenom.records import CreateApplication, CreateCandidate

PAGE = Path(__file__).with_name("RECORDS.md")

_INTRODUCTION = """\
# Records of the Phenom destination

Written by `python -m destination_phenom.documentation` out of `records.py`.

| stream | what it does |
| --- | --- |
| `create_candidate` | {candidate} |
| `create_application` | {application} |

A stream means the operation of its `destination_object_name`, else of its own name.

Columns may be objects (`candidate`), objects as JSON text, or flat: `candidate.first_name`,
`candidate_first_name`. Case and separators do not matter, for the keys of objects neither
(`CANDIDATE`, `firstName`); a field that is given twice with different values is a rejection.
`attachments` is a list, also as JSON text; one attachment may be the columns `attachments.name`,
`attachments_type` and so on, several `attachments[0].name`, `attachments_1_name` and so on. Nulls
and blank texts count as not given, whole numbers as text. Columns that begin with `_airbyte_` are
ignored; so are columns and members that no field takes. The run's log names them once, but for
names that could be a person's.

A `data_url` is encoded as browsers do it. Only an answer of status 200 is the file; whatever else
its server does, also after redirects, rejects the record. An attachment that Phenom refuses, or
that cannot be compared because Phenom does not name the application that the applicant has already
made, leaves the status as it is and is told in `error`.

Text is UTF-8. A record that is not, or that holds half a surrogate pair anywhere, is rejected, and
so is U+FFFD in a field: it stands for text that was damaged before. JSON may be nested 1,000 deep.

A line of the input that cannot be read is a rejection, too: a record of its stream where that can
still be read, else a line without a stream, which the next state counts. A namespace that is null,
missing or empty is the same.

| field | | what it is |
| --- | --- | --- |
{rows}
"""


def page() -> str:
    schema = json_schema(CreateCandidate)
    return _INTRODUCTION.format(
        candidate=CreateCandidate.__doc__,
        application=CreateApplication.__doc__,
        rows="\n".join(_rows(schema, "")),
    )


def _rows(schema: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        path = f"{above}{name}"
        items = field.get("items")
        required = "required" if name in schema.get("required", ()) else ""
        if path == "application.job_id":
            required = "required in `create_application`"
        text = field.get("description", "")
        if "enum" in field:
            text += f" One of {', '.join(field['enum'])}."
        for example in field.get("examples", ())[:1]:
            text += f" Example: `{example}`."
        yield f"| `{path}{'[]' if items else ''}` | {required} | {text} |"
        if items:
            yield from _rows(items, f"{path}[].")
        else:
            yield from _rows(field, f"{path}.")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
