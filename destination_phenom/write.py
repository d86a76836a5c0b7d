"""``write``: sends records from standard input to Phenom and gives states back on stdout."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, BinaryIO

from destination_phenom.actions import Actions
from destination_phenom.attachments import AttachmentLoader
from destination_phenom.batch import Batch
from destination_phenom.config import DestinationConfig
from destination_phenom.idempotent_write import IdempotentWrite
from destination_phenom.lines import InputUnreadable
from destination_phenom.messages_in import BrokenLine, RecordIn, messages
from destination_phenom.records import OPERATIONS
from destination_phenom.results import ResultsFile, Summary
from destination_phenom.state_checkpointer import BatchStopped
from destination_phenom.states import StateLine, Stats, StreamKey, stream_key
from phenom_api.errors import InvalidConfig, PhenomError
from phenom_api.gateway import Gateway, RetryPolicy
from phenom_protocol.entry import ProtocolError, Session, failure_type
from phenom_protocol.messages import FailureType

logger = logging.getLogger("airbyte.phenom")

RETRY_POLICY = RetryPolicy(attempts=10)
"""More attempts than for reading, because a record that fails stops the run."""
_MIN_LONGEST_LINE = 64 * 1024 * 1024
_SYNC_MODE = "append"
_TREATED_AS_APPEND = ("append_dedup", "overwrite")
"""Sync modes that PyAirbyte chooses by default; they are carried out as append."""


def configured_operations(catalog: Any) -> dict[StreamKey, str]:
    """The operation of every stream of a configured catalog.

    It is the stream's ``destination_object_name``, else its name. A warning says if the
    catalog asks for a sync mode that is carried out as append.

    :raises ProtocolError: for a stream without an operation, and for any other sync mode.
    """
    streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
    if not isinstance(streams, list):
        raise ProtocolError("The catalog file does not hold a configured catalog.")
    found: dict[StreamKey, str] = {}
    unknown, other_modes, appended = [], [], []
    for configured in streams:
        stream = configured.get("stream") if isinstance(configured, Mapping) else None
        name = stream.get("name") if isinstance(stream, Mapping) else None
        if not isinstance(stream, Mapping) or not isinstance(name, str):
            raise ProtocolError("The catalog file does not hold a configured catalog.")
        operation = configured.get("destination_object_name") or name
        key = stream_key(stream.get("namespace"), name)
        if not isinstance(operation, str) or operation not in OPERATIONS:
            unknown.append(operation if isinstance(operation, str) else name)
        elif found.setdefault(key, operation) != operation:
            raise ProtocolError(f"The catalog names the stream {name} with two operations.")
        mode = configured.get("destination_sync_mode")
        if mode in _TREATED_AS_APPEND:
            appended.append(f"{name} ({mode})")
        elif mode not in (None, _SYNC_MODE):
            other_modes.append(name)
    if unknown:
        raise ProtocolError(
            f"Phenom has no operation {', '.join(unknown)}: name the stream, or its destination "
            f"object, {' or '.join(OPERATIONS)}."
        )
    if other_modes:
        raise ProtocolError(
            f"Choose a sync mode that ends with Append (destination_sync_mode {_SYNC_MODE}) for "
            f"{', '.join(other_modes)}: records can be added to Phenom, but neither updated nor "
            "deleted."
        )
    if appended:
        logger.warning(
            f"Records can be added to Phenom, but not overwritten: the records of "
            f"{', '.join(appended)} are carried out as with the sync mode {_SYNC_MODE}. Somebody "
            "who has already applied is not submitted twice."
        )
    return found


def write(
    config: DestinationConfig,
    catalog: Any,
    session: Session,
    stdin: BinaryIO,
    *,
    policy: RetryPolicy | None = None,
) -> int:
    """Carry out all records of ``stdin``; returns the exit code 0.

    :raises ProtocolError: after the batch, if it failed or, under ``on_rejected_record: fail``,
        if records were rejected.
    :raises KeyboardInterrupt, SystemExit: when interrupted, after the requests in progress ended.
    """
    operations = configured_operations(catalog)
    try:
        results = open_results(config)
    except InvalidConfig as error:
        raise ProtocolError(error.message) from None
    with Gateway(config, policy=policy or RETRY_POLICY) as gateway:

        def echo(state: StateLine, stats: Stats) -> None:
            session.output.write(state.with_stats(stats))

        batch = Batch(actions(config, gateway), config.num_workers, results=results, echo=echo)
        try:
            _feed(batch, operations, stdin, longest_line(config))
            batch.finish()
        except (KeyboardInterrupt, SystemExit) as interruption:
            # Requests in progress end, and all records that came in are reported.
            batch.stop(interruption)
            batch.finish()
    for line in batch.summary.lines():
        logger.info(line)
    if session.output.failure is not None:
        # The log goes to standard output, which failed.
        session.print_on_stderr(*batch.summary.lines())
    if isinstance(batch.failure, (KeyboardInterrupt, SystemExit)):
        logger.warning(
            "The run was interrupted. Send the same records again: nothing is created twice."
        )
    if batch.failure is not None:
        raise _protocol_error(batch.failure, batch.summary)
    if batch.summary.rejected and config.on_rejected_record == "fail":
        raise ProtocolError(batch.summary.rejections())
    return 0


def longest_line(config: DestinationConfig) -> int:
    """The maximum length of an input line in bytes."""
    # Python has no buffers longer than sys.maxsize.
    return min(max(_MIN_LONGEST_LINE, 4 * config.max_attachment_bytes), sys.maxsize - 1)


def actions(config: DestinationConfig, gateway: Gateway) -> Actions:
    return Actions(
        config,
        gateway,
        idempotent_write=IdempotentWrite(gateway.policy),
        loader=AttachmentLoader(config.max_attachment_bytes),
    )


def open_results(config: DestinationConfig) -> ResultsFile | None:
    """Raises :class:`phenom_api.errors.InvalidConfig` if the file cannot be written."""
    if config.results_path is None:
        return None
    run = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return ResultsFile(config.results_path, run)


def standard_input() -> BinaryIO:
    """Standard input, opened again: at exit Python would wait for a blocked read of sys.stdin."""
    if sys.stdin is None:
        raise ProtocolError("Standard input is closed: the records are read from it.")
    return open(sys.stdin.fileno(), "rb", buffering=1 << 20, closefd=False)


def _feed(
    batch: Batch, operations: Mapping[StreamKey, str], stdin: BinaryIO, longest_line: int
) -> None:
    """Feed the input to the batch, until its end or until the run has stopped."""
    ended = threading.Event()

    def read_all() -> None:
        try:
            _dispatch(batch, operations, messages(stdin, longest_line))
        except BatchStopped:
            pass
        except BaseException as error:
            batch.stop(error)
        finally:
            ended.set()

    # In a separate thread, because a failed run must not wait for input that never comes.
    threading.Thread(target=read_all, name="reader", daemon=True).start()
    try:
        while not (ended.wait(0.2) or batch.stopped):
            pass
    except (KeyboardInterrupt, SystemExit) as interruption:
        batch.stop(interruption)
        raise
    finally:
        if batch.stopped:
            # The reader may have a record that still has to be reported.
            ended.wait(1.0)


def _dispatch(batch: Batch, operations: Mapping[StreamKey, str], incoming: Iterable[Any]) -> None:
    for message in incoming:
        if isinstance(message, RecordIn):
            batch.add_record(
                message.stream, operations.get(message.stream), message.row, message.size
            )
        elif isinstance(message, StateLine):
            batch.add_state(message)
        elif isinstance(message, BrokenLine):
            if message.stream is not None and message.stream in operations:
                batch.reject_record(message.stream, message.rule, message.number)
            else:
                batch.reject_line(message.number, message.rule)
        if batch.stopped:
            raise BatchStopped


def _protocol_error(failure: BaseException, summary: Summary) -> BaseException:
    """The failure of a run as a protocol error."""
    if not isinstance(failure, PhenomError):
        return failure
    is_input = isinstance(failure, InputUnreadable)
    kind: FailureType = "config_error" if is_input else failure_type(failure)
    unsettled = summary.unsettled
    advice = f" {unsettled:,} records are unsettled: send them again." if unsettled else ""
    if summary.unwritten:
        advice += f" {summary.lines()[-1]}"
    if summary.rejected:
        advice += f" {summary.rejections()}"
    return ProtocolError(failure.message + advice, failure.detail, kind)
