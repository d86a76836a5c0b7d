"""The source connector as PyAirbyte's executor: its messages are looked at on their way through.

PyAirbyte loads nothing at all when the connector ends with an error, whichever stream failed. What
a failing stream printed is as good as the rest, because its state covers exactly that (contract
section 4): a read that delivered anything ends here as a success, and the failures are kept aside.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from phenom_cli.warehouse.failures import SyncFailed

STDERR_LINES_SHOWN = 1


class Listener(Protocol):
    """What a run wants to know about a read while it goes on."""

    def record(self, stream: str, data: dict[str, Any]) -> None: ...

    def status(self, stream: str, status: str) -> None: ...

    def error(self, stream: str | None, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def end_of_read(self, exit_code: int) -> Iterator[str]:
        """Called after the last message; yields further messages to load."""
        ...


class Connector:
    """Runs one connector command. Duck-typed as PyAirbyte's ``Executor``."""

    def __init__(self, command: str, folder: Path, listener: Listener) -> None:
        self._command = command
        self._folder = folder
        self._listener = listener
        self._discovery: subprocess.Popen[bytes] | None = None
        self._catalog_file = folder / "catalog-message.jsonl"

    def start_discovery(self, config: bytes) -> None:
        """Starts ``discover`` in the background, while the warehouse is looked at."""
        path = self._folder / "discovery-config.json"
        path.touch(mode=0o600)
        path.write_bytes(config)
        with self._catalog_file.open("wb") as output, self._stderr_file.open("wb") as errors:
            try:
                self._discovery = subprocess.Popen(
                    [self._command, "discover", "--config", str(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                )
            except OSError as error:
                raise SyncFailed(
                    f"The connector {self._command} cannot be started: {error.strerror}.",
                    "Set up the project's environment again: ./run setup",
                ) from error

    def discovered(self) -> dict[str, Any]:
        """The catalog of :meth:`start_discovery`; raises SyncFailed with the connector's words."""
        if self._discovery is None:
            raise RuntimeError("discovery was not started")
        exit_code = self._discovery.wait()
        errors = []
        for line in self._catalog_file.read_text(encoding="utf-8").splitlines():
            message = _parsed(line)
            if message.get("type") == "CATALOG":
                catalog: dict[str, Any] = message["catalog"]
                return catalog
            if message.get("type") == "TRACE" and "error" in message["trace"]:
                errors.append(_words(message["trace"]["error"]))
        raise SyncFailed(errors[-1] if errors else self.silent_failure(exit_code))

    def silent_failure(self, exit_code: int) -> str:
        lines = self._stderr_file.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = " ".join(line.strip() for line in lines[-STDERR_LINES_SHOWN:])
        return f"The connector ended with exit code {exit_code} and no message. {tail}".rstrip()

    def stop(self) -> None:
        if self._discovery is not None and self._discovery.poll() is None:
            self._discovery.terminate()

    # What PyAirbyte calls:

    def ensure_installation(self, *, auto_fix: bool = True) -> None:
        pass

    def get_installed_version(self) -> str | None:
        return None

    def execute(
        self, args: list[str], *, stdin: IO[str] | None = None, suppress_stderr: bool = False
    ) -> Iterator[str]:
        if args[0] == "discover":
            yield from self._catalog_file.read_text(encoding="utf-8").splitlines()
        elif args[0] == "read":
            yield from self._read(args)
        else:
            raise RuntimeError(f"unexpected connector command {args[0]}")

    @property
    def _stderr_file(self) -> Path:
        return self._folder / "stderr.log"

    def _read(self, args: list[str]) -> Iterator[str]:
        with self._stderr_file.open("wb") as errors:
            process = subprocess.Popen(
                [self._command, *args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
            )
        try:
            for line in process.stdout or ():
                if self._worth_loading(_parsed(line)):
                    yield line
            exit_code = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        yield from self._listener.end_of_read(exit_code)

    def _worth_loading(self, message: dict[str, Any]) -> bool:
        kind = message.get("type")
        if kind == "RECORD":
            record = message["record"]
            self._listener.record(record["stream"], record["data"])
        elif kind == "TRACE":
            self._trace(message["trace"])
        elif kind == "LOG" and message["log"]["level"] in ("WARN", "ERROR", "FATAL"):
            self._listener.warning(message["log"]["message"])
        return kind in ("RECORD", "STATE")

    def _trace(self, trace: dict[str, Any]) -> None:
        if trace.get("stream_status"):
            status = trace["stream_status"]
            self._listener.status(status["stream_descriptor"]["name"], status["status"])
        elif trace.get("error"):
            error = trace["error"]
            stream = (error.get("stream_descriptor") or {}).get("name")
            self._listener.error(stream, _words(error))


def _words(error: dict[str, Any]) -> str:
    """The message for people; where the connector is at fault itself, the technical one too."""
    message, detail = str(error["message"]), error.get("internal_message")
    if error.get("failure_type") == "system_error" and detail and detail != message:
        return f"{message} [{detail}]"
    return message


def _parsed(line: str) -> dict[str, Any]:
    import orjson

    try:
        message = orjson.loads(line)
    except ValueError:
        # A stray print on stdout; the protocol allows it.
        return {}
    return message if isinstance(message, dict) else {}
