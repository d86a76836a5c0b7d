"""Why a record is not carried out: fields and the rules that they break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from phenom_protocol.entry import origin_of

_LONGEST_ORIGIN = 500
_PLAIN = {
    "missing": "is required",
    "string_type": "must be text",
    "bytes_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
}


@dataclass(frozen=True)
class Problem:
    """``field`` as a path (``attachments[1].data_url``), ``rule`` as a sentence without it.

    Neither repeats a value of the record: both go to logs and to the results file.
    """

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field} {self.rule}" if self.field else self.rule


class Rejected(Exception):
    """The record will not be carried out, now or when it is sent again unchanged."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


def rejected(field: str, rule: str) -> Rejected:
    return Rejected([Problem(field, rule)])


def unforeseen(error: Exception) -> Rejected:
    """For an exception that no code expects of a record: it must not stop the others."""
    return rejected(
        "",
        "The connector met a situation it does not know, and Phenom may have the record or not. "
        "Sending it again creates nothing twice. Please report it with this detail: "
        f"{type(error).__name__}: {origin_of(error)[:_LONGEST_ORIGIN]}",
    )


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's findings as problems, without the values that it found."""
    return [
        Problem(
            path(found["loc"]),
            str(found["ctx"]["error"])
            if found["type"] == "value_error"
            else _PLAIN.get(found["type"], found["msg"].replace("Input should", "must")),
        )
        for found in error.errors(include_url=False, include_input=False)
    ]


def path(location: Iterable[Any]) -> str:
    """``("attachments", 1, "name")`` as ``attachments[1].name``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
