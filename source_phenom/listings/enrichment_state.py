"""How far a stream has read the Candidates API: what need not be asked again in the next run."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any

from xxhash import xxh3_64_hexdigest

from source_phenom.config import SourceConfig
from source_phenom.listings.change_lookup import OVERLAP
from source_phenom.listings.listing import FILLED_FROM
from source_phenom.models.timestamps import parse_rfc3339, rfc3339
from source_phenom.models.values import canonical
from source_phenom.reading.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

MEMBER = "candidates_api"
"""Member of a stream's state."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@dataclass(frozen=True)
class EnrichmentState:
    """As JSON: an object with these members.

    :param reconciled_at: when the last full reconciliation began, RFC 3339.
    :param until: changes up to here are known; the gateway's time, in epoch milliseconds.
    :param newest: the latest application id that was listed.
    :param settings: what the columns depend on beside the gateway, hashed.
    """

    reconciled_at: str
    until: int
    newest: str
    settings: str

    @classmethod
    def of(cls, memory: dict[str, Any]) -> EnrichmentState | None:
        """What a stream's memory says; None where that is not what we wrote."""
        found = memory.get(MEMBER)
        types = {"reconciled_at": str, "until": int, "newest": str, "settings": str}
        if not isinstance(found, dict) or any(
            type(found.get(m)) is not t for m, t in types.items()
        ):
            return None
        if not _MOMENT.fullmatch(found["reconciled_at"]):
            return None
        return cls(**{member: found[member] for member in types})

    def remember(self, memory: dict[str, Any]) -> None:
        memory[MEMBER] = asdict(self)

    def why_not_enough(self, now: datetime, config: SourceConfig) -> str | None:
        """Why everything has to be read again; None when what has changed will do."""
        if self.settings != settings_of(config):
            return "the configuration changed"
        if now - parse_rfc3339(self.reconciled_at) >= timedelta(days=config.full_reconcile_days):
            return f"the last one was {self.reconciled_at}"
        return None


def forget(memory: dict[str, Any]) -> None:
    """Drop what is of no use to a stream that is read without an acting user."""
    for member in (MEMBER, FILLED_FROM):
        memory.pop(member, None)


@dataclass
class ChangedCandidates:
    """When candidates last changed, of those who did so lately: by id and by e-mail address.

    In epoch milliseconds; infinity where that is not said.
    """

    ids: dict[str, float] = field(default_factory=dict)
    addresses: dict[str, float] = field(default_factory=dict)
    without_address: set[str] = field(default_factory=set)

    def add(self, when: int | None, user_id: str, addresses: Collection[str]) -> None:
        """Take a candidate who changed; :param user_id: as Phenom has it."""
        moment = inf if when is None else when
        candidate = user_id.strip()
        self.ids[candidate] = max(moment, self.ids.get(candidate, 0))
        for address in addresses:
            self.addresses[address] = max(moment, self.addresses.get(address, 0))
        if not addresses:
            self.without_address.add(user_id)

    def changed_after(self, moment: float, candidate: str | None, address: str | None) -> bool:
        """Whether somebody did, whom one of the two names."""
        return (
            self.ids.get(candidate or "", -inf) > moment
            or self.addresses.get(address or "", -inf) > moment
        )


class EnrichmentRun:
    """A stream that is kept up with the Candidates API, in one run.

    :ivar before: what earlier runs covered. :ivar is_full: whether that is not enough, so that
        everything is read again. :ivar since: else the moment after which changes are of interest.
    """

    def __init__(self, stream: StreamRun, config: SourceConfig) -> None:
        self.stream = stream
        self.before = EnrichmentState.of(stream.memory)
        self._settings = settings_of(config)
        self._is_renewed = False
        reason: str | None = None
        if self.before is not None:
            reason = self.before.why_not_enough(stream.now, config)
            if reason is not None:
                logger.info(f"{stream.name}: a full reconciliation is due, as {reason}.")
        self.is_full = self.before is None or reason is not None
        self.since = (self.before.until if self.before is not None else 0) - _OVERLAP
        self.recent = ChangedCandidates()

    def needs_refresh(self, candidate: str | None, address: str | None = None) -> bool:
        """Whether what the Candidates API says of somebody has to be read again."""
        return self.is_full or self.recent.changed_after(self.since, candidate, address)

    def renew(self) -> None:
        """Have everything read again in the next run: more can be had than there could before."""
        self._is_renewed = True
        self.stream.memory.pop(MEMBER, None)

    def cover_first(self, until: int) -> None:
        """Remember, where there is nothing yet, that all that the state will have has been read.

        A first sync that is interrupted is then gone on with, rather than begun again.
        """
        if self.before is None and self.stream.is_first:
            self.cover(until, "")

    def cover(self, until: int, newest: str) -> None:
        """Remember that everything up to here has been read."""
        if self._is_renewed:
            return
        before = self.before
        kept = before if not self.is_full else None
        EnrichmentState(
            kept.reconciled_at if kept is not None else rfc3339(self.stream.now),
            # A clock that is ahead somewhere must not hide what is changed before it.
            min(max(until, before.until if before else 0), _milliseconds(self.stream.now)),
            max(newest, kept.newest if kept is not None else ""),
            self._settings,
        ).remember(self.stream.memory)


_OVERLAP = int(OVERLAP.total_seconds() * 1000)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def settings_of(config: SourceConfig) -> str:
    """A hash of the settings that decide what is read about whom, and what becomes of it."""
    return xxh3_64_hexdigest(
        canonical(
            [
                config.only_created_applications,
                sorted(config.application_sources),
                [entry.model_dump() for entry in config.outcome_mapping],
                [override.model_dump() for override in config.field_overrides],
            ]
        )
    )
