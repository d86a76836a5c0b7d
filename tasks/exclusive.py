"""One installation at a time in a folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tasks import ROOT, say


@contextmanager
def exclusive() -> Iterator[int]:
    """Wait until no other ``./run`` installs; gives the lock's file descriptor.

    The system frees the lock when the last process that has it ends, also when it is killed.
    """
    with (ROOT / ".venv.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another ./run is installing. Waiting until it has finished ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
