"""One stream in one run: its new, changed and deleted records, and its state for the next run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import compress

import orjson

from phenom_protocol.messages import FileReference
from source_phenom.models.timestamps import parse_rfc3339, rfc3339
from source_phenom.models.values import joined
from source_phenom.snapshot import (
    Comparison,
    Remembered,
    Snapshot,
    StreamState,
    Verdict,
    fingerprint,
)
from source_phenom.snapshot.state import LABELS
from source_phenom.streams.events import Event, Records, State, StreamProgress

logger = logging.getLogger("airbyte.phenom")

CHECKPOINT_SECONDS = 60.0
LARGE_STATE_BYTES = 4_000_000
"""From this size on, platforms may refuse a stream's state (older ones from 2 to 4 MB)."""
_PAGE = 100
"""Records that are collected before they are compared: one at a time costs fifty times as much."""
_TOMBSTONES = 1000
_EMITTED = (Verdict.NEW, Verdict.CHANGED)
_COMPLETE_SCAN = "complete_scan"
"""Member of a stream's state: False if deletions may have been missed."""
_LOSS_AT_LEAST = 50
_LOSS_SHARE = 0.1


class StreamRun:
    """Compares a stream's records with what the previous run saw and emits the differences.

    ``changed_at`` is one moment for the whole run: now, but always later than the cursor of the
    incoming state, so that it never goes back when a clock does.

    ``memory`` holds what else the stream remembers from run to run, as members of its state;
    ``notes`` are sentences for the run's summary.

    :param columns: names of the record's own columns, for tombstones.
    :param unfilled: those of them that the bodies leave out: printed as null in every record.
    :param detailed: whether a record's digest has a second half, for columns that come from
        other APIs and are not read in every run.
    :param labelled: whether each record has a label, see :class:`Comparison`. The state has the
        labels while ``are_labels_known``.
    :param includes_files: whether the records' files are sent with them.
    :param unified_id: computes a record's id from its key.
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
        labelled: bool = False,
        includes_files: bool = False,
        unified_id: Callable[[str], str],
        previous: StreamState | None,
        tenant: str,
        hard_deletes: bool,
        now: datetime,
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.now = now
        self.counts: Counter[str] = Counter()
        self.mismatches: Counter[str] = Counter()
        self.missing_files: Counter[str] = Counter()
        """Why files could not be sent, and how many."""
        self.notes: list[str] = []
        self.memory = dict(previous.extras) if previous is not None else {}
        self._previous = previous
        self._unified_id = unified_id
        self._columns = columns
        self._tenant = tenant
        self._deletion_columns = ("remote_deleted_at",) + (
            ("_ab_cdc_deleted_at",) if hard_deletes else ()
        )
        self._cursor = previous.changed_at if previous is not None else None
        self._changed_at = _later_than(self._cursor, now)
        snapshot = previous.snapshot if previous is not None else Snapshot()
        self.is_labelled = labelled
        self.includes_files = includes_files
        self.are_labels_known = labelled and len(snapshot) > 0 and snapshot.labelled
        self._comparison = Comparison(
            snapshot.with_details() if detailed else snapshot.without_details(), labelled=labelled
        )
        self._has_other_details = snapshot.detailed != detailed
        nulls = dict.fromkeys((*self._deletion_columns, *unfilled))
        self._stamp = orjson.dumps({"changed_at": self._changed_at, **nulls})
        self._keys: list[str] = []
        self._bodies: list[bytes] = []
        self._digests: list[int] = []
        self._labels: list[int] = []
        self._files: list[FileReference | None] = []
        self._left_out: set[str] = set()
        self._clock = clock
        self._last_state_at = clock()
        self._is_running = False
        self._is_complete = False
        self._has_warned_of_size = False

    # -- records -----------------------------------------------------------------------------

    def add(
        self,
        key: str,
        body: bytes,
        mismatches: Sequence[str] = (),
        digest: int | None = None,
        label: int | None = None,
        file: FileReference | None = None,
    ) -> Iterator[Event]:
        """Take one record. Records are compared, and emitted, a page at a time.

        :param body: the record's own columns as a JSON object with sorted keys; never empty.
        :param mismatches: its columns whose payload value had an unexpected type.
        :param digest: of a detailed record; else it is the fingerprint of the body.
        :param label: of a labelled record. :param file: the record's file, if it is sent.
        """
        if label is not None:
            self._labels.append(label)
        if self.includes_files:
            self._files.append(file)
        self._keys.append(key)
        self._bodies.append(body)
        self._digests.append(fingerprint(body) if digest is None else digest)
        if mismatches:
            self.count_mismatches(mismatches)
        if len(self._keys) >= _PAGE:
            yield from self.flush()

    def flush(self) -> Iterator[Event]:
        """Compare what :meth:`add` has collected."""
        keys, bodies, digests, labels = self._keys, self._bodies, self._digests, self._labels
        if keys:
            self._keys, self._bodies, self._digests, self._labels = [], [], [], []
            files, self._files = self._files, []
            yield from self.add_page(keys, bodies, digests, labels or None, files)

    def add_page(
        self,
        keys: Sequence[str],
        bodies: Sequence[bytes],
        digests: Sequence[int] | None = None,
        labels: Sequence[int] | None = None,
        files: Sequence[FileReference | None] = (),
    ) -> Iterator[Event]:
        """Compare a page of records and emit those that are new or changed.

        :param bodies, digests, labels, files: as in :meth:`add`, one for each of ``keys``.
        """
        if digests is None:
            digests = [fingerprint(body) for body in bodies]
        verdicts = self._comparison.observe_page(keys, digests, labels)
        is_fresh = [each in _EMITTED for each in verdicts]
        fresh = [joined(self._stamp, body) for body in compress(bodies, is_fresh)]
        for verdict in (Verdict.NEW, Verdict.CHANGED, Verdict.UNCHANGED):
            self.counts[verdict.name.lower()] += verdicts.count(verdict)
        if fresh:
            yield from self._emit(fresh, list(compress(files, is_fresh)))
        yield from self._checkpoint()

    def remembered(self, keys: Sequence[str]) -> list[Remembered | None]:
        """What the previous run remembers of records; see :meth:`Comparison.remembered`."""
        return self._comparison.remembered(keys)

    def compare_without_details(self, keys: Sequence[str], digests: Sequence[int]) -> list[Verdict]:
        """Compare records whose details are not known yet with the previous run.

        :param digests: fingerprints of the records without the columns from other APIs.
        """
        return self._comparison.compare_without_details(keys, digests)

    def keep_unchanged(
        self, keys: Sequence[str], labels: Sequence[int] | None = None
    ) -> Iterator[Event]:
        """Count records of the previous run as unchanged, without reading their details."""
        if keys:
            self._comparison.observe_unchanged(keys, labels)
            self.counts["unchanged"] += len(keys)
            yield from self._checkpoint()

    def keep_unchanged_where(self, is_kept: Callable[[str], bool]) -> None:
        """The same for every record not seen so far whose key passes ``is_kept``."""
        self.counts["unchanged"] += self._comparison.observe_unchanged_where(is_kept)

    def count_mismatches(self, columns: Sequence[str]) -> None:
        """Count columns whose payload value had an unexpected type."""
        self.mismatches.update(columns)

    def retire(self, keys: Mapping[str, str]) -> Iterator[Event]:
        """Emit tombstones of records whose keys are not used any more, whatever the scan finds.

        :param keys: what stands in ``remote_id``, by key. The incoming state is without them.
        """
        tombstones = [self._tombstone(key, shown) for key, shown in keys.items()]
        for start in range(0, len(tombstones), _TOMBSTONES):
            yield from self._emit(tombstones[start : start + _TOMBSTONES])
        self.counts["deleted"] += len(tombstones)

    # -- what is missing ---------------------------------------------------------------------

    def missing(self) -> Iterator[str]:
        """The keys of the previous run that were not seen in this one so far."""
        return self._comparison.gone()

    def leave_out(self, is_left_out: Callable[[str], bool]) -> None:
        """Forget each record not seen so far whose key passes, without calling it deleted."""
        self._left_out = set(filter(is_left_out, self._comparison.gone()))

    @property
    def missing_count(self) -> int:
        """How many records of the previous run were not seen in this one so far.

        Those that were left out do not count.
        """
        return self._comparison.gone_count - len(self._left_out)

    @property
    def has_lost_many(self) -> bool:
        """Whether so many records are missing that the listing should be read again."""
        missing = self.missing_count
        return missing > _LOSS_AT_LEAST and missing > self._comparison.previous_count * _LOSS_SHARE

    @property
    def continues_earlier_run(self) -> bool:
        """Whether there is an incoming state; not in full refresh and in a first sync."""
        return self._previous is not None

    @property
    def was_complete(self) -> bool:
        """Whether the earlier run reported all deletions."""
        return self.memory.get(_COMPLETE_SCAN) is not False

    @property
    def is_first(self) -> bool:
        """Whether no earlier run left anything to compare with."""
        return self._comparison.previous_count == 0

    # -- the end -----------------------------------------------------------------------------

    def finish(self, *, is_complete: bool) -> Iterator[Event]:
        """Emit the last state, and tombstones before it if absence means deletion."""
        if is_complete and self._comparison.gone_count:
            page: list[bytes] = []
            for key in self._comparison.gone():
                if key in self._left_out:
                    continue
                page.append(self._tombstone(key))
                if len(page) == _TOMBSTONES:
                    yield from self._emit(page)
                    page = []
            if page:
                yield from self._emit(page)
            self.counts["deleted"] += self.missing_count
            if self._left_out:
                self.notes.append(
                    f"{len(self._left_out)} records that start_date leaves out are no longer "
                    "remembered; they are not reported as deleted"
                )
        self._is_complete = is_complete
        if is_complete:
            self.memory.pop(_COMPLETE_SCAN, None)
        else:
            # Without a previous state, only this tells that deletions may have been missed.
            self.memory[_COMPLETE_SCAN] = False
        yield self.state()
        yield StreamProgress(self.name, "COMPLETE")

    def finish_delta(self) -> Iterator[Event]:
        """Emit the last state of a run that read a part: records that it did not see are kept."""
        yield self.state()
        yield StreamProgress(self.name, "COMPLETE")

    def fail(self) -> Iterator[Event]:
        """End the stream with what it knows. One that read nothing leaves its state as it was."""
        if any(self.counts[what] for what in ("new", "changed", "unchanged", "emitted")):
            yield self.state()
        elif self._previous is not None:
            yield State(self.name, self._previous.dump(self._previous.encoded))

    def state(self) -> State:
        """A state that covers the incoming one and everything emitted so far."""
        self._last_state_at = self._clock()
        cursor = self._cursor or self._changed_at
        snapshot = self._comparison.snapshot(complete=self._is_complete)
        if not self.are_labels_known:
            snapshot = snapshot.with_labels(None)
        state = StreamState(cursor, self._tenant, snapshot, self.memory)
        blob = state.dump(self._encoded(cursor))
        size = len(blob["fingerprints"]) + len(blob.get(LABELS, ""))
        if size > LARGE_STATE_BYTES and not self._has_warned_of_size:
            self._has_warned_of_size = True
            logger.warning(
                f"The state of stream {self.name} has {size / 1e6:.1f} MB. If the platform refuses "
                "states of that size, raise its limit, read fewer records into this stream "
                "(only_created_applications, site_types), or sync it in full refresh, which needs "
                "no state."
            )
        return State(self.name, blob)

    def _encoded(self, cursor: str) -> Mapping[str, str]:
        """The texts of the incoming state that say what the state says now."""
        comparison, previous, complete = self._comparison, self._previous, self._is_complete
        if (
            previous is None
            or (previous.changed_at, previous.tenant) != (cursor, self._tenant)
            or self._has_other_details
            or not comparison.is_as_before(complete=complete)
        ):
            return {}
        if comparison.is_labelled_as_before(complete=complete):
            return previous.encoded
        return {name: text for name, text in previous.encoded.items() if name != LABELS}

    def _checkpoint(self) -> Iterator[Event]:
        if self._clock() - self._last_state_at >= CHECKPOINT_SECONDS:
            yield self.state()

    def _emit(
        self, data: list[bytes], files: Sequence[FileReference | None] = ()
    ) -> Iterator[Event]:
        if not self._is_running:
            self._is_running = True
            yield StreamProgress(self.name, "RUNNING")
        self._cursor = self._changed_at
        self.counts["emitted"] += len(data)
        self.counts["files"] += len(files) - files.count(None)
        yield Records(self.name, data, files)

    def _tombstone(self, key: str, shown: str | None = None) -> bytes:
        """A tombstone. :param shown: what stands in ``remote_id`` instead of the key."""
        record: dict[str, str | None] = dict.fromkeys(self._columns)
        record["id"] = self._unified_id(key)
        if "remote_id" in record:
            record["remote_id"] = key if shown is None else shown
        for column in ("changed_at", *self._deletion_columns):
            record[column] = self._changed_at
        return orjson.dumps(record)


def _later_than(cursor: str | None, now: datetime) -> str:
    moment = rfc3339(now)
    if cursor is None or moment > cursor:
        return moment
    return rfc3339(parse_rfc3339(cursor) + timedelta(milliseconds=1))
