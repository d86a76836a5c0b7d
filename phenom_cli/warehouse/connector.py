"""Runs the source connector and yields the lines that it prints."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from phenom_cli.warehouse.failures import SyncFailed

PIPE_BYTES = 1 << 20
_KIND = re.compile(rb'\s*\{\s*"type"\s*:\s*"(RECORD|STATE)"')


class Connector:
    """Runs the connector's ``read`` as a child process.

    The configuration, which holds secrets, and the states are passed in files without a name:
    nobody else can open them, and no kill leaves them behind.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._last_error_line = ""
        self.exit_code: int | None = None
        """Of the last read; set when its lines have ended."""

    def read(self, config: Any, catalog: Any, state: Any) -> Generator[bytes, None, None]:
        """The lines that the connector prints. Closing the generator ends the connector."""
        with ExitStack() as files:
            inputs = [files.enter_context(_unnamed(item)) for item in (config, catalog, state)]
            errors = files.enter_context(tempfile.TemporaryFile())
            names = [f"/dev/fd/{file.fileno()}" for file in inputs]
            process = self._started(
                ["read", "--config", names[0], "--catalog", names[1], "--state", names[2]],
                [file.fileno() for file in inputs],
                errors,
            )
            with process:
                try:
                    yield from process.stdout or ()
                    self.exit_code = process.wait()
                    errors.seek(0)
                    lines = errors.read().decode("utf-8", errors="replace").splitlines()
                    self._last_error_line = lines[-1].strip() if lines else ""
                finally:
                    if process.poll() is None:
                        process.terminate()

    def ending(self) -> str:
        """How the last read ended, for a read that gave no reason."""
        if not self.exit_code:
            return "it did not finish"
        text = f"The connector ended with exit code {self.exit_code} and no message."
        return f"{text} {self._last_error_line}".rstrip()

    def _started(
        self, arguments: Sequence[str], inherited: Sequence[int], errors: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=PIPE_BYTES,
                pass_fds=inherited,
            )
        except OSError as error:
            raise SyncFailed(
                f"The connector {self._command} cannot be started: {error.strerror}.",
                "Set up the project's environment again: ./run setup",
            ) from error


@contextmanager
def _unnamed(content: Any) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(content).encode())
        file.seek(0)
        yield file


def error_text(error: Mapping[str, Any]) -> str:
    """The message for people; for an error in the connector itself, the technical one too."""
    message, detail = str(error["message"]), error.get("internal_message")
    if error.get("failure_type") == "system_error" and detail and detail != message:
        return f"{message} [{detail}]"
    return message


def parse_message(line: bytes) -> dict[str, Any]:
    """Empty for a line that is not a message; the protocol allows such lines.

    Raises SyncFailed for a record or a state that is not valid JSON.
    """
    import orjson

    try:
        message = orjson.loads(line)
    except ValueError:
        kind = _KIND.match(line)
        # A line without an end was cut off when the connector was killed.
        if kind and line.endswith(b"\n"):
            raise SyncFailed(
                f"The connector printed a message of the type {kind[1].decode()} that is not valid"
                " JSON: it holds half of a surrogate pair, bytes that are not UTF-8, or not the"
                " whole line. What it printed since the last commit was not committed.",
                "Run the sync again. If that fails in the same way, please report it.",
            ) from None
        return {}
    return message if isinstance(message, dict) else {}


def stream_of_state(state: Any) -> str:
    """The stream whose state it is. Raises SyncFailed for a state of another type."""
    kind = state.get("type", "STREAM") if isinstance(state, dict) else "unknown"
    try:
        if kind == "STREAM":
            return str(state["stream"]["stream_descriptor"]["name"])
    except (KeyError, TypeError):
        kind = "STREAM, but without a stream"
    raise SyncFailed(
        f"The connector printed a state of the type {kind}: phenom sync takes states of single"
        " streams only (type STREAM). What it printed since the last commit was not committed.",
        "Install the connector again that belongs to this version: ./run setup in a clone, else"
        " pip install --force-reinstall phenom-airbyte.",
    )
