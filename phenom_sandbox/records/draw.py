"""Seeded random choices that do not depend on earlier ones, so that any record can be generated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from hashlib import blake2b
from math import gcd
from typing import TypeVar

T = TypeVar("T")

FIRST_SECOND = 1_704_067_200  # 2024-01-01T00:00:00Z
LAST_SECOND = 1_767_225_600  # 2026-01-01T00:00:00Z, after all generated data

_MASK = (1 << 64) - 1


class Draw:
    """A sequence of random choices that depends only on its key.

    It is cheaper to create than `random.Random`, which matters because every record has its own.
    """

    __slots__ = ("_bits", "_key", "_refills")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._refills = 0
        self._bits = int.from_bytes(blake2b(key).digest(), "big")

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        if self._bits < 1 << 40:
            self._refills += 1
            digest = blake2b(self._key, salt=self._refills.to_bytes(8, "big")).digest()
            self._bits = int.from_bytes(digest, "big")
        self._bits, number = divmod(self._bits, limit)
        return number

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def pick(self, pool: Sequence[T]) -> T:
        return pool[self.below(len(pool))]

    def hex(self, digits: int) -> str:
        return f"{self.below(1 << 4 * digits):0{digits}x}"


class ObjectIds:
    """Ids in the format of the gateway's database: creation second, process, counter.

    24 hexadecimal digits: 8 for the creation second, 10 for one of a few processes, 6 for a
    counter that increases by one per record.
    """

    _PROCESSES = 6

    def __init__(self, draw: Draw) -> None:
        self._processes = [draw.hex(10) for _ in range(self._PROCESSES)]
        self._first = draw.below(1 << 24)

    def of(self, number: int, second: int) -> str:
        process = self._processes[number * 0x9E3779B1 % 97 % self._PROCESSES]
        return f"{second:08x}{process}{(self._first + number) % (1 << 24):06x}"


def created_second(object_id: str) -> int:
    """The creation second at the beginning of a 24-digit hexadecimal id; 0 for any other id."""
    try:
        return int(object_id[:8], 16) if len(object_id) == 24 else 0
    except ValueError:
        return 0


class Scatter:
    """A reversible shuffle of 0..size-1: each direction is one multiplication, without a table.

    With it, the applications of a candidate or a job can be computed.
    """

    def __init__(self, size: int, draw: Draw, ratio: float = 0.618) -> None:
        """With a `ratio` near an irrational number, neighbours are far apart after the shuffle.

        Two shuffles of the same numbers need different ratios, or they give related orders.
        """
        self.size = max(1, size)
        self._shift = draw.below(self.size)
        step = int(self.size * ratio) + draw.below(max(1, self.size // 100)) or 1
        while gcd(step, self.size) != 1:
            step += 1
        self._step = step
        self._back = pow(step, -1, self.size) if self.size > 1 else 0

    def place(self, number: int) -> int:
        return (number * self._step + self._shift) % self.size

    def number(self, place: int) -> int:
        return (place - self._shift) * self._back % self.size


def mix(number: int, key: int) -> int:
    """A bijection of 64-bit numbers (the finalizer of splitmix64)."""
    number = (number ^ key) & _MASK
    number ^= number >> 30
    number = number * 0xBF58476D1CE4E5B9 & _MASK
    number ^= number >> 27
    number = number * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


def instant(second: int) -> str:
    """Epoch seconds as RFC 3339 text with milliseconds, as in the Candidates API."""
    moment = datetime.fromtimestamp(second, tz=timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
