"""What a hiring status, in a tenant's own words, means for the application: its ``outcome``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from source_phenom.models.values import normalized_label

Outcome = Literal["PENDING", "HIRED", "DECLINED"]

_DECLINED = frozenset({
    "rejected", "reject", "rejects", "rejection", "declined", "decline", "declines", "withdrawn",
    "withdrew", "withdraw", "withdraws", "withdrawal",
})  # fmt: skip
_HIRED = frozenset({"hired", "joined", "onboarded"})
_PHRASES: Mapping[str, Outcome] = {
    "notselected": "DECLINED",
    "nothired": "DECLINED",
    "notjoined": "DECLINED",
    "offeraccepted": "HIRED",
    "offernotaccepted": "DECLINED",
    "offerdeclined": "DECLINED",
    "offerrejected": "DECLINED",
}
"""Statuses without any space in them: as constants of some system are written."""

_NOT = frozenset({"not", "never", "no", "longer"})
_NOT_YET = frozenset({"yet", "pending", "awaiting", "to", "be", "will", "if", "before", "until"})
_SOMEBODY_ELSE = re.compile(r"\b((an)?other (candidate|applicant|person)|else(where)?)\b")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


class Outcomes:
    """From status texts to outcomes: a tenant's own table first, then the usual words.

    :param mapping: ``outcome_mapping``; its statuses match without regard to case and punctuation.
    """

    def __init__(self, mapping: Mapping[str, Outcome]) -> None:
        self._mapping = {normalized_label(status): outcome for status, outcome in mapping.items()}
        self._known: dict[str, Outcome | None] = {}

    def of(self, status: str) -> Outcome | None:
        """The outcome that a status stands for; None where nothing names it (it is PENDING then).

        >>> Outcomes({}).of("Rejected - Overqualified"), Outcomes({}).of("Phone Screen")
        ('DECLINED', None)
        """
        if status not in self._known:
            label = normalized_label(status)
            self._known[status] = self._mapping.get(label) or _PHRASES.get(label) or _usual(status)
        return self._known[status]


def _usual(status: str) -> Outcome | None:
    """By the usual words; one that ends an application counts for more than a hire.

    A word counts only where it says that it happened: not behind "not" (which turns a hire into
    its opposite), not behind "pending" or "to be", and a hire not where somebody else is hired.
    """
    words = _WORD.findall(_CAMEL.sub(" ", status).casefold())
    outcomes = {_said(words, place) for place in range(len(words))}
    if "DECLINED" in outcomes:
        return "DECLINED"
    return "HIRED" if "HIRED" in outcomes and not _SOMEBODY_ELSE.search(" ".join(words)) else None


def _said(words: list[str], place: int) -> Outcome | None:
    """What the word at ``place`` says in the light of those before it."""
    word, before = words[place], words[:place]
    is_hire = word in _HIRED or (word == "accepted" and "offer" in words)
    if word not in _DECLINED and not is_hire and word != "selected":
        return None
    modifiers = _right_before(before)
    if not _NOT_YET.isdisjoint(modifiers):
        return None
    if not _NOT.isdisjoint(modifiers):
        return None if word in _DECLINED else "DECLINED"
    if word in _DECLINED:
        return "DECLINED"
    return "HIRED" if is_hire else None


def _right_before(before: list[str]) -> list[str]:
    """The words that qualify the next one: an unbroken run of "not", "yet", "to be" …"""
    run: list[str] = []
    for word in reversed(before):
        if word not in _NOT and word not in _NOT_YET:
            break
        run.append(word)
    return run
