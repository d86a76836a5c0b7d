"""One stream in one run: what is new, what is gone, what it remembers for the next run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone

import orjson

from source_phenom.models.timestamps import rfc3339
from source_phenom.reading.events import Event, Records, State, StreamProgress
from source_phenom.snapshot import Comparison, Snapshot, StreamState, Verdict, fingerprint

logger = logging.getLogger("airbyte.phenom")

CHECKPOINT_SECONDS = 60.0
LARGE_STATE_BYTES = 4_000_000
"""Where platforms begin to have trouble with a stream's state (older ones at 2 to 4 MB)."""
_VANISHED_AT_LEAST = 50
_VANISHED_SHARE = 0.1


def how_to_reset(stream: str) -> str:
    """What a person types or clicks so that a stream forgets its state."""
    return (
        f"with phenom sync by --full-refresh --streams {stream}, in Airbyte by refreshing or "
        "clearing the stream"
    )


class StreamRun:
    """Compares a stream's records with what the previous run saw and stamps those to be emitted.

    ``changed_at`` is one moment for the whole run: now, but always later than the cursor of the
    incoming state, so that it never goes back when a clock does.

    What else the stream remembers from run to run is in ``memory``: JSON members of its state.
    ``remarks`` go into the run's summary.

    :param columns: names of the record's own columns, for tombstones.
    :param unfilled: those of them that the bodies leave out: printed as null in every record.
    :param detailed: whether a record's digest has a second half, for columns that come from
        elsewhere and are not always read.
    :param unified_id: from a record's key to its id.
    :param has_remote_id: whether the model has the column (the two join models do not).
    :param previous: the incoming state; None in full refresh and in a first sync.
    :param now: the current time. :param clock: seconds, for the pace of checkpoints.
    """

    def __init__(
        self,
        name: str,
        *,
        columns: Sequence[str],
        unfilled: Sequence[str] = (),
        detailed: bool = False,
        unified_id: Callable[[str], str],
        has_remote_id: bool,
        previous: StreamState | None,
        tenant: str,
        hard_deletes: bool,
        now: datetime,
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.now = now
        self._previous = previous
        self.counts: Counter[str] = Counter()
        self.mismatches: Counter[str] = Counter()
        self.remarks: list[str] = []
        self._unified_id = unified_id
        self._has_remote_id = has_remote_id
        self._columns = columns
        self._tenant = tenant
        self._deletion_columns = ("remote_deleted_at",) + (
            ("_ab_cdc_deleted_at",) if hard_deletes else ()
        )
        self._cursor = previous.changed_at if previous is not None else None
        self._changed_at = _later_than(self._cursor, now)
        snapshot = previous.snapshot if previous is not None else Snapshot()
        self._comparison = Comparison(
            snapshot.with_details() if detailed else snapshot.without_details()
        )
        self.memory = dict(previous.extras) if previous is not None else {}
        nulls = dict.fromkeys((*self._deletion_columns, *unfilled))
        self._stamp = orjson.dumps({"changed_at": self._changed_at, **nulls})[:-1]
        self._clock = clock
        self._last_state_at = clock()
        self._running = False
        self._settled = False
        self._warned_of_size = False

    def admit(
        self, keys: Sequence[str], bodies: Sequence[bytes], digests: Sequence[int] | None = None
    ) -> Iterator[Event]:
        """Emit those of a page's records that are new or changed.

        :param bodies: each record's own columns as a JSON object with sorted keys; never empty.
        :param digests: of detailed records; else they are the fingerprints of the bodies.
        """
        if digests is None:
            digests = [fingerprint(body) for body in bodies]
        verdicts = self._comparison.observe_page(keys, digests)
        stamp = self._stamp
        fresh = [
            stamp + b"," + body[1:]
            for body, verdict in zip(bodies, verdicts, strict=True)
            if verdict is Verdict.NEW or verdict is Verdict.CHANGED
        ]
        for verdict in (Verdict.NEW, Verdict.CHANGED, Verdict.UNCHANGED):
            self.counts[verdict.name.lower()] += verdicts.count(verdict)
        if fresh:
            yield from self._emit(fresh)
        yield from self._checkpoint()

    def peek(self, keys: Sequence[str], digests: Sequence[int]) -> list[Verdict]:
        """What admitting records would come to, details aside.

        :param digests: fingerprints of the records without what comes from elsewhere.
        """
        return self._comparison.peek(keys, digests)

    def keep(self, keys: Sequence[str]) -> Iterator[Event]:
        """Take records of the previous run for unchanged, details included."""
        if keys:
            self._comparison.keep(keys)
            self.counts["unchanged"] += len(keys)
            yield from self._checkpoint()

    def keep_where(self, is_kept: Callable[[str], bool]) -> None:
        """Do so for all records whose key is not seen so far and of which ``is_kept`` is true."""
        self.counts["unchanged"] += self._comparison.keep_where(is_kept)

    def missing(self) -> Iterator[str]:
        """The keys of the previous run that were not seen in this one so far."""
        return self._comparison.gone()

    @property
    def is_first(self) -> bool:
        """Whether no earlier run left anything to compare with."""
        return self._comparison.previous_count == 0

    def note(self, mismatches: Sequence[str]) -> None:
        """Count columns whose payload value had an unexpected type."""
        self.mismatches.update(mismatches)

    @property
    def vanished(self) -> int:
        """How many records of the previous run were not seen in this one so far."""
        return self._comparison.gone_count

    @property
    def doubtful(self) -> bool:
        """Whether so much vanished at once that the listing had better be read again."""
        gone = self._comparison.gone_count
        return (
            gone > _VANISHED_AT_LEAST and gone > self._comparison.previous_count * _VANISHED_SHARE
        )

    def finish(self, *, trusted: bool) -> Iterator[Event]:
        """Emit tombstones, if the scan can be ``trusted`` with them, and the last state."""
        if trusted and self._comparison.gone_count:
            page: list[bytes] = []
            for key in self._comparison.gone():
                page.append(self._tombstone(key))
                if len(page) == 1000:
                    yield from self._emit(page)
                    page = []
            if page:
                yield from self._emit(page)
            self.counts["deleted"] = self._comparison.gone_count
        self._settled = trusted
        if trusted:
            self.memory.pop("complete_scan", None)
        else:
            # Without a previous state nothing else tells that deletions may have been missed.
            self.memory["complete_scan"] = False
        yield self.state()
        yield StreamProgress(self.name, "COMPLETE")

    def state(self) -> State:
        """A state that covers the incoming one and everything emitted so far."""
        self._last_state_at = self._clock()
        snapshot = self._comparison.snapshot(complete=self._settled)
        blob = StreamState(
            self._cursor or self._changed_at, self._tenant, snapshot, self.memory
        ).dump()
        size = len(blob["fingerprints"])
        if size > LARGE_STATE_BYTES and not self._warned_of_size:
            self._warned_of_size = True
            logger.warning(
                f"The state of stream {self.name} has {size / 1e6:.1f} MB. If the platform refuses "
                "states of that size, raise its limit, read fewer records into this stream "
                "(only_created_applications, site_types), or sync it in full refresh, which needs "
                "no state."
            )
        return State(self.name, blob)

    def fail(self) -> Iterator[Event]:
        """End the stream with what it knows. One that read nothing leaves its state as it was."""
        if any(self.counts[verdict] for verdict in ("new", "changed", "unchanged")):
            yield self.state()
        elif self._previous is not None:
            yield State(self.name, self._previous.dump())

    def _checkpoint(self) -> Iterator[Event]:
        if self._clock() - self._last_state_at >= CHECKPOINT_SECONDS:
            yield self.state()

    def _emit(self, data: list[bytes]) -> Iterator[Event]:
        if not self._running:
            self._running = True
            yield StreamProgress(self.name, "RUNNING")
        self._cursor = self._changed_at
        self.counts["emitted"] += len(data)
        yield Records(self.name, data)

    def _tombstone(self, key: str) -> bytes:
        record: dict[str, str | None] = dict.fromkeys(self._columns)
        record["id"] = self._unified_id(key)
        if self._has_remote_id:
            record["remote_id"] = key
        for column in ("changed_at", *self._deletion_columns):
            record[column] = self._changed_at
        return orjson.dumps(record)


def _later_than(cursor: str | None, now: datetime) -> str:
    moment = rfc3339(now)
    if cursor is None or moment > cursor:
        return moment
    previous = datetime.strptime(cursor, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return rfc3339(previous + timedelta(milliseconds=1))
