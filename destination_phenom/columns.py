"""Turns the rows of a warehouse into records: flat columns, JSON text, nulls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from destination_phenom.lines import json_value
from destination_phenom.records import CreateCandidate
from destination_phenom.rejections import Problem, Rejected, path_text

FieldPath = tuple[str, ...]
_SEPARATORS = re.compile(r"[._\s\[\]-]+")
_AIRBYTE_PREFIX = "_airbyte_"
_LONE_SURROGATE = "contains half a surrogate pair: the text was damaged before it came here"


class _FieldKind(Enum):
    VALUE = auto()
    OBJECT = auto()
    LIST = auto()


def unflatten(
    row: Mapping[str, Any], model: type[CreateCandidate]
) -> tuple[dict[str, Any], list[str]]:
    """The record in ``row``, not validated yet, and the names of the columns that are not used.

    A column may be named ``candidate.first_name`` or ``candidate_first_name``, or it may be the
    object ``candidate``, also as JSON text. Case and separators do not matter, neither in column
    names nor in keys of objects. An element of a list may be columns, too: ``attachments.name``,
    or ``attachments[0].name``, ``attachments_0_name`` and so on where there are several. Nulls
    and blank texts are left out. Airbyte's own columns (``_airbyte_…``) are ignored.

    :raises Rejected: for invalid JSON text, for a field given twice with different values, and
        for half a surrogate pair in an unused column (the fields are validated later).
    """
    return _RowReader(model).read(row)


class _RowReader:
    """Builds the record of one row."""

    def __init__(self, model: type[CreateCandidate]) -> None:
        self._kinds = _kinds(model)
        self._columns = _columns(model)
        self._element_columns = _element_columns(model)
        self._elements: dict[FieldPath, dict[int, Any]] = {}
        self._record: dict[str, Any] = {
            name: {}
            for name, field in model.model_fields.items()
            if field.is_required() and self._kinds[(name,)] is _FieldKind.OBJECT
        }
        self._unused: dict[str, None] = {}
        self._problems: list[Problem] = []

    def read(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        for column, value in row.items():
            if column.lower().startswith(_AIRBYTE_PREFIX) or _is_blank(value):
                continue
            name = _normalized(column)
            location = self._columns.get(name)
            if location is not None:
                self._put(location, value)
            elif not self._is_element(name, value):
                self._ignore((), column, value)
        for location in self._elements:
            self._add_elements(location)
        if self._problems:
            raise Rejected(self._problems)
        return self._record, list(self._unused)

    def _put(self, location: FieldPath, value: Any) -> None:
        if _is_blank(value):
            return
        kind = self._kinds[location]
        if kind is _FieldKind.VALUE:
            self._set(location, value)
        elif kind is _FieldKind.OBJECT:
            value = self._parsed(location, value)
            if isinstance(value, Mapping):
                for name, inner in value.items():
                    member = self._member(location, name)
                    if member is not None:
                        self._put(member, inner)
                    elif not _is_blank(inner):
                        self._ignore(location, name, inner)
            elif value is not None:
                self._problems.append(Problem(path_text(location), "must be an object"))
        else:
            value = self._parsed(location, value)
            items = [value] if isinstance(value, Mapping) else value
            if isinstance(items, list):
                items = [self._item(location, index, item) for index, item in enumerate(items)]
            if items is not None:
                self._set(location, items)

    def _is_element(self, column: str, value: Any) -> bool:
        """Use a column that holds an element of a list, or a member of one; False for others.

        :param column: its normalized name.
        """
        for location, (names, members) in self._element_columns.items():
            match = names.fullmatch(column)
            if match is not None:
                number, member = match.groups()
                if number is None and member is None:
                    self._put(location, value)
                else:
                    index = int(number or 0)
                    item = self._item(
                        location, index, {members[member]: value} if member else value
                    )
                    self._merge(location, self._elements.setdefault(location, {}), index, item)
                return True
        return False

    def _add_elements(self, location: FieldPath) -> None:
        """Merge the elements that came as columns into the list, in the order of their numbers."""
        listed = self._record.get(location[0], [])
        if isinstance(listed, list):
            items = dict(enumerate(listed))
            for index, item in self._elements[location].items():
                self._merge(location, items, index, item)
            self._record[location[0]] = [items[index] for index in sorted(items)]

    def _merge(self, location: FieldPath, items: dict[int, Any], index: int, item: Any) -> None:
        if item is None:
            return
        existing = items.setdefault(index, item)
        if isinstance(existing, dict) and isinstance(item, dict):
            for name, value in item.items():
                if _differ(existing.setdefault(name, value), value):
                    self._report_conflict((*location, index, name))
        elif _differ(existing, item):
            self._report_conflict((*location, index))

    def _member(self, parent: FieldPath, name: str) -> FieldPath | None:
        path = self._columns.get(_normalized("_".join((*parent, name))), ())
        return path if len(path) > len(parent) and path[: len(parent)] == parent else None

    def _item(self, location: FieldPath, index: int, item: Any) -> Any:
        item = self._parsed((*location, index), item)
        if not isinstance(item, Mapping):
            return item
        names = {_normalized(each[-1]): each[-1] for each in self._kinds if each[:-1] == location}
        known: dict[str, Any] = {}
        for name, inner in item.items():
            if _is_blank(inner):
                continue
            member = names.get(_normalized(name))
            if member is None:
                self._ignore(location, name, inner)
            elif _differ(known.setdefault(member, inner), inner):
                self._report_conflict((*location, index, member))
        return known

    def _ignore(self, parent: FieldPath, name: str, value: Any) -> None:
        """Note a column, or a member of the object at ``parent``, that is no field of a record."""
        if _has_lone_surrogate({name: value}):
            self._problems.append(Problem(path_text(parent), _LONE_SURROGATE))
        else:
            self._unused[path_text((*parent, name))] = None

    def _parsed(self, location: tuple[str | int, ...], value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json_value(value)
        except (ValueError, RecursionError):
            self._problems.append(Problem(path_text(location), "is text that is not valid JSON"))
            return None

    def _set(self, location: FieldPath, value: Any) -> None:
        parent = self._record
        for name in location[:-1]:
            parent = parent.setdefault(name, {})
        if _differ(parent.setdefault(location[-1], value), value):
            self._report_conflict(location)

    def _report_conflict(self, location: tuple[str | int, ...]) -> None:
        self._problems.append(
            Problem(path_text(location), "is given in two columns with different values")
        )


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ({}, [])


def _differ(one: Any, other: Any) -> bool:
    try:
        return bool(one != other)
    except RecursionError:
        # Nested so deeply that it is no valid value of any field.
        return True


def _has_lone_surrogate(value: Any) -> bool:
    """Whether any text in ``value`` contains a lone surrogate. ``value`` may be nested deeply."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, Mapping):
            left += [*each, *each.values()]
        elif isinstance(each, list):
            left += each
        elif isinstance(each, str) and not each.isascii():
            try:
                each.encode()
            except UnicodeEncodeError:
                return True
    return False


