"""The source connector: the streams that it offers, and the lines that it prints."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from phenom_cli.warehouse.failures import SyncFailed

PIPE_BYTES = 1 << 20


class Connector:
    """Runs the connector's ``read`` as a child process.

    What it is given (the configuration with its secrets, the states) is in files without a name,
    so that nobody else can open them and nothing is left of them, whoever is killed when.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._last_words = ""
        self.exit_code: int | None = None
        """Of the last read, once its lines have ended."""

    def read(self, config: Any, catalog: Any, state: Any) -> Generator[bytes, None, None]:
        """What the connector prints, line by line; leaving early ends it."""
        with ExitStack() as files:
            given = [files.enter_context(_unnamed(content)) for content in (config, catalog, state)]
            errors = files.enter_context(tempfile.TemporaryFile())
            names = [f"/dev/fd/{file.fileno()}" for file in given]
            process = self._started(
                ["read", "--config", names[0], "--catalog", names[1], "--state", names[2]],
                [file.fileno() for file in given],
                errors,
            )
            with process:
                try:
                    yield from process.stdout or ()
                    self.exit_code = process.wait()
                    errors.seek(0)
                    lines = errors.read().decode("utf-8", errors="replace").splitlines()
                    self._last_words = lines[-1].strip() if lines else ""
                finally:
                    if process.poll() is None:
                        process.terminate()

    def silent_failure(self) -> str:
        ending = f"The connector ended with exit code {self.exit_code} and no message."
        return f"{ending} {self._last_words}".rstrip()

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


def words(error: Mapping[str, Any]) -> str:
    """The message for people; where the connector is at fault itself, the technical one too."""
    message, detail = str(error["message"]), error.get("internal_message")
    if error.get("failure_type") == "system_error" and detail and detail != message:
        return f"{message} [{detail}]"
    return message


def parsed(line: bytes) -> dict[str, Any]:
    """A message; empty for a stray print, which the protocol allows."""
    import orjson

    try:
        message = orjson.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
