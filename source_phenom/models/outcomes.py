"""Finds the ``outcome`` that a hiring status means. Statuses are in the tenant's own words."""

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
"""Statuses that are written without spaces, like constants of a system."""

_NOT = frozenset({"not", "never", "no", "longer"})
_NOT_YET = frozenset({"yet", "pending", "awaiting", "to", "be", "will", "if", "before", "until"})
_SOMEBODY_ELSE = re.compile(r"\b((an)?other (candidate|applicant|person)|else(where)?)\b")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


class Outcomes:
    """Finds outcomes: first in the tenant's own table, then by common words.

    :param mapping: ``outcome_mapping``. Case and punctuation of its statuses do not matter.
    """

    def __init__(self, mapping: Mapping[str, Outcome]) -> None:
        self._mapping = {normalized_label(status): outcome for status, outcome in mapping.items()}
        self._known: dict[str, Outcome | None] = {}

    def of(self, status: str) -> Outcome | None:
        """The outcome that a status means; None if nothing maps it (the caller uses PENDING).

        >>> Outcomes({}).of("Rejected - Overqualified"), Outcomes({}).of("Phone Screen")
        ('DECLINED', None)
        """
        if status not in self._known:
            label = normalized_label(status)
            self._known[status] = (
                self._mapping.get(label) or _PHRASES.get(label) or _by_common_words(status)
            )
        return self._known[status]


def _by_common_words(status: str) -> Outcome | None:
    """The outcome by common words. A word for DECLINED wins over a word for HIRED.

    A word counts only if the status says that it happened. "Not" in front of a hire turns it into
    DECLINED. A word after "pending" or "to be" does not count, nor a hire of another candidate.
    """
    words = _WORD.findall(_CAMEL.sub(" ", status).casefold())
    outcomes = {_outcome_of_word(words, place) for place in range(len(words))}
    if "DECLINED" in outcomes:
        return "DECLINED"
    return "HIRED" if "HIRED" in outcomes and not _SOMEBODY_ELSE.search(" ".join(words)) else None


def _outcome_of_word(words: list[str], place: int) -> Outcome | None:
    """The outcome that the word at ``place`` means after the words before it."""
    word, before = words[place], words[:place]
    is_hire = word in _HIRED or (word == "accepted" and "offer" in words)
    if word not in _DECLINED and not is_hire and word != "selected":
        return None
    modifiers = _modifiers(before)
    if not _NOT_YET.isdisjoint(modifiers):
        return None
    if not _NOT.isdisjoint(modifiers):
        return None if word in _DECLINED else "DECLINED"
    if word in _DECLINED:
        return "DECLINED"
    return "HIRED" if is_hire else None


def _modifiers(before: list[str]) -> list[str]:
    """The words that modify the next one: an unbroken run of "not", "yet", "to", "be" …"""
    run: list[str] = []
    for word in reversed(before):
        if word not in _NOT and word not in _NOT_YET:
            break
        run.append(word)
    return run
