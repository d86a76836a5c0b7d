"""From the connector's lines to a DuckDB file, while the connector still reads.

A record is not looked at on its way: its line goes to a file of its stream, and DuckDB takes whole
files. Both are cheap enough not to hold up the connector, and what waits is bounded.

What is committed is what a state covers: a stream's rows since its last state, and that state, in
one transaction. So a run that is killed leaves every state true, and the next run goes on from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from phenom_cli.warehouse.connector import parsed
from phenom_cli.warehouse.duckdb_file import Changes, DuckDBFile, StreamTable
from phenom_cli.warehouse.hearing import ReadMonitor
from phenom_protocol.messages import record_frame

FILE_BYTES = 16_000_000
"""A stream's lines are handed to DuckDB when there are so many of them."""
MOST_WAITING = 8
"""Pieces of work for DuckDB from which the connector has to wait."""

_NO_LINE = b"\n\n"


class Load:
    """One read into a file.

    :param places: where the state of each stream stands.
    :param replaced: streams that start without a state though their tables have rows (a full
        refresh). Only a whole scan can tell which of those rows are gone, so such a stream is
        committed when it was read to its end, or not at all.
    :param now: the current time, with a zone.
    """

    def __init__(
        self,
        file: DuckDBFile,
        tables: Mapping[str, StreamTable],
        places: Mapping[str, str],
        replaced: Iterable[str],
        hearing: ReadMonitor,
        folder: Path,
        now: Callable[[], datetime],
    ) -> None:
        self.changes = dict.fromkeys(tables, Changes())
        self._file = file
        self._tables = tables
        self._places = places
        self._replaced = set(replaced)
        self._hearing = hearing
        self._now = now
        self._spools = {name: _Spool(folder, table.name) for name, table in tables.items()}
        self._held_back: dict[str, Mapping[str, Any]] = {}
        self._waiting: deque[Future[None]] = deque()
        self._reading = True
        self._broken = False

    def run(self, lines: Iterable[bytes]) -> None:
        """Takes all lines; returns when everything that a state covers is committed."""
        # One thread: the order of its work is the order of the lines.
        worker = ThreadPoolExecutor(1)
        self._submit = worker.submit
        try:
            self._take(lines)
            self._reading = False
            self._hearing.end_of_reading()
            while self._waiting:
                self._waiting.popleft().result()
        except BaseException:
            self._file.interrupt()
            raise
        finally:
            worker.shutdown(cancel_futures=True)

    def _take(self, lines: Iterable[bytes]) -> None:
        frames = {name: record_frame(name, 0)[0] for name in self._tables}
        name, frame = "", _NO_LINE
        for line in lines:
            if not line.startswith(frame):
                name = next((n for n, f in frames.items() if line.startswith(f)), "")
                frame = frames.get(name, _NO_LINE)
                if not name:
                    self._message(line)
                    continue
            self._record(name, line)

    def _record(self, name: str, line: bytes) -> None:
        if not line.endswith(b"\n"):
            # The connector was cut off in the middle.
            return
        self._hearing.record(name)
        if self._spools[name].write(line) >= FILE_BYTES:
            self._stage(name)

    def _message(self, line: bytes) -> None:
        message = parsed(line)
        if message.get("type") == "RECORD":
            if message["record"]["stream"] in self._tables:
                self._record(message["record"]["stream"], line)
        elif message.get("type") == "STATE":
            self._state(message["state"])
        else:
            self._hearing.message(message)
            for name in filter(self._hearing.complete, list(self._held_back)):
                self._later(self._commit, name, self._held_back.pop(name), True)

    def _state(self, state: Mapping[str, Any]) -> None:
        name = state["stream"]["stream_descriptor"]["name"]
        self._stage(name)
        if name in self._replaced:
            self._held_back[name] = state
        else:
            self._later(self._commit, name, state, False)

    def _stage(self, name: str) -> None:
        path = self._spools[name].finished()
        if path is not None:
            self._later(self._staged, name, path)

    def _later(self, work: Callable[..., None], *arguments: Any) -> None:
        while self._waiting and (self._waiting[0].done() or len(self._waiting) >= MOST_WAITING):
            self._waiting.popleft().result()
        self._waiting.append(self._submit(self._next, work, *arguments))

    # In the worker's thread:

    def _next(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._broken:
            # A state must not be committed behind rows that could not be taken.
            return
        try:
            work(*arguments)
        except BaseException:
            self._broken = True
            raise

    def _staged(self, name: str, path: Path) -> None:
        self._file.stage(self._tables[name], path)
        path.unlink()

    def _commit(self, name: str, state: Mapping[str, Any], everything: bool) -> None:
        if not self._reading:
            self._hearing.loading(name)
        changes = self._file.commit(
            self._tables[name], self._places[name], state, self._now(), everything=everything
        )
        self.changes[name] = self.changes[name].plus(changes)


class _Spool:
    """Lines of one stream on their way to DuckDB, in one file after the other."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._number = 0
        self._file: Any = None
        self._path = folder

    def write(self, line: bytes) -> int:
        """Returns how many bytes the file has now."""
        if self._file is None:
            self._number += 1
            self._path = self._folder / f"{self._name}-{self._number}.jsonl"
            self._file = self._path.open("wb", buffering=1 << 18)
            self._bytes = 0
        self._file.write(line)
        self._bytes += len(line)
        return self._bytes

    def finished(self) -> Path | None:
        """The file, closed; None when nothing was written since the last time."""
        if self._file is None:
            return None
        self._file.close()
        self._file = None
        return self._path
