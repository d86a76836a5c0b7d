"""Writes protocol messages to standard output, whole lines only, from any thread."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable
from typing import BinaryIO

from phenom_api.answers import redact_secrets
from phenom_protocol import messages
from phenom_protocol.standard_streams import write_whole

_LEVELS: dict[int, messages.Level] = {
    logging.CRITICAL: "FATAL",
    logging.ERROR: "ERROR",
    logging.WARNING: "WARN",
    logging.INFO: "INFO",
    logging.DEBUG: "DEBUG",
}


class Output:
    """Writes messages as lines and flushes them. A page of records is one write.

    After a failure, which is kept in ``failure``, nothing more is written, because the last line
    may be incomplete.
    """

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout.buffer
        self._lock = threading.Lock()
        self.failure: OSError | None = None

    def write(self, message: bytes) -> None:
        """Write one message; it is flushed before this returns."""
        self._put(message + b"\n")

    def write_records(self, stream: str, records: Iterable[bytes], emitted_at: int) -> None:
        """Write RECORD messages of one stream, given the JSON texts of their data."""
        before, after = messages.record_frame(stream, emitted_at)
        end = after + b"\n"
        self._put(b"".join((before, (end + before).join(records), end)))

    def write_records_with_files(
        self,
        stream: str,
        records: Iterable[bytes],
        files: Iterable[messages.FileReference | None],
        emitted_at: int,
    ) -> None:
        """The same, with the file of each record that has one."""
        lines = bytearray()
        for record, file in zip(records, files, strict=True):
            before, after = messages.record_frame(stream, emitted_at, file)
            lines += before + record + after + b"\n"
        self._put(bytes(lines))

    def _put(self, lines: bytes) -> None:
        with self._lock:
            if self.failure is not None:
                raise self.failure
            try:
                write_whole(self._stream, lines)
            except OSError as error:
                self.failure = error
                raise


class ProtocolLog(logging.Handler):
    """Log records as LOG messages, with the connection's secrets masked."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """Mask these texts from now on."""
        self._secrets = (*self._secrets, *secrets)

    def masked(self, text: str) -> str:
        return redact_secrets(text, self._secrets)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.ERROR and not record.name.startswith("airbyte"):
            # The warning of a library can quote data from the network.
            return
        try:
            text = self.masked(record.getMessage())
            self._output.write(messages.log(_LEVELS.get(record.levelno, "INFO"), text))
        except OSError:
            # Output keeps the failure.
            pass
        except Exception:
            self.handleError(record)
