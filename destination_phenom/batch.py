"""A run of the writer: carries out the incoming records and gives the states back in order."""

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
from destination_phenom.outcomes import AttachmentsInterrupted, WriteOutcome
from destination_phenom.records import OPERATIONS
from destination_phenom.rejections import Problem, Rejected, rejected, unexpected
from destination_phenom.results import ResultLine, ResultsFile, Summary
from destination_phenom.state_checkpointer import BatchStopped, PendingRecord, StateCheckpointer
from destination_phenom.states import StateLine, Stats, StreamKey
from destination_phenom.unused_columns import UnusedColumns
from phenom_api.errors import InvalidConfig, PhenomError

logger = logging.getLogger("airbyte.phenom")

_PROGRESS = 1_000
"""Records between two log lines that count them."""


@dataclass(frozen=True)
class _RecordTask:
    stream: StreamKey
    position: int
    operation: str
    fields: Mapping[str, Any]
    pending: PendingRecord


class Batch:
    """Carries out records on worker threads; records with one e-mail address keep their order.

    A failure that no record caused stops the run. Records that were read but not sent are then
    reported as ``unsettled``, and no state behind them is given back, so that the platform sends
    them again.

    :param results: the file that gets the result of every record and every broken line.
    :param report: takes every result, too, from any thread.
    :param echo: gives a state back, with its counts, when the results before it are on the disk.
    """

    def __init__(
        self,
        actions: Actions,
        workers: int,
        *,
        results: ResultsFile | None = None,
        report: Callable[[ResultLine], None] = lambda _: None,
        echo: Callable[[StateLine, Stats], None] = lambda *_: None,
    ) -> None:
        self._actions = actions
        self._results = results
        self._report = report
        self._echo = echo
        self._checkpointer = StateCheckpointer(self._give_back)
        self._positions: Counter[StreamKey] = Counter()
        self._unused = UnusedColumns()
        self._summary_lock = threading.Lock()
        self._stopped = threading.Event()
        self.summary = Summary()
        self.failure: BaseException | None = None
        self._executor = KeyedExecutor(workers, self._work)

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def add_record(
        self, stream: StreamKey, operation: str | None, row: Mapping[str, Any], size: int
    ) -> None:
        """Queue a record; blocks while too many are pending.

        :param operation: None if the stream is not in the catalog.
        :param size: bytes of its line.
        :raises BatchStopped: when the run has stopped; the record is still reported.
        """
        self._positions[stream] += 1
        position = self._positions[stream]
        try:
            pending = self._checkpointer.add_record(stream, size)
        except BatchStopped:
            self._add_result(ResultLine(stream, position, _not_sent()))
            raise
        try:
            if operation is None:
                raise rejected("", "The stream is not in the catalog.")
            fields, unused = unflatten(row, OPERATIONS[operation])
        except Exception as error:
            self._finish_record(stream, position, pending, _rejection(error))
            return
        self._unused.warn(stream[1], unused, OPERATIONS[operation])
        email = fields.get("candidate", {}).get("email_address")
        key = email.strip().lower() if isinstance(email, str) else pending
        self._executor.put(key, _RecordTask(stream, position, operation, fields, pending))

    def add_state(self, state: StateLine) -> None:
        """Queue a state; it is given back when every record before it is finished."""
        self._checkpointer.add_state(state)

    def reject_record(self, stream: StreamKey, rule: str, line: int) -> None:
        """Report a record that cannot be read; ``rule`` says what is wrong with its line.

        :raises BatchStopped: when the run has stopped; the record is still reported.
        """
        self._positions[stream] += 1
        self._reject(ResultLine(stream, self._positions[stream], _unreadable(rule), line))

    def reject_line(self, line: int, rule: str) -> None:
        """Report a line of the input that is no message; the next state counts it.

        :raises BatchStopped: when the run has stopped; the line is still reported.
        """
        logger.warning(f"Line {line} of the input {rule}. It is skipped.")
        self._reject(ResultLine(None, None, _unreadable(rule), line))

    def _reject(self, result: ResultLine) -> None:
        try:
            pending = self._checkpointer.add_record(result.stream, 0)
        except BatchStopped:
            self._add_result(result)
            raise
        self._add_result(result)
        self._checkpointer.finish(pending, rejected=True)

    def finish(self) -> None:
        """Wait until all records are finished or the run has stopped, and close the results."""
        self._executor.close()
        try:
            if self._results is not None:
                self._results.close()
        except InvalidConfig as error:
            self.stop(error)

    def stop(self, failure: BaseException) -> None:
        """Send nothing more. If several failures stop the run, the first one is kept."""
        with self._summary_lock:
            self.failure = self.failure or failure
        self._stopped.set()
        self._checkpointer.stop()

    def _work(self, task: _RecordTask) -> None:
        try:
            self._finish_record(task.stream, task.position, task.pending, self._outcome(task))
        except Exception as error:
            # The results or states cannot be written any more, or there is a bug.
            self.stop(error)

    def _outcome(self, task: _RecordTask) -> WriteOutcome:
        if self.stopped:
            return _not_sent()
        try:
            return self._actions.carry_out(task.operation, task.fields)
        except AttachmentsInterrupted as error:
            self.stop(error.cause)
            problem = Problem("attachments", f"may not be in place: {error.cause.message}")
            return replace(error.outcome, status="unsettled", problems=(problem,))
        except PhenomError as error:
            self.stop(error)
            return WriteOutcome("unsettled", problems=(Problem("", error.message),))
        except Exception as error:
            return _rejection(error)

    def _finish_record(
        self, stream: StreamKey, position: int, pending: PendingRecord, outcome: WriteOutcome
    ) -> None:
        self._add_result(ResultLine(stream, position, outcome))
        if outcome.status != "unsettled":
            self._checkpointer.finish(pending, rejected=outcome.status == "rejected")

    def _add_result(self, result: ResultLine) -> None:
        """Count a result, then report it: the summary also counts what cannot be reported."""
        with self._summary_lock:
            self.summary.add(result)
            total = self.summary.total
        try:
            try:
                if self._results is not None:
                    self._results.write(result)
            finally:
                self._report(result)
        except Exception:
            with self._summary_lock:
                self.summary.add_unwritten(result)
            raise
        if total % _PROGRESS == 0:
            logger.info(f"{total:,} records so far.")

    def _give_back(self, state: StateLine, stats: Stats) -> None:
        if self._results is not None:
            self._results.sync()
        self._echo(state, stats)


def _not_sent() -> WriteOutcome:
    return WriteOutcome("unsettled", problems=(Problem("", "The run ended before this record."),))


def _rejection(error: Exception) -> WriteOutcome:
    rejection = error if isinstance(error, Rejected) else unexpected(error)
    return WriteOutcome("rejected", problems=rejection.problems)


def _unreadable(rule: str) -> WriteOutcome:
    return WriteOutcome("rejected", problems=(Problem("", f"The line {rule}."),))
