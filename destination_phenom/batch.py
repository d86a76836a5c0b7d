"""A run of the writer: records in, each carried out and accounted for, states back in order."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from destination_phenom.actions import Actions
from destination_phenom.columns import unflatten
from destination_phenom.keyed_executor import KeyedExecutor
from destination_phenom.outcomes import Unsettled, WriteOutcome
from destination_phenom.records import OPERATIONS
from destination_phenom.rejections import Problem, Rejected, rejected, unforeseen
from destination_phenom.results import ResultLine, Summary
from destination_phenom.state_checkpointer import BatchStopped, Entry, StateCheckpointer
from destination_phenom.states import StateLine, Stats, StreamKey
from destination_phenom.unused_columns import UnusedColumns
from phenom_api.errors import PhenomError

logger = logging.getLogger("airbyte.phenom")

_PROGRESS = 1_000
"""Records between two lines of the log that count them."""


@dataclass(frozen=True)
class _Task:
    stream: StreamKey
    position: int
    operation: str
    record: Mapping[str, Any]
    entry: Entry


class Batch:
    """Carries out records on worker threads; those of one e-mail address in order.

    A failure that is not a record's fault stops the run: what came in and was not sent is
    reported as unsettled, and no state behind it is given back, so that it comes again.

    :param report: takes the result of every record and of every broken line, from any thread.
    :param echo: gives a state back, with its counts; after the results before it were reported.
    """

    def __init__(
        self,
        actions: Actions,
        workers: int,
        *,
        report: Callable[[ResultLine], None],
        echo: Callable[[StateLine, Stats], None],
        ledger: StateCheckpointer | None = None,
    ) -> None:
        self._actions = actions
        self._report = report
        self._ledger = ledger or StateCheckpointer(echo)
        self._positions: Counter[StreamKey] = Counter()
        self._unused = UnusedColumns()
        self._accounting = threading.Lock()
        self._stopped = threading.Event()
        self.summary = Summary()
        self.failure: BaseException | None = None
        self._lanes = KeyedExecutor(workers, self._work)

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def record(
        self, stream: StreamKey, operation: str | None, row: Mapping[str, Any], size: int
    ) -> None:
        """Take a record; waits where too many are under way.

        :param operation: None where the stream is not in the catalog.
        :raises Stopped: when the run has stopped; the record is reported all the same.
        """
        self._positions[stream] += 1
        position = self._positions[stream]
        try:
            entry = self._ledger.admit(stream, size)
        except BatchStopped:
            self._account(ResultLine(stream, position, self._not_sent()))
            raise
        try:
            if operation is None:
                raise rejected("", "The stream is not in the catalog.")
            record, unused = unflatten(row, OPERATIONS[operation])
        except Exception as error:
            self._settle(stream, position, entry, _rejection(error))
            return
        self._unused.warn(stream[1], unused, OPERATIONS[operation])
        email = record.get("candidate", {}).get("email_address")
        key = email.strip().lower() if isinstance(email, str) else entry
        self._lanes.put(key, _Task(stream, position, operation, record, entry))

    def state(self, state: StateLine) -> None:
        """Take a state; it is given back when everything before it is settled."""
        self._ledger.state(state)

    def reject(self, stream: StreamKey, rule: str, line: int) -> None:
        """Account for a record that cannot be read; ``rule`` is about its line of the input.

        :raises Stopped: when the run has stopped; the record is reported all the same.
        """
        self._positions[stream] += 1
        self._refuse(ResultLine(stream, self._positions[stream], _unreadable(rule), line))

    def broken(self, line: int, rule: str) -> None:
        """Account for a line of the input that is no message; the next state counts it.

        :raises Stopped: as above.
        """
        logger.warning(f"Line {line} of the input {rule}. It is passed over.")
        self._refuse(ResultLine(None, None, _unreadable(rule), line))

    def _refuse(self, result: ResultLine) -> None:
        try:
            entry = self._ledger.admit(result.stream, 0)
        except BatchStopped:
            self._account(result)
            raise
        self._account(result)
        self._ledger.settle(entry, rejected=True)

    def finish(self) -> None:
        """Wait until everything that came in is settled, or the run has stopped."""
        self._lanes.close()

    def stop(self, failure: BaseException) -> None:
        """Send nothing more; the first failure is the one that counts."""
        with self._accounting:
            self.failure = self.failure or failure
        self._stopped.set()
        self._ledger.stop()

    def _work(self, task: _Task) -> None:
        try:
            self._settle(task.stream, task.position, task.entry, self._outcome(task))
        except Exception as error:
            # Results or states cannot be written any more, or the code is at fault.
            self.stop(error)

    def _outcome(self, task: _Task) -> WriteOutcome:
        if self.stopped:
            return self._not_sent()
        try:
            return self._actions.carry_out(task.operation, task.record)
        except Unsettled as error:
            self.stop(error.cause)
            problem = Problem("attachments", f"may not be in place: {error.cause.message}")
            return replace(error.outcome, status="unsettled", problems=(problem,))
        except PhenomError as error:
            self.stop(error)
            return WriteOutcome("unsettled", problems=(Problem("", error.message),))
        except Exception as error:
            return _rejection(error)

    def _not_sent(self) -> WriteOutcome:
        return WriteOutcome(
            "unsettled", problems=(Problem("", "The run ended before this record."),)
        )

    def _settle(
        self, stream: StreamKey, position: int, entry: Entry, outcome: WriteOutcome
    ) -> None:
        self._account(ResultLine(stream, position, outcome))
        if outcome.status != "unsettled":
            self._ledger.settle(entry, rejected=outcome.status == "rejected")

    def _account(self, result: ResultLine) -> None:
        """Count a result and report it: what was carried out counts, reported or not."""
        with self._accounting:
            self.summary.add(result)
            done = self.summary.total
        try:
            self._report(result)
        except Exception:
            with self._accounting:
                self.summary.add_unwritten(result)
            raise
        if done % _PROGRESS == 0:
            logger.info(f"{done:,} records so far.")


def _rejection(error: Exception) -> WriteOutcome:
    found = error if isinstance(error, Rejected) else unforeseen(error)
    return WriteOutcome("rejected", problems=found.problems)


def _unreadable(rule: str) -> WriteOutcome:
    return WriteOutcome("rejected", problems=(Problem("", f"The line {rule}."),))
