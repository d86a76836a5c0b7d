"""The source connector as a child process: what it discovers, and the lines that it reads."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from phenom_cli.warehouse.failures import SyncFailed

STDERR_LINES_SHOWN = 1
PIPE_BYTES = 1 << 20


class Connector:
    """Runs one connector command; its files go to ``folder``, readable by this user alone."""

    def __init__(self, command: str, folder: Path) -> None:
        self._command = command
        self._folder = folder
        self._discovery: subprocess.Popen[bytes] | None = None
        self.catalog_file = folder / "catalog-message.jsonl"
        self.exit_code: int | None = None
        """Of the last read, once its lines have ended."""

    def start_discovery(self, config: Mapping[str, Any]) -> None:
        """Starts ``discover`` in the background, while the warehouse is looked at."""
        path = self._private("discovery-config.json", config)
        with self.catalog_file.open("wb") as output, self._stderr_file.open("wb") as errors:
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
        for line in self.catalog_file.read_bytes().splitlines():
            message = parsed(line)
            if message.get("type") == "CATALOG":
                catalog: dict[str, Any] = message["catalog"]
                return catalog
            if message.get("type") == "TRACE" and "error" in message["trace"]:
                errors.append(words(message["trace"]["error"]))
        raise SyncFailed(errors[-1] if errors else self.silent_failure(exit_code))

    def silent_failure(self, exit_code: int) -> str:
        lines = self._stderr_file.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = " ".join(line.strip() for line in lines[-STDERR_LINES_SHOWN:])
        return f"The connector ended with exit code {exit_code} and no message. {tail}".rstrip()

    def stop(self) -> None:
        if self._discovery is not None and self._discovery.poll() is None:
            self._discovery.terminate()

    def read(self, config: Any, catalog: Any, state: Any) -> Generator[bytes, None, None]:
        """The lines of ``read``, as :meth:`lines` has them."""
        return self.lines(
            [
                *("read", "--config", str(self._private("config.json", config))),
                *("--catalog", str(self._private("catalog.json", catalog))),
                *("--state", str(self._private("state.json", state))),
            ]
        )

    def lines(self, arguments: Sequence[str]) -> Generator[bytes, None, None]:
        """What the connector prints, line by line; leaving early ends it."""
        with self._stderr_file.open("wb") as errors:
            process = subprocess.Popen(
                [self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=PIPE_BYTES,
            )
        try:
            yield from process.stdout or ()
            self.exit_code = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()

    @property
    def _stderr_file(self) -> Path:
        return self._folder / "stderr.log"

    def _private(self, name: str, content: Any) -> Path:
        path = self._folder / name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        return path


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
