"""Generated records as JSON bytes, composed once and kept in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

BLOCK = 100  # records; the usual page, so that an aligned page is one ready piece


class RenderedBlocks:
    """Bytes of generated records, comma-joined, for answers that are put together from pieces.

    Once `budget` bytes are kept, further blocks are composed on every use instead of pushing out
    older ones: a listing is read from end to end, where the least recently used block is always
    the next one wanted.
    """

    def __init__(self, size: int, compose: Callable[[int], dict[str, Any]], budget: int) -> None:
        self._size = size
        self._compose = compose
        self._budget = budget
        self._blocks: dict[int, tuple[bytes, list[int]]] = {}
        self.kept_bytes = 0

    def pieces(self, records: range) -> list[bytes]:
        """JSON of the records, as pieces that are to be joined by a comma."""
        pieces = []
        start = records.start
        while start < records.stop:
            number, first = divmod(start, BLOCK)
            stop = min(records.stop, (number + 1) * BLOCK)
            if stop - start < BLOCK // 10 and number not in self._blocks:
                pieces += [orjson.dumps(self._compose(record)) for record in range(start, stop)]
            else:
                content, ends = self._block(number)
                begin = ends[first - 1] + 1 if first else 0
                end = ends[stop - number * BLOCK - 1]
                whole = begin == 0 and end == len(content)
                pieces.append(content if whole else content[begin:end])
            start = stop
        return pieces

    def _block(self, number: int) -> tuple[bytes, list[int]]:
        block = self._blocks.get(number)
        if block is None:
            records = range(number * BLOCK, min(self._size, (number + 1) * BLOCK))
            rendered = [orjson.dumps(self._compose(record)) for record in records]
            ends, end = [], -1
            for content in rendered:
                end += 1 + len(content)
                ends.append(end)
            block = (b",".join(rendered), ends)
            if self.kept_bytes < self._budget:
                self._blocks[number] = block
                self.kept_bytes += len(block[0])
        return block
