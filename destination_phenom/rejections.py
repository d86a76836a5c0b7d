"""Why a record is rejected: its fields and the rules that they break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from phenom_protocol.entry import origin_of

_MAX_ORIGIN = 500
_MESSAGES = {
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
    """``field`` is a path (``attachments[1].data_url``), ``rule`` the rest of the sentence.

    Neither contains a value of the record, as both go to logs and to the results file.
    """

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field} {self.rule}" if self.field else self.rule


class Rejected(Exception):
    """The record will not be carried out; sending it again unchanged does not help."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


def rejected(field: str, rule: str) -> Rejected:
    return Rejected([Problem(field, rule)])


def unexpected(error: Exception) -> Rejected:
    """The rejection for an unexpected exception: one record must not stop the others."""
    return rejected(
        "",
        "An unexpected error occurred, and Phenom may or may not have the record. "
        "Sending it again creates nothing twice. Please report it with this detail: "
        f"{type(error).__name__}: {origin_of(error)[:_MAX_ORIGIN]}",
    )


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's errors as problems, without the values."""
    return [
        Problem(
            path_text(each["loc"]),
            str(each["ctx"]["error"])
            if each["type"] == "value_error"
            else _MESSAGES.get(each["type"], each["msg"].replace("Input should", "must")),
        )
        for each in error.errors(include_url=False, include_input=False)
    ]


def path_text(location: Iterable[Any]) -> str:
    """``("attachments", 1, "name")`` as the text ``attachments[1].name``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
