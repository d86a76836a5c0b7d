"""The page ``docs/streams.md``: the columns of each stream with type, meaning, origin, example."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from docs.reference.column_types import Schema, column_type, is_nullable, kinds, members
from docs.reference.markdown import example
from docs.reference.origins import LISTED_BY, origin
from docs.reference.picture import picture
from docs.reference.relations import reference
from docs.reference.samples import samples
from source_phenom import manifest
from source_phenom.personal_data import PERSONAL

PATH = Path(__file__).parents[1] / "streams.md"

_INTRODUCTION = """\
# Streams

`python -m docs.reference` writes this page from the JSON schemas in `source_phenom/schemas` and the
mapping in `source_phenom/models`. The examples are records of an invented tenant, mapped from its
[payloads](reference/payloads).

Every stream has the primary key `id`, the source-defined cursor `changed_at`, and the sync modes
full refresh and incremental. When Phenom no longer returns a record, the source emits it once more
as a tombstone: `remote_deleted_at` is set, and all columns but the keys are null. With
`hard_deletes` every stream also has `_ab_cdc_deleted_at`, equal to `remote_deleted_at`.

A column is null where Phenom has no value, unless its type says "never null". A column that is
**personal** can say something about a person: [privacy](privacy.md) shows what becomes of it with
`personal_data: pseudonymous`.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from (_INTRODUCTION, picture(), "")
    always = manifest.stream_names(acting_user=False)
    for stream in manifest.stream_names():
        schema = manifest.schema(stream)
        yield from (f"## {stream}", "", str(schema["description"]), "")
        yield f"Origin: {LISTED_BY[stream]}." + (
            "" if stream in always else " Offered only where `ph_user_id` is configured."
        )
        yield from ("", "| column | type | meaning | origin | example |", "| --- " * 5 + "|")
        for name, column in schema["properties"].items():
            yield _row(stream, name, column)
        whole = json.dumps(samples()[stream], ensure_ascii=False, indent=2)
        yield from ("", "<details><summary>The whole record</summary>", "")
        yield from ("```json", whole, "```", "", "</details>", "")
    yield from _objects()


def _row(stream: str, name: str, column: Schema) -> str:
    link = reference(stream, name)
    meaning = column["description"]
    if link is not None:
        remark = f" ({link.remark})" if link.remark else ""
        meaning += f" → [{link.target}](#{link.target}){remark}"
    cells = (
        f"`{name}`",
        _type(column),
        meaning,
        origin(stream, name),
        example(samples()[stream][name]),
    )
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _type(column: Schema) -> str:
    shown = column_type(column)
    inside = members(column)
    if inside:
        shown += " of " + ", ".join(f"`{name}`" for name in inside)
    return shown + _unless_nullable(column) + _if_personal(column)


def _unless_nullable(schema: Schema) -> str:
    return "" if is_nullable(schema) else ", never null"


def _if_personal(schema: Schema) -> str:
    return ", **personal**" if schema[PERSONAL] else ""


def _objects() -> Iterator[str]:
    """The members of objects inside columns. Columns with the same members share a table."""
    alike: dict[str, list[tuple[str, str, Schema]]] = {}
    for stream in manifest.stream_names():
        for name, column in manifest.schema(stream)["properties"].items():
            if members(column):
                alike.setdefault(json.dumps(members(column)), []).append((stream, name, column))
    yield from ("## Objects inside columns", "")
    for columns in alike.values():
        _, name, column = columns[0]
        where = ", ".join(f"[{stream}](#{stream})" for stream, _, _ in columns)
        yield from (
            f"### `{name}` of {where}",
            "",
            "| member | type | meaning |",
            "| --- " * 3 + "|",
        )
        for member, schema in members(column).items():
            shown = " or ".join(kinds(schema)) + _unless_nullable(schema) + _if_personal(schema)
            yield f"| `{member}` | {shown} | {schema['description']} |"
        yield ""
