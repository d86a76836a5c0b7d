"""Generates ``RECORDS.md``, the table of a record's fields, from the record models.

Run ``python -m destination_phenom.documentation`` after a change of the models.
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

Generated from `records.py` by `python -m destination_phenom.documentation`.

| stream | what it does |
| --- | --- |
| `create_candidate` | {candidate} |
| `create_application` | {application} |

The operation of a stream is its `destination_object_name`, else its own name.

Columns may be objects (`candidate`), objects as JSON text, or flat: `candidate.first_name`,
`candidate_first_name`. Case and separators do not matter, neither in column names nor in the keys
of objects (`CANDIDATE`, `firstName`). A record with two different values for one field is rejected.
`attachments` is a list, also as JSON text. One attachment may be the columns `attachments.name`,
`attachments_type` and so on; several may be `attachments[0].name`, `attachments_1_name` and so on.
Nulls and blank texts count as not given, whole numbers as text. Columns that begin with `_airbyte_`
are ignored. Other unknown columns and members are ignored, too; the log names each of them once,
unless its name could be a person's.

A `data_url` is percent-encoded as in a browser. Only an answer with status 200 is accepted as the
file; after any other answer, also behind a redirect, the record is rejected. Two problems do not
change the status of the record; `error` then says what is missing: Phenom refuses an attachment, or
Phenom does not name the application of somebody who has already applied, so that the attachments
cannot be compared.

Text is UTF-8. A record with other text or with half a surrogate pair anywhere is rejected, and so
is a record with U+FFFD in a field, which marks text that was damaged before. JSON may be nested
1,000 levels deep.

A line of the input that cannot be read is rejected, too. It counts as a record of its stream if the
stream's name can be read. Otherwise it is a line without a stream, and the next state counts it. A
namespace that is null, missing or empty is the same.

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
