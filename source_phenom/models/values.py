"""Reads values of payloads, which may be of any type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from phenom_api.answers import is_deeper, parse_json, shallow
from phenom_api.mail_addresses import is_mail_address

Mismatches = list[str]
"""Names of the columns whose payload value had an unexpected type, in the order of reading."""

CUSTOM_OBJECTS = ("additionalFields", "customFieldData")
"""Members of jobs and applications that hold the tenant's own fields."""
_NOTHING: Mapping[str, Any] = {}
_MOST_LEVELS = 254
"""The most levels of a value that orjson can write."""


def text(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """``value`` as text. Blank text is None; a number or boolean is its JSON text; else None."""
    if type(value) is str:
        return value if value and not value.isspace() else None
    if value is None:
        return None
    mismatches.append(column)
    return orjson.dumps(value).decode() if isinstance(value, (int, float)) else None


def key_text(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """A key of Phenom, or a reference to one, as text without white space around it."""
    key = text(value, column, mismatches)
    return key and key.strip()


def padded(written: str | None) -> str | None:
    """The text if it has white space around it; else None.

    For us a key is the same with and without white space. The gateway may know it by the padded
    form only, so requests try both.
    """
    return written if written is not None and written != written.strip() else None


def truth(value: Any, column: str, mismatches: Mismatches) -> bool | None:
    """``value`` as a boolean; "true" and "false" as text count too; else None."""
    if value is None or type(value) is bool:
        return value
    mismatches.append(column)
    written = value.strip().casefold() if type(value) is str else None
    return {"true": True, "false": False}.get(written) if written is not None else None


def as_object(value: Any, column: str, mismatches: Mismatches) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    if type(value) is dict:
        return value
    if value is not None:
        mismatches.append(column)
    return _NOTHING


def objects(value: Any, column: str, mismatches: Mismatches) -> list[Mapping[str, Any]]:
    """The objects of a list. Other elements except nulls, and other values, are a mismatch."""
    if value is None:
        return []
    if type(value) is not list:
        mismatches.append(column)
        return []
    found: list[Mapping[str, Any]] = [item for item in value if type(item) is dict]
    if len(found) != len(value) and len(found) + value.count(None) != len(value):
        mismatches.append(column)
    return found


def custom_object(value: Any, column: str, mismatches: Mismatches) -> dict[str, Any] | None:
    """The tenant's own object, complete; None if there is none.

    The gateway may send it as JSON text, or as a list of ``{key, value}`` or ``{name, value}``. If
    a key occurs twice, the last value counts, as in JSON.
    """
    if value is None or type(value) is dict:
        return value
    if is_empty(value):
        return None
    if type(value) is str and value.lstrip().startswith(("{", "[", '"')):
        with suppress(ValueError):
            return custom_object(parse_json(value.encode("utf-8", "replace")), column, mismatches)
    entries = _entries(value) if type(value) is list else []
    if not entries or len(entries) != len(value):
        mismatches.append(column)
    return dict(entries) or None


def _entries(listed: list[Any]) -> list[tuple[str, Any]]:
    """Key and value of the elements of the form ``{key, value}`` or ``{name, value}``.

    The case of these names does not matter: .NET writes ``Key`` and ``Value``.
    """
    members = [
        {member.lower(): value for member, value in entry.items()}
        for entry in listed
        if type(entry) is dict
    ]
    named = (
        (text(entry.get("key", entry.get("name")), "", []), entry["value"])
        for entry in members
        if "value" in entry
    )
    return [(key, value) for key, value in named if key is not None]


def with_custom_objects(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload, with the tenant's own objects converted to objects."""
    converted = {
        member: found
        for member in CUSTOM_OBJECTS
        if type(payload.get(member)) in (str, list)
        and (found := custom_object(payload[member], "", [])) is not None
    }
    return {**payload, **converted} if converted else payload


def is_empty(value: Any) -> bool:
    """Whether a value is null, blank text, or an empty list or object. False and 0 are values."""
    if type(value) is str:
        return not value or value.isspace()
    return value is None or value == [] or value == {}


def mail_address(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """The trimmed e-mail address; None if the text is not an address."""
    written = text(value, column, mismatches)
    if written is None:
        return None
    address = written.strip()
    return address if is_mail_address(address) else None


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, so that equal values give equal bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # The value has more levels than orjson can write.
        kept = shallow(value)
        return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def record_json(record: dict[str, Any], mismatches: Mismatches) -> bytes:
    """A record as :func:`canonical` JSON. A column that is nested too deeply is null, a mismatch.

    The programs that read our records write them again, with libraries of similar limits.
    """
    try:
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        for column, value in record.items():
            if is_deeper(value, _MOST_LEVELS - 1):
                record[column] = None
                mismatches.append(column)
        return canonical(record)


def joined(first: bytes, second: bytes) -> bytes:
    """Two JSON objects as one; neither may be empty, and they share no member.

    A record's columns come from different places at different times. To put their bytes together
    costs a hundredth of parsing and writing the record again.
    """
    return first[:-1] + b"," + second[1:]


def normalized_label(label: str) -> str:
    """A label without case, spaces and punctuation, to compare labels by."""
    return "".join(filter(str.isalnum, label)).casefold()
