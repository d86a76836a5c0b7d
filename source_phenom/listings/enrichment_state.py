"""How far a stream has read the Candidates API, so that a run asks only about later changes."""

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
from source_phenom.models.timestamps import parse_rfc3339, rfc3339
from source_phenom.models.values import canonical
from source_phenom.personal_data import personal_data
from source_phenom.streams.optional_api import FILLED_FROM, OptionalApi
from source_phenom.streams.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

MEMBER = "candidates_api"
"""Member of a stream's state."""
FILES_TO_SEND = "files_to_send"
"""Another member: candidates with a file that could not be sent."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_OVERLAP = int(OVERLAP.total_seconds() * 1000)


@dataclass(frozen=True)
class EnrichmentState:
    """A part of a stream's state: a JSON object with these members.

    :param reconciled_at: when the last full reconciliation began, RFC 3339.
    :param until: changes up to here are known; the gateway's time, in epoch milliseconds.
    :param newest: the latest application id that was listed.
    :param settings: a hash of the settings that affect the columns.
    """

    reconciled_at: str
    until: int
    newest: str
    settings: str

    @classmethod
    def of(cls, memory: dict[str, Any]) -> EnrichmentState | None:
        """Read it from a stream's memory; None if it is missing or invalid."""
        stored = memory.get(MEMBER)
        types = {"reconciled_at": str, "until": int, "newest": str, "settings": str}
        if not isinstance(stored, dict) or any(
            type(stored.get(m)) is not t for m, t in types.items()
        ):
            return None
        if not _MOMENT.fullmatch(stored["reconciled_at"]):
            return None
        return cls(**{member: stored[member] for member in types})

    def remember(self, memory: dict[str, Any]) -> None:
        memory[MEMBER] = asdict(self)

    def reason_for_full_run(self, settings: str, now: datetime, config: SourceConfig) -> str | None:
        """Why everything must be read again; None if reading the changes is enough.

        :param settings: the hash for this run.
        """
        if self.settings != settings:
            return "the configuration changed"
        if now - parse_rfc3339(self.reconciled_at) >= timedelta(days=config.full_reconcile_days):
            return f"the last one was {self.reconciled_at}"
        return None


def forget(memory: dict[str, Any]) -> None:
    """Remove what only a read with an acting user uses."""
    for member in (MEMBER, FILLED_FROM):
        memory.pop(member, None)


@dataclass
class ChangedCandidates:
    """When the recently changed candidates changed, by id and by e-mail address.

    ``spellings`` has for each id how Phenom writes it, which may be with white space around it.

    Times are in epoch milliseconds; infinity if the gateway does not give one.
    """

    ids: dict[str, float] = field(default_factory=dict)
    addresses: dict[str, float] = field(default_factory=dict)
    without_address: set[str] = field(default_factory=set)
    spellings: dict[str, set[str]] = field(default_factory=dict)

    def add(
        self,
        when: int | None,
        user_id: str,
        addresses: Collection[str],
        candidate: str | None = None,
    ) -> None:
        """Add a candidate who changed.

        :param user_id: as Phenom has it. :param candidate: the record's key, if it hides the id.
        """
        moment = inf if when is None else when
        candidate = user_id.strip() if candidate is None else candidate
        self.ids[candidate] = max(moment, self.ids.get(candidate, 0))
        self.spellings.setdefault(candidate, set()).add(user_id)
        for address in addresses:
            self.addresses[address] = max(moment, self.addresses.get(address, 0))
        if not addresses:
            self.without_address.add(user_id)

    def changed_after(self, moment: float, candidate: str | None, address: str | None) -> bool:
        """Whether a candidate with this id, or with this address, changed after a moment."""
        return (
            self.ids.get(candidate or "", -inf) > moment
            or self.addresses.get(address or "", -inf) > moment
        )


class EnrichmentRun:
    """One stream in one run: which candidates to ask about, and the state for the next run.

    :ivar before: the state of the earlier runs.
    :ivar is_full: whether this run asks about all candidates.
    :ivar since: otherwise, it asks about changes after this time, in epoch milliseconds.
    :ivar changes: the candidates that changed since then.
    """

    def __init__(self, stream: StreamRun, config: SourceConfig) -> None:
        self.stream = stream
        if not stream.includes_files:
            stream.memory.pop(FILES_TO_SEND, None)
        self.before = EnrichmentState.of(stream.memory)
        self.changes = ChangedCandidates()
        self._settings = settings_of(config, includes_files=stream.includes_files)
        self._starts_over = False
        self._apis: dict[str, OptionalApi] = {}
        reason: str | None = None
        if self.before is not None:
            reason = self.before.reason_for_full_run(self._settings, stream.now, config)
            if reason is not None:
                logger.info(f"{stream.name}: a full reconciliation is due, as {reason}.")
        self.is_full = self.before is None or reason is not None
        self.since = (self.before.until if self.before is not None else 0) - _OVERLAP

    def optional_api(self, name: str, without: str, *, in_full_runs: bool = True) -> OptionalApi:
        """The API of that name; the same object in every scan of the run.

        :param in_full_runs: True if every full run calls this API. Then a first success means that
            it was refused before, so the next run must ask about all candidates.
        """
        if name not in self._apis:
            when_new = self.start_over if in_full_runs else _ignore
            self._apis[name] = OptionalApi(self.stream, name, without, when_new)
        return self._apis[name]

    def needs_refresh(self, candidate: str | None, address: str | None = None) -> bool:
        """Whether the Candidates API has to be asked about a candidate again."""
        return self.is_full or self.changes.changed_after(self.since, candidate, address)

    def read_everything(self) -> None:
        """Make this run a full one, because it is unknown who changed."""
        self.is_full = True

    def start_over(self) -> None:
        """Make the next run a full one, unless this one is, because another API can be read now."""
        if not self.is_full:
            self._starts_over = True
            self.stream.memory.pop(MEMBER, None)

    def cover_first_sync(self, until: int) -> None:
        """On a first sync, remember progress early, so that an interrupted run can resume."""
        if self.before is None and self.stream.is_first:
            self.cover(until, "")

    def cover(self, until: int, newest: str) -> None:
        """Remember that everything up to here has been read."""
        if self._starts_over:
            return
        before = self.before
        kept = before if not self.is_full else None
        EnrichmentState(
            kept.reconciled_at if kept is not None else rfc3339(self.stream.now),
            # If the gateway's clock is ahead of ours, later changes must still be found.
            min(max(until, before.until if before else 0), _milliseconds(self.stream.now)),
            max(newest, kept.newest if kept is not None else ""),
            self._settings,
        ).remember(self.stream.memory)


def _ignore() -> None:
    return


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def settings_of(config: SourceConfig, *, includes_files: bool = False) -> str:
    """A hash of the settings that affect which candidates are read, and how they are mapped.

    :param includes_files: whether the stream's files are sent.
    """
    settings = [
        config.only_created_applications,
        sorted(config.application_sources),
        [entry.model_dump() for entry in config.outcome_mapping],
        [override.model_dump() for override in config.field_overrides],
    ]
    if config.start_date is not None:  # only then, so that earlier states stay valid
        settings.append(config.start_date)
    if includes_files:
        settings.append("files")
    tag = personal_data(config).tag
    return xxh3_64_hexdigest(canonical(settings if tag is None else [*settings, tag]))
