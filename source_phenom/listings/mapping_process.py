"""A second process that maps rows, question by question, over a socket.

It ends when that is closed: so with whoever started it, also where that is killed (a worker of a
``ProcessPoolExecutor`` would not). Both ends are this program, and nobody else has the socket:
messages are pickled. Whatever goes wrong with it, is the end of it, and nothing else.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from source_phenom.garbage import collect_seldom
from source_phenom.listings.rows import ApplicationRows
from source_phenom.listings.wishes import Wishes

logger = logging.getLogger("airbyte.phenom")

_BUFFER_BYTES = 1 << 20
_MOST_WAITING = 8
"""Questions at a time: as many as keep it busy. What comes meanwhile is better done here."""
_SECONDS_TO_ANSWER = 60
_SECONDS_TO_END = 5.0
_PROGRAM = f"""import sys
sys.path[:] = sys.argv[2:]
from {__name__} import serve
serve(int(sys.argv[1]))"""
"""Imports what this process would; ``-I``: nothing out of the folder that it was started in."""


class MappingProcess:
    """The other process, as this one sees it. Safe to share between threads; close it when done.

    ``fetched`` counts the answers that were.

    :raises OSError: where it cannot be started.
    """

    def __init__(self, wishes: Wishes, streams: Collection[str]) -> None:
        self.fetched = 0
        self._asking = threading.Lock()
        self._order = threading.Lock()
        self._waiting: deque[Answer] = deque()
        self._is_ready = self._is_gone = False
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            for way in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                ours.setsockopt(socket.SOL_SOCKET, way, struct.pack("ll", _SECONDS_TO_ANSWER, 0))
            flags = ["-I", *(["-B"] if sys.dont_write_bytecode else [])]
            # What goes wrong there must not be printed: it can hold an applicant's data.
            self._process = subprocess.Popen(
                [sys.executable or "", *flags, "-c", _PROGRAM, str(theirs.fileno()), *sys.path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._socket = ours.dup()
        self._connection = Connection(os.dup(self._socket.fileno()))
        with self._or_end():
            self._connection.send((wishes, list(streams)))

    def ask(self, what: str, given: Any) -> Answer | None:
        """What a method of :class:`ApplicationRows` makes of something, see :func:`_answer`.

        None where it cannot take the question: it has enough of them, is starting or has ended.
        """
        asked = None
        with self._asking, self._or_end():
            if not self._is_ready:
                self._is_ready = self._connection.poll() and self._connection.recv() is True
            answer = Answer(self)
            with self._order:
                if self._is_gone or not self._is_ready or len(self._waiting) >= _MOST_WAITING:
                    return None
                self._waiting.append(answer)
                self._waiting[0].turn.set()
            self._connection.send((what, given))
            asked = answer
        return asked

    def has_answered(self) -> bool:
        """Whether the next answer is there, or none will be."""
        has = True
        with self._or_end():
            has = self._is_gone or self._connection.poll()
        return has

    def fetch(self, answer: Answer) -> Any:
        """See :meth:`Answer.fetch`."""
        answered = None
        try:
            with self._or_end():
                answer.turn.wait()
                if not self._is_gone:
                    answered = self._connection.recv()
            return answered
        finally:
            with self._order:
                self.fetched += 1
                self._waiting.remove(answer)
                if self._waiting:
                    self._waiting[0].turn.set()

    def close(self) -> None:
        """End it; who still waits for an answer gets none."""
        was_gone = self._is_gone
        self._end()
        self._socket.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if was_gone:
            code = self._process.returncode
            logger.info(f"The second process ended early ({code}); the sync went on without it.")

    @contextmanager
    def _or_end(self) -> Iterator[None]:
        """After a message that was not sent or received whole, no other one can be."""
        try:
            yield
        except Exception:
            self._end()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        with self._order:
            self._is_gone = True
            for answer in self._waiting:
                answer.turn.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class Answer:
    """To be fetched by who has asked for it: the answers to later questions are behind it.

    So each is received in the thread that wants it. One that received all of them would for each
    have to wait until the others let go of the interpreter, while the other process does nothing.
    """

    def __init__(self, process: MappingProcess) -> None:
        self.turn = threading.Event()
        self._process = process

    def is_there(self) -> bool:
        """Whether :meth:`fetch` takes no time."""
        return self.turn.is_set() and self._process.has_answered()

    def fetch(self) -> Any:
        """Wait for it; None where there is none: it could not be found, or the process ended."""
        return self._process.fetch(self)


def _answer(rows: ApplicationRows, what: str, given: Any) -> Any:
    """A ``page`` with its body; ``candidates``, which are texts, one by one."""
    return rows.page(given) if what == "page" else [rows.candidate(text) for text in given]


def serve(descriptor: int) -> None:
    """The other process: answers until the socket with that descriptor is closed."""
    # Who interrupts a sync interrupts the other process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        _serve(Connection(descriptor))


def _serve(connection: Connection) -> None:
    wishes, streams = connection.recv()
    rows = ApplicationRows(wishes, streams)
    connection.send(True)
    collect_seldom()
    questions: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_take, args=(connection, questions), daemon=True).start()
    while question := questions.get():
        try:
            connection.send(_answer(rows, *question))
        except OSError:
            raise
        except Exception:
            # Nothing has been sent. Whoever asked will do it himself, meet the same, and say so.
            connection.send(None)


def _take(connection: Connection, questions: SimpleQueue[Any]) -> None:
    """Questions are taken at once: who asks many of them must not wait to fetch answers."""
    try:
        with suppress(EOFError, OSError):
            while True:
                questions.put(connection.recv())
    finally:
        questions.put(None)
