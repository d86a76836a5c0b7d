"""Rows as warehouses have them, back into records: flat columns, JSON text, nulls."""

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
from destination_phenom.rejections import Problem, Rejected, path

Location = tuple[str, ...]
_SEPARATORS = re.compile(r"[._\s\[\]-]+")
_OURS = "_airbyte_"
_HALF_A_PAIR = "holds half a surrogate pair: its text was damaged on the way here"


class _Kind(Enum):
    VALUE = auto()
    OBJECT = auto()
    LIST = auto()


def unflatten(
    row: Mapping[str, Any], model: type[CreateCandidate]
) -> tuple[dict[str, Any], list[str]]:
    """The record that ``row`` holds, not validated yet, and the columns that went unused.

    Columns may be named ``candidate.first_name``, ``candidate_first_name`` or be the object
    ``candidate``, also as JSON text; case and separators do not matter, in the keys of objects
    neither. An element of a list may be columns, too: ``attachments.name``, or
    ``attachments[0].name``, ``attachments_0_name`` and so on where there are several. Nulls and
    blank texts are left out. Airbyte's own columns (``_airbyte_…``) are passed over.

    :raises Rejected: for JSON text that is none, a field given twice with different values, or
        half a surrogate pair in what no field takes (the fields themselves are validated later).
    """
    return _Row(model).read(row)


