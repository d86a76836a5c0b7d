"""The table in ``docs/privacy.md``, from the JSON schemas: personal columns in both modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from docs.reference.column_types import Schema, members
from docs.reference.markdown import example
from docs.reference.samples import samples
from source_phenom import manifest
from source_phenom.models.pseudonyms import Pseudonyms
from source_phenom.personal_data import CLEAR_FIELDS, TREATMENT, PersonalData

PATH = Path(__file__).parents[1] / "privacy.md"

_BEGIN = "<!-- written by python -m docs.reference -->\n"
_END = "<!-- end -->\n"
_PERSONAL = PersonalData(Pseudonyms("the key of this page"))

_WORDS: dict[str, Callable[[Schema], str]] = {
    "key": lambda _: "the same, unless an e-mail address is in the key: then its pseudonym counts",
    "pseudonym": lambda _: "a pseudonym",
    "address_pseudonym": lambda _: "the pseudonym of the address in lower case",
    "null": lambda _: "null",
    "addresses": lambda _: "the same, with pseudonyms in place of e-mail addresses",
    "fields": lambda column: (
        f"values of {', '.join(f'`{name}`' for name in column[CLEAR_FIELDS])} stay, other texts "
        "are pseudonyms, other values null"
    ),
    "members": lambda column: "; ".join(_of_members(column)),
}


def page() -> str:
    """The page, with its table as the schemas are now."""
    before, _, rest = PATH.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table()}\n{_END}{after}"


def table() -> str:
    """The personal columns of each stream, as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for stream in manifest.stream_names():
        described = manifest.schema(stream)["properties"]
        personal = {name: column for name, column in described.items() if TREATMENT in column}
        if not personal:
            yield from (f"**[{stream}](streams.md#{stream})**: no personal columns.", "")
            continue
        shown = deepcopy(samples()[stream])
        hide = _PERSONAL.step(stream)
        if hide is not None:
            hide(shown)
        yield from (f"**[{stream}](streams.md#{stream})**", "")
        yield from ("| column | `full` | `pseudonymous` | example |", "| --- " * 4 + "|")
        for name, column in personal.items():
            yield _row(name, column, samples()[stream][name], shown[name])
        yield ""


def _row(name: str, column: Schema, full: Any, hidden: Any) -> str:
    treatment = _WORDS[column[TREATMENT]](column)
    has_example = column[TREATMENT] in ("pseudonym", "address_pseudonym") and full is not None
    shown = f"{example(full)} → {example(hidden)}" if has_example else ""
    return f"| `{name}` | {column['description']} | {treatment} | {shown} |"


def _of_members(column: Schema) -> Iterator[str]:
    for name, member in members(column).items():
        kind = member.get(TREATMENT)
        yield f"`{name}`: {'the same' if kind is None else _WORDS[kind](member)}"
