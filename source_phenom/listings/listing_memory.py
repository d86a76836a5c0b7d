"""What a stream remembers of the application listing, for deltas and for ``start_date``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xxhash import xxh3_64_hexdigest

from phenom_api import __version__
from phenom_api.listing_order import Order
from source_phenom.config import SourceConfig
from source_phenom.listings.creation_order import MOST_RECENT, RecentIds, creation_seconds
from source_phenom.listings.first_sources import FirstSource
from source_phenom.models.values import canonical
from source_phenom.personal_data import personal_data
from source_phenom.streams.stream_run import StreamRun

MEMBER = "listing"
"""Member of a stream's state."""
START_DATE = "start_date"
"""Member of a stream's state: the ``start_date`` with which its records were read."""

_LARGEST = 1 << 34
"""Seconds since 1970, and rows, that a state may name: dates have no larger ones."""

_OF_NO_EFFECT = {
    *("client_id", "client_secret", "token_url", "gateway_url", "api_key", "integration_id"),
    *("site_types", "include_closed_jobs", "locale", "page_size", "num_workers"),
    *("full_scan_hours", "full_reconcile_days", "ph_user_id"),
    "pseudonym_key",  # a secret: a tag that is made of it stands for it
}
"""Settings that do not decide which applications are read, nor how they are mapped."""


@dataclass(frozen=True)
class ListingMemory:
    """A part of a stream's state: a JSON object with these members.

    :param order: of the listing; None if it has none.
    :param rows: positions of the listing. :param page_length: rows of a page.
    :param scanned_at: when the last full scan ended that was complete, in seconds
        since 1970.
    :param newest: the second of the newest row. :param recent: ids of the ten minutes before it;
        None if there were too many.
    :param settings: a hash of the settings that decide what is read.
    :param start: the position of the first row that ``start_date`` does not leave out; 0 if it was
        not looked for.
    :param sources: of candidates: what their labels mean; None if there were too many.
    """

    order: Order | None
    rows: int
    page_length: int
    scanned_at: int
    newest: int
    recent: tuple[str, ...] | None
    settings: str
    start: int = 0
    sources: tuple[FirstSource, ...] | None = None

    @classmethod
    def of(cls, memory: dict[str, Any]) -> ListingMemory | None:
        """Read it from a stream's memory; None if it is missing or invalid."""
        stored = memory.get(MEMBER)
        if not isinstance(stored, dict):
            return None
        numbers = ("rows", "page_length", "scanned_at", "newest", "start")
        if not all(_is_number(stored.get(name)) for name in numbers):
            return None
        if type(stored.get("settings")) is not str:
            return None
        try:
            order = None if stored["order"] is None else Order(stored["order"])
            recent = _recent(stored["recent"])
            sources = _sources(stored.get("sources"))
        except (KeyError, TypeError, ValueError):
            return None
        return cls(
            order=order,
            recent=recent,
            sources=sources,
            settings=stored["settings"],
            **{name: stored[name] for name in numbers},
        )

    def remember(self, stream: StreamRun) -> None:
        """Keep it in the state of a stream, together with the labels of its records."""
        members: dict[str, Any] = {
            "order": self.order and self.order.value,
            "rows": self.rows,
            "page_length": self.page_length,
            "scanned_at": self.scanned_at,
            "newest": self.newest,
            "recent": None if self.recent is None else list(self.recent),
            "settings": self.settings,
            "start": self.start,
        }
        if self.sources is not None:
            members["sources"] = [list(entry) for entry in self.sources]
        stream.memory[MEMBER] = members
        stream.are_labels_known = self.sources is not None

    def recent_ids(self) -> RecentIds:
        return RecentIds(self.newest, self.recent or ())


def forget(stream: StreamRun) -> None:
    """Remove it from the state of a stream: the records are about to change."""
    stream.memory.pop(MEMBER, None)
    stream.are_labels_known = False


def _is_number(stored: Any) -> bool:
    return type(stored) is int and 0 <= stored <= _LARGEST


def _recent(stored: Any) -> tuple[str, ...] | None:
    if stored is None:
        return None
    if not isinstance(stored, list) or len(stored) > MOST_RECENT:
        raise ValueError("not a list of ids")
    if creation_seconds(stored) is None:
        raise ValueError("not an id")
    return tuple(stored)


def _sources(stored: Any) -> tuple[FirstSource, ...] | None:
    if stored is None:
        return None
    entries = tuple(FirstSource(*entry) for entry in stored)
    for source, applications in entries:
        if type(applications) is not int or not (source is None or type(source) is str):
            raise ValueError("not a source and a number")
    return entries


def settings_of(config: SourceConfig) -> str:
    """A hash of the settings that decide which applications are read, and how they are mapped.

    A new version of the connector may map them differently.
    """
    settings = config.model_dump(mode="json", exclude=_OF_NO_EFFECT)
    settings["application_sources"] = sorted(settings["application_sources"])
    settings["has_acting_user"] = config.ph_user_id is not None
    settings["pseudonyms"] = personal_data(config).tag
    return xxh3_64_hexdigest(canonical([__version__, settings]))
