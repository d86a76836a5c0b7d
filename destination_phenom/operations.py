"""The operations that ``discover`` describes, generated from the record models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from destination_phenom.records import OPERATIONS

Schema = dict[str, Any]


def operations() -> list[Schema]:
    """``DestinationOperation`` objects of the protocol, one per action."""
    return [
        {
            "object_name": name,
            "sync_mode": "append",
            "json_schema": json_schema(model),
            "matching_keys": [],
        }
        for name, model in OPERATIONS.items()
    ]


def json_schema(model: type[BaseModel]) -> Schema:
    """The model's JSON schema (draft 7) without references, with types as lists."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    inlined: Schema = _inlined(schema, definitions)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **inlined}


def _inlined(node: Any, definitions: Mapping[str, Schema]) -> Any:
    if isinstance(node, list):
        return [_inlined(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        node = {**target, **{name: value for name, value in node.items() if name != "$ref"}}
    inlined = {
        name: _inlined(value, definitions)
        for name, value in node.items()
        if name != "default" and not (name == "title" and isinstance(value, str))
    }
    for name, field in inlined.get("properties", {}).items():
        if name not in inlined.get("required", ()) and isinstance(field.get("type"), str):
            field["type"] = [field["type"], "null"]
    return _nullable_type(inlined)


def _nullable_type(node: Schema) -> Schema:
    """Replaces ``anyOf`` of a schema and null by the schema with null among its types."""
    either = node.get("anyOf")
    if not isinstance(either, list) or {"type": "null"} not in either or len(either) != 2:
        return node
    schema = next(each for each in either if each != {"type": "null"})
    rest = {name: value for name, value in node.items() if name != "anyOf"}
    # The field's own description is more specific than that of its model.
    return {**schema, "type": [schema["type"], "null"], **rest}