def _normalized(name: str) -> str:
    """The name in lower case, without separators."""
    return _SEPARATORS.sub("", name).lower()


@cache
def fields(model: type[CreateCandidate]) -> tuple[str, ...]:
    """The paths of all fields of a record."""
    return tuple(path_text(location) for location in _kinds(model))


@cache
def _kinds(model: type[BaseModel]) -> dict[FieldPath, _FieldKind]:
    """The kind of every field; the members of a list's items are directly below the list."""
    return dict(_walk(model, ()))


@cache
def _columns(model: type[BaseModel]) -> dict[str, FieldPath]:
    """The field of every normalized column name."""
    kinds = _kinds(model)
    return {
        _normalized("_".join(location)): location
        for location in kinds
        if kinds.get(location[:1]) is not _FieldKind.LIST or len(location) == 1
    }


@cache
def _element_columns(
    model: type[BaseModel],
) -> dict[FieldPath, tuple[re.Pattern[str], dict[str, str]]]:
    """For each list field, a pattern for columns that hold an element, or a member of one.

    The pattern matches normalized names. Its groups are the element's number and the normalized
    member, which the dict maps to the member. The list's name may be in the singular.
    """
    kinds = _kinds(model)
    patterns = {}
    for location, kind in kinds.items():
        if kind is _FieldKind.LIST:
            below = (each for each in kinds if each[:1] == location and len(each) == 2)
            members = {_normalized(member): member for _, member in below}
            name = _normalized(location[0]).removesuffix("s")
            pattern = rf"{name}s?([0-9]{{1,4}})?({'|'.join(members)})?"
            patterns[location] = re.compile(pattern), members
    return patterns


def _walk(model: type[BaseModel], above: FieldPath) -> Iterator[tuple[FieldPath, _FieldKind]]:
    for name, field in model.model_fields.items():
        location = (*above, name)
        inner, is_list = _model_of(field.annotation)
        if inner is None:
            yield location, _FieldKind.VALUE
        else:
            yield location, _FieldKind.LIST if is_list else _FieldKind.OBJECT
            yield from _walk(inner, location)


def _model_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model in ``Model``, ``Model | None`` or ``tuple[Model, ...]``; True for the tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    if get_origin(annotation) in (Union, UnionType, tuple):
        for argument in get_args(annotation):
            inner, _ = _model_of(argument)
            if inner is not None:
                return inner, get_origin(annotation) is tuple
    return None, False
