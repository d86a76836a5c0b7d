"""The operations that ``discover`` describes, out of the record models."""

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
    """The model's JSON schema (draft 7), written out: no references, types as lists."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    written_out: Schema = _written_out(schema, definitions)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **written_out}


def _written_out(node: Any, definitions: Mapping[str, Schema]) -> Any:
    if isinstance(node, list):
        return [_written_out(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        node = {**target, **{name: value for name, value in node.items() if name != "$ref"}}
    found = {
        name: _written_out(value, definitions)
        for name, value in node.items()
        if name != "default" and not (name == "title" and isinstance(value, str))
    }
    for name, field in found.get("properties", {}).items():
        if name not in found.get("required", ()) and isinstance(field.get("type"), str):
            field["type"] = [field["type"], "null"]
    return _one_type(found)


def _one_type(node: Schema) -> Schema:
    """``anyOf`` of something and null as that something whose type may be null."""
    either = node.get("anyOf")
    if not isinstance(either, list) or {"type": "null"} not in either or len(either) != 2:
        return node
    something = next(each for each in either if each != {"type": "null"})
    rest = {name: value for name, value in node.items() if name != "anyOf"}
    # What is said where the field stands says more than what its model says of itself.
    return {**something, "type": [something["type"], "null"], **rest}
