"""A Mermaid entity relationship diagram of the streams, their columns and references.

GitHub, GitLab and many editors draw it. Many records refer to one record, which may be missing (a
job that no listing shows). A column that is a list refers to many records. Columns that can say
something about a person are marked.
"""

from __future__ import annotations

from collections.abc import Iterator

from docs.reference.column_types import Schema, column_type
from docs.reference.relations import REFERENCES
from source_phenom import manifest
from source_phenom.personal_data import PERSONAL


def picture() -> str:
    """The diagram as a fenced code block."""
    return "\n".join(["```mermaid", "erDiagram", *_references(), *_entities(), "```"])


def _references() -> Iterator[str]:
    for each in REFERENCES:
        is_list = _type(each.stream, each.column) == "array"
        yield f"    {each.stream} }}o--o{'{' if is_list else '|'} {each.target} : {each.column}"


def _entities() -> Iterator[str]:
    referring = {(each.stream, each.column) for each in REFERENCES}
    for stream in manifest.stream_names():
        yield f"    {stream} {{"
        for name in manifest.schema(stream)["properties"]:
            key = "PK" if name == manifest.PRIMARY_KEY else ""
            key = "FK" if (stream, name) in referring else key
            personal = '"personal"' if _column(stream, name)[PERSONAL] else ""
            yield " ".join(filter(None, (f"        {_type(stream, name)}", name, key, personal)))
        yield "    }"


def _type(stream: str, column: str) -> str:
    return column_type(_column(stream, column))


def _column(stream: str, column: str) -> Schema:
    found: Schema = manifest.schema(stream)["properties"][column]
    return found