class _Row:
    def __init__(self, model: type[CreateCandidate]) -> None:
        self._kinds = _kinds(model)
        self._columns = _columns(model)
        self._element_columns = _element_columns(model)
        self._elements: dict[Location, dict[int, Any]] = {}
        self._record: dict[str, Any] = {
            name: {}
            for name, field in model.model_fields.items()
            if field.is_required() and self._kinds[(name,)] is _Kind.OBJECT
        }
        self._unused: dict[str, None] = {}
        self._problems: list[Problem] = []

    def read(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        for column, value in row.items():
            if column.lower().startswith(_OURS) or _is_blank(value):
                continue
            name = _folded(column)
            location = self._columns.get(name)
            if location is not None:
                self._place(location, value)
            elif not self._is_element(name, value):
                self._pass_over((), column, value)
        for location in self._elements:
            self._add_elements(location)
        if self._problems:
            raise Rejected(self._problems)
        return self._record, list(self._unused)

    def _place(self, location: Location, value: Any) -> None:
        if _is_blank(value):
            return
        kind = self._kinds[location]
        if kind is _Kind.VALUE:
            self._set(location, value)
        elif kind is _Kind.OBJECT:
            value = self._parsed(location, value)
            if isinstance(value, Mapping):
                for name, inner in value.items():
                    member = self._member(location, name)
                    if member is not None:
                        self._place(member, inner)
                    elif not _is_blank(inner):
                        self._pass_over(location, name, inner)
            elif value is not None:
                self._problems.append(Problem(path(location), "must be an object"))
        else:
            value = self._parsed(location, value)
            items = [value] if isinstance(value, Mapping) else value
            if isinstance(items, list):
                items = [self._item(location, place, item) for place, item in enumerate(items)]
            if items is not None:
                self._set(location, items)

    def _is_element(self, column: str, value: Any) -> bool:
        """Take what a column holds of an element of a list; false where it holds none.

        ``column`` is folded.
        """
        for location, (names, members) in self._element_columns.items():
            match = names.fullmatch(column)
            if match is not None:
                number, member = match.groups()
                if number is None and member is None:
                    self._place(location, value)
                else:
                    place = int(number or 0)
                    item = self._item(
                        location, place, {members[member]: value} if member else value
                    )
                    self._merge(location, self._elements.setdefault(location, {}), place, item)
                return True
        return False

    def _add_elements(self, location: Location) -> None:
        """Elements that were columns, beside those of the list; numbers give their order."""
        listed = self._record.get(location[0], [])
        if isinstance(listed, list):
            items = dict(enumerate(listed))
            for place, item in self._elements[location].items():
                self._merge(location, items, place, item)
            self._record[location[0]] = [items[place] for place in sorted(items)]

    def _merge(self, location: Location, items: dict[int, Any], place: int, item: Any) -> None:
        if item is None:
            return
        there = items.setdefault(place, item)
        if isinstance(there, dict) and isinstance(item, dict):
            for name, value in item.items():
                if _differ(there.setdefault(name, value), value):
                    self._give_twice((*location, place, name))
        elif _differ(there, item):
            self._give_twice((*location, place))

    def _member(self, holder: Location, name: str) -> Location | None:
        found = self._columns.get(_folded("_".join((*holder, name))), ())
        return found if len(found) > len(holder) and found[: len(holder)] == holder else None

    def _item(self, location: Location, place: int, item: Any) -> Any:
        item = self._parsed((*location, place), item)
        if not isinstance(item, Mapping):
            return item
        names = {_folded(each[-1]): each[-1] for each in self._kinds if each[:-1] == location}
        known: dict[str, Any] = {}
        for name, inner in item.items():
            if _is_blank(inner):
                continue
            member = names.get(_folded(name))
            if member is None:
                self._pass_over(location, name, inner)
            elif _differ(known.setdefault(member, inner), inner):
                self._give_twice((*location, place, member))
        return known

    def _pass_over(self, holder: Location, name: str, value: Any) -> None:
        """A column, or a member of ``holder``, that no field takes."""
        if _has_half_a_pair({name: value}):
            self._problems.append(Problem(path(holder), _HALF_A_PAIR))
        else:
            self._unused[path((*holder, name))] = None

    def _parsed(self, location: tuple[str | int, ...], value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json_value(value)
        except (ValueError, RecursionError):
            self._problems.append(Problem(path(location), "is text that is not valid JSON"))
            return None

    def _set(self, location: Location, value: Any) -> None:
        holder = self._record
        for name in location[:-1]:
            holder = holder.setdefault(name, {})
        if _differ(holder.setdefault(location[-1], value), value):
            self._give_twice(location)

    def _give_twice(self, location: tuple[str | int, ...]) -> None:
        self._problems.append(
            Problem(path(location), "is given in two columns with different values")
        )


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ({}, [])


def _differ(one: Any, other: Any) -> bool:
    try:
        return bool(one != other)
    except RecursionError:
        # Nested so deeply that no field takes it anyway.
        return True


def _has_half_a_pair(value: Any) -> bool:
    """Whether a surrogate stands alone in any text of ``value``, which may be nested deeply."""
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


def _folded(name: str) -> str:
    """A name without case and separators."""
    return _SEPARATORS.sub("", name).lower()


@cache
def fields(model: type[CreateCandidate]) -> tuple[str, ...]:
    """Paths of all fields that a record may have."""
    return tuple(path(location) for location in _kinds(model))


@cache
def _kinds(model: type[BaseModel]) -> dict[Location, _Kind]:
    """What stands where in the record; the members of a list's items directly below the list."""
    return dict(_walk(model, ()))


@cache
def _columns(model: type[BaseModel]) -> dict[str, Location]:
    """Folded names of columns to the place in the record."""
    kinds = _kinds(model)
    return {
        _folded("_".join(location)): location
        for location in kinds
        if kinds.get(location[:1]) is not _Kind.LIST or len(location) == 1
    }


@cache
def _element_columns(
    model: type[BaseModel],
) -> dict[Location, tuple[re.Pattern[str], dict[str, str]]]:
    """By list, the folded names of columns that hold an element of it, or a member of one.

    The pattern's groups are the element's number and its folded member, which the mapping turns
    into the member. The list's name may be in the singular.
    """
    kinds = _kinds(model)
    found = {}
    for location, kind in kinds.items():
        if kind is _Kind.LIST:
            below = (each for each in kinds if each[:1] == location and len(each) == 2)
            members = {_folded(member): member for _, member in below}
            name = _folded(location[0]).removesuffix("s")
            pattern = rf"{name}s?([0-9]{{1,4}})?({'|'.join(members)})?"
            found[location] = re.compile(pattern), members
    return found


def _walk(model: type[BaseModel], above: Location) -> Iterator[tuple[Location, _Kind]]:
    for name, field in model.model_fields.items():
        location = (*above, name)
        inner, is_list = _model_of(field.annotation)
        if inner is None:
            yield location, _Kind.VALUE
        else:
            yield location, _Kind.LIST if is_list else _Kind.OBJECT
            yield from _walk(inner, location)


def _model_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model in ``Model``, ``Model | None`` or ``tuple[Model, ...]``, and whether it is many."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    if get_origin(annotation) in (Union, UnionType, tuple):
        for argument in get_args(annotation):
            inner, _ = _model_of(argument)
            if inner is not None:
                return inner, get_origin(annotation) is tuple
    return None, False
