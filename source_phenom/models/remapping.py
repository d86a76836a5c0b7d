"""``field_overrides`` and ``custom_fields``: a tenant's own mapping on top of the default one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Protocol

from source_phenom.models import applications, candidates, jobs
from source_phenom.models.location import location
from source_phenom.models.timestamps import timestamp
from source_phenom.models.values import (
    Mismatches,
    is_empty,
    key_text,
    mail_address,
    text,
    with_custom_objects,
)

Valid = Callable[[Any], Any]
"""Converts a remote value to a value of the column; None if it is not valid there."""


Protect = Callable[[str, str, str, Any], Any]
"""Hides personal data in a value: takes model, column, remote path and the valid value."""


class Override(Protocol):
    """``field`` of ``model`` comes from the first of ``paths`` that has a valid value."""

    @property
    def model(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def paths(self) -> Sequence[str]: ...
    @property
    def keep_default(self) -> bool: ...


class NamedField(Protocol):
    """Member ``key`` of the model's ``custom_fields`` is the value at the remote ``path``."""

    @property
    def model(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def path(self) -> str: ...


def _text(value: Any) -> str | None:
    return text(value, "", [])


def _address(value: Any) -> str | None:
    return mail_address(value, "", [])


def _key(value: Any) -> str | None:
    return key_text(value, "", [])


class _OneOf:
    """Converts to one of a few texts, which cannot say anything about a person."""

    def __init__(self, *allowed: str) -> None:
        self._allowed = allowed

    def __call__(self, value: Any) -> str | None:
        written = _text(value)
        label = written.strip().upper() if written is not None else None
        return label if label in self._allowed else None


def _location(value: Any) -> dict[str, str | None] | None:
    """A location from an object with unified names, or from one text, which is the city."""
    if not isinstance(value, Mapping):
        return location([], city=_text(value))
    parts = ("street_1", "street_2", "city", "state", "zip_code", "country")
    return location([], **{part: value.get(part) for part in parts})


_VALID: dict[str, dict[str, Valid]] = {
    jobs.MODEL: {
        "name": _text,
        "description": _text,
        "employment_type": lambda value: jobs.employment_type(value, []),
        "status": _OneOf("OPEN", "CLOSED"),
        "visibility": _text,
        "category": _text,
        "department": _text,
        "post_url": _text,
        "location": _location,
        "opened_at": timestamp,
        "closed_at": timestamp,
        "remote_created_at": timestamp,
        "remote_updated_at": timestamp,
    },
    candidates.MODEL: {
        "first_name": _text,
        "last_name": _text,
        "company": _text,
        "title": _text,
        "source": _text,
        "phone_numbers": lambda value: candidates.phone_numbers({"phoneNumber": value}, []) or None,
        "email": _address,
        "email_addresses": lambda value: candidates.email_addresses({"email": value}, []) or None,
        "location": _location,
    },
    applications.MODEL: {
        "outcome": _OneOf("PENDING", "HIRED", "DECLINED"),
        "source": _text,
        "remote_job_id": _key,
        "applied_at": timestamp,
    },
}
_WITH_CUSTOM_FIELDS = (jobs.MODEL, candidates.MODEL, applications.MODEL)


def why_not_override(model: str, field: str) -> str | None:
    """Why a column cannot be overridden; None when it can."""
    fields = _VALID.get(model)
    if fields is None:
        return f"columns of {model} cannot be overridden, only those of {', '.join(_VALID)}"
    if field not in fields:
        close = get_close_matches(field, fields, 1)
        question = f"did you mean {close[0]!r}? " if close else ""
        listed = ", ".join(fields)
        return f"{model} has no column {field!r} to override ({question}there are: {listed})"
    return None


def why_no_custom_field(model: str) -> str | None:
    """Why a model cannot have named custom fields; None when it can."""
    if model in _WITH_CUSTOM_FIELDS:
        return None
    return f"{model} has no custom_fields, only {', '.join(_WITH_CUSTOM_FIELDS)} have"


class Remapping:
    """Applies a tenant's overrides to records. Without any it returns records unchanged.

    :param protect: hides personal data that an override leads into another column.
    """

    def __init__(
        self,
        overrides: Iterable[Override],
        named: Iterable[NamedField] | None,
        protect: Protect | None = None,
    ) -> None:
        self._protect = protect
        self._overrides: dict[str, list[Override]] = {}
        self._named: dict[str, list[NamedField]] = {}
        # email_addresses first: email is the first of them, unless it is overridden itself.
        for override in sorted(overrides, key=lambda each: each.field == "email"):
            self._overrides.setdefault(override.model, []).append(override)
        for field in named or ():
            self._named.setdefault(field.model, []).append(field)

    def apply(
        self, model: str, payload: Mapping[str, Any], record: dict[str, Any], mismatches: Mismatches
    ) -> dict[str, Any]:
        """``record`` with its overridden columns and named custom fields, in place.

        A column that is not in the record (a candidate's source) is not added.

        :param mismatches: those of the default mapping. A column that a path feeds is removed from
            them. A column that stays null although a path holds a value is added.
        """
        overrides, named = self._overrides.get(model), self._named.get(model)
        if overrides is None and named is None:
            return record
        readings = _readings(payload)
        for override in overrides or ():
            if override.field in record:
                self._override(override, readings, record, mismatches)
        if named is not None:
            record["custom_fields"] = {
                field.key: self._named_value(field, readings) for field in named
            }
        return record

    def _override(
        self,
        override: Override,
        readings: _Readings,
        record: dict[str, Any],
        mismatches: Mismatches,
    ) -> None:
        value, path = self._first_valid(override, readings)
        if value is not None:
            record[override.field] = value
            mismatches[:] = [column for column in mismatches if column != override.field]
            record["integration_fields"] = [
                entry for entry in record["integration_fields"] if entry["id"] != path
            ]
        else:
            if not override.keep_default:
                record[override.field] = None
            if record[override.field] is None and override.field not in mismatches:
                held = [_first(readings, path) for path in override.paths]
                if not all(map(is_empty, held)):
                    mismatches.append(override.field)
        if override.field == "email_addresses":
            record["email"] = candidates.first_address(record["email_addresses"])

    def default_counts(self, model: str, field: str) -> bool:
        """Whether a column has its default mapping if no override feeds it."""
        return all(
            override.keep_default
            for override in self._overrides.get(model, ())
            if override.field == field
        )

    def source(self, payload: Mapping[str, Any], mismatches: Mismatches) -> str | None:
        """A candidate's ``source``, from one of the candidate's applications."""
        for override in self._overrides.get(candidates.MODEL, ()):
            if override.field == "source":
                value, _ = self._first_valid(override, _readings(payload))
                if value is not None or not override.keep_default:
                    return str(value) if value is not None else None
        return candidates.applicant_source(payload, mismatches)

    def _named_value(self, field: NamedField, readings: _Readings) -> Any:
        value = _first(readings, field.path)
        if self._protect is None:
            return value
        return self._protect(field.model, "custom_fields", field.path, value)

    def _first_valid(self, override: Override, readings: _Readings) -> tuple[Any, str | None]:
        valid = _VALID[override.model][override.field]
        for path in override.paths:
            found = _first(readings, path)
            if not is_empty(found):
                value = valid(found)
                if value is not None:
                    if self._protect is not None and not _says_nothing_personal(valid):
                        value = self._protect(override.model, override.field, path, value)
                    return value, path
        return None, None


def _says_nothing_personal(valid: Valid) -> bool:
    return valid is timestamp or isinstance(valid, _OneOf)


_Readings = Sequence[Mapping[str, Any]]
"""A payload whose custom objects are objects, then the payload as the gateway sent it."""


def _readings(payload: Mapping[str, Any]) -> _Readings:
    read = with_custom_objects(payload)
    return (payload,) if read is payload else (read, payload)


def _first(readings: _Readings, path: str) -> Any:
    return next(
        (found for each in readings if (found := value_at_path(each, path)) is not None), None
    )


def value_at_path(payload: Any, path: str) -> Any:
    """The value at a dotted path; None if there is none.

    A part of the path that enters a list is an index (``multiLocation.0.city``), or the name of a
    member, which means the first element that has it (``multiLocation.city``). A key that contains
    dots itself is found too.
    """
    if isinstance(payload, Mapping):
        if path in payload:
            return payload[path]
        for cut in (i for i, character in enumerate(path) if character == "."):
            if path[:cut] in payload:
                found = value_at_path(payload[path[:cut]], path[cut + 1 :])
                if found is not None:
                    return found
        return None
    if isinstance(payload, list):
        first, _, rest = path.partition(".")
        if first.isdecimal():
            index = int(first)
            element = payload[index] if index < len(payload) else None
            return value_at_path(element, rest) if rest else element
        return next(
            (found for item in payload if not is_empty(found := value_at_path(item, path))), None
        )
    return None
