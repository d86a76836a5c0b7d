"""Rows mapped in two processes, where there are two processors.

Python runs on one processor at a time, and what rows come to is most of a read's work. It is a pure
function of their text (:mod:`source_phenom.listings.rows`), so another process can do it while this
one fetches, compares and prints. Nothing depends on that: what it does not answer, is done here.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from source_phenom.listings.persons import Described
from source_phenom.listings.rows import ApplicationRows
from source_phenom.listings.wishes import Wishes

if TYPE_CHECKING:
    from source_phenom.listings.mapping_process import Answer, MappingProcess

logger = logging.getLogger("airbyte.phenom")

_BATCH, _BATCH_BYTES = 50, 1 << 18
"""Candidates that are asked for at a time, and about how much text."""
_MOST_AHEAD = 16
"""Batches that may be done or asked for while an earlier one is not there yet."""

Label = TypeVar("Label")
_Batch = list[tuple[Label, bytes]]


class SharedRows:
    """:class:`ApplicationRows`, shared with another process once the listing proves to be long.

    :param alone: pages before that; None where there is no second processor.
    """

    def __init__(self, wishes: Wishes, streams: Collection[str], alone: int | None) -> None:
        self._here = ApplicationRows(wishes, streams)
        self._wishes = wishes
        self._streams = streams
        self._pages_alone = alone
        """Those that are left; None where no process is to be started any more, or at all."""
        self._process: MappingProcess | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> SharedRows:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._pages_alone = None
        if self._process is not None:
            self._process.close()

    def page(self, content: bytes) -> Any:
        """As :meth:`ApplicationRows.page`; from any thread."""
        self._count_page()
        answer = self._ask("page", content)
        body = answer.fetch() if answer is not None else None
        return self._here.page(content) if body is None else body

    def candidates(self, texts: Iterable[tuple[Label, bytes]]) -> Iterator[tuple[Label, Described]]:
        """Each text's :meth:`ApplicationRows.candidate`, in order, with the label that it had."""
        ahead: deque[tuple[_Batch[Label], Answer | list[Described]]] = deque()
        for batch in _batches(texts):
            answer = self._ask("candidates", [text for _, text in batch])
            ahead.append((batch, self._described(batch) if answer is None else answer))
            while ahead and (len(ahead) > _MOST_AHEAD or _is_there(ahead[0][1])):
                yield from self._labelled(*ahead.popleft())
        while ahead:
            yield from self._labelled(*ahead.popleft())

    def _labelled(
        self, batch: _Batch[Label], answer: Answer | list[Described]
    ) -> Iterator[tuple[Label, Described]]:
        described = answer if isinstance(answer, list) else answer.fetch()
        if described is None:
            described = self._described(batch)
        for (label, _), columns in zip(batch, described, strict=True):
            yield label, columns

    def _described(self, batch: _Batch[Label]) -> list[Described]:
        return [self._here.candidate(text) for _, text in batch]

    def _count_page(self) -> None:
        """Start the other process when there have been many."""
        with self._lock:
            if self._pages_alone is None:
                return
            self._pages_alone -= 1
            if self._pages_alone >= 0:
                return
            self._pages_alone = None
            # Here, as most reads need none of it.
            from source_phenom.listings.mapping_process import MappingProcess

            try:
                self._process = MappingProcess(self._wishes, self._streams)
            except OSError as error:
                logger.info(f"No second process could be started: {error.strerror}.")

    def _ask(self, what: str, given: Any) -> Answer | None:
        return self._process.ask(what, given) if self._process is not None else None


def _batches(texts: Iterable[tuple[Label, bytes]]) -> Iterator[_Batch[Label]]:
    batch: _Batch[Label] = []
    size = 0
    for label, text in texts:
        batch.append((label, text))
        size += len(text)
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _is_there(answer: Answer | list[Described]) -> bool:
    return isinstance(answer, list) or answer.is_there()
