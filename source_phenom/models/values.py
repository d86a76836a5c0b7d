"""Taking values out of payloads that may hold anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from phenom_api.answers import is_deeper, parse_json, shallow
from phenom_api.mail_addresses import is_mail_address

Mismatches = list[str]
"""Names of the columns whose payload value had an unexpected type, in the order met."""

CUSTOM_OBJECTS = ("additionalFields", "customFieldData")
"""Members of jobs and applications that hold the tenant's own object."""
_NOTHING: Mapping[str, Any] = {}
_MOST_LEVELS = 254
"""Levels of a value that orjson can write."""


def text(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """``value`` as text: blank is null, a number or truth value its JSON text, else null."""
    if type(value) is str:
        return value if value and not value.isspace() else None
    if value is None:
        return None
    mismatches.append(column)
    return orjson.dumps(value).decode() if isinstance(value, (int, float)) else None


def key_text(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """A key of Phenom's, or a reference to one, as text without the white space around it."""
    found = text(value, column, mismatches)
    return found and found.strip()


def padded(written: str | None) -> str | None:
    """A text that has white space around it, else null.

    A gateway may know by its padded key what is the same thing as without to us: it is asked for
    by both.
    """
    return written if written is not None and written != written.strip() else None


def truth(value: Any, column: str, mismatches: Mismatches) -> bool | None:
    """``value`` if it is true or false, also where it is so as text; else null."""
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
    """The objects of a list; anything else in it, or in its place, is odd (null is not)."""
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
    """The tenant's own object, whole; null where there is none.

    It may also come as JSON text, or as a list of ``{key, value}`` or ``{name, value}``; of a key
    that comes twice the last value counts, as in JSON.
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
    """Key and value of those in a list that are ``{key, value}`` or ``{name, value}``.

    In any case: .NET writes ``Key`` and ``Value``.
    """
    members = [
        {member.lower(): of for member, of in entry.items()}
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
    """A payload in which the tenant's own objects are objects, however they came."""
    made = {
        member: found
        for member in CUSTOM_OBJECTS
        if type(payload.get(member)) in (str, list)
        and (found := custom_object(payload[member], "", [])) is not None
    }
    return {**payload, **made} if made else payload


def is_empty(value: Any) -> bool:
    """Null, blank text, an empty list or object. False and 0 are values."""
    if type(value) is str:
        return not value or value.isspace()
    return value is None or value == [] or value == {}


def mail_address(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """A trimmed e-mail address, or null where the text is none."""
    written = text(value, column, mismatches)
    if written is None:
        return None
    address = written.strip()
    return address if is_mail_address(address) else None


def canonical(value: Any) -> bytes:
    """JSON with sorted keys: equal values give equal bytes, however the gateway ordered them."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # Nested deeper than orjson writes.
        kept = shallow(value)
        return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def record_json(record: dict[str, Any], mismatches: Mismatches) -> bytes:
    """A record as :func:`canonical` JSON. A column that is nested too deeply is null, and odd.

    Whoever takes records from us writes them again, with libraries whose bounds are much the same.
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
    """A label without case, spaces and punctuation, to recognise it by."""
    return "".join(filter(str.isalnum, label)).casefold()
