"""Scans of gateways with several random faults at once.

The test suite runs some of them. To run many more, and count the results:

    python -m unit_tests.phenom_api.hostile 100000
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from phenom_api.paging import Page, ScanOutcome
from unit_tests.phenom_api.moving_listing import (
    Change,
    DrawnExecutor,
    InlineExecutor,
    MovingListing,
    Row,
    scanned,
    without_repeats,
)

Total = Callable[[int], int | None]

TOTALS: dict[str, Total] = {
    "right": lambda count: count,
    "missing": lambda count: None,
    "zero": lambda count: 0,
    "one": lambda count: 1,
    "one too many": lambda count: count + 1,
    "a few too many": lambda count: count + 5,
    "ten times": lambda count: 10 * count + 500,
    "absurd": lambda count: 10**12,
    "one too few": lambda count: max(0, count - 1),
    "half": lambda count: count // 2,
}


def explains(
    rows: Sequence[Row], reads: Sequence[tuple[int, int]], answers: Sequence[Page]
) -> bool:
    """Whether a gateway that lists only ``rows`` could have given these answers.

    Every page must have the rows that begin at its offset. In addition, one of two rules must hold:

    * Every total is the number of ``rows``. Pages may then be short or empty.
    * Every page is full. The listing may then have grown at its end, if the totals grew too.
    """
    counts = [answer.total for answer in answers if answer.total is not None]
    longest = max((len(answer.rows) for answer in answers), default=0)
    runs, whole = True, counts == sorted(counts) and counts[-1:] in ([], [len(rows)])
    for (offset, limit), answer in zip(reads, answers, strict=True):
        listed = rows[: answer.total]
        runs &= answer.rows == list(rows[offset : offset + len(answer.rows)])
        whole &= len(answer.rows) == len(listed[offset : offset + min(limit, longest)])
    return runs and (whole or set(counts) == {len(rows)})


@dataclass
class Scanned:
    """A finished scan of a hostile gateway."""

    seed: int
    listing: MovingListing
    rows: list[Row]
    outcome: ScanOutcome

    @property
    def missed(self) -> set[Row]:
        """Rows that were listed all the time but were not read."""
        return self.listing.persistent.difference(self.rows)

    @property
    def explained(self) -> bool:
        """Whether a gateway with only the rows that were read could have given the answers."""
        rows = without_repeats(self.rows)
        return explains(rows, self.listing.reads, self.listing.answers)

    @property
    def showable(self) -> set[Row]:
        """The missed rows that some page would have shown."""
        hidden = {self.listing.first[hole] for hole in self.listing.holes}
        return self.missed - self.listing.hidden - hidden


def scans(seeds: range) -> Iterator[Scanned]:
    for seed in seeds:
        yield _scan(seed, random.Random(seed))


def _scan(seed: int, rng: random.Random) -> Scanned:
    count = rng.choice([0, 1, 2, 5, 20, 60, 200, rng.randint(0, 150), rng.randint(0, 40)])
    length = rng.choice([1, 2, 3, 5, 10, 10, 40])
    reads = 2 * count // max(1, length - 1) + 12
    listing = MovingListing(
        list(range(count)),
        clamp=rng.choice([length, 1000]),
        total=_total(rng),
        changes=_changes(rng, reads),
        short=_short(rng, reads),
        holes={rng.randrange(count) for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))}
        if count
        else set(),
    )
    if count and rng.random() < 0.2:
        listing.holes.add(rng.choice([count - 1, count // 2, max(0, count - 2)]))
    if count and rng.random() < 0.1:
        listing.hidden = {rng.randrange(count) for _ in range(rng.choice([1, 2]))}
    rows, outcome = scanned(
        listing,
        page_size=length,
        executor=DrawnExecutor(rng) if rng.random() < 0.6 else InlineExecutor(),
        ahead=rng.choice([1, 4, 20]),
        most_reads=6000,
    )
    return Scanned(seed, listing, rows, outcome)


def _total(rng: random.Random) -> Total:
    if rng.random() < 0.15:
        moods = random.Random(rng.random())
        return lambda count: moods.choice([None, 0, count // 2, count, count, count + 3, 10**9])
    return rng.choice(list(TOTALS.values()))


def _short(rng: random.Random, reads: int) -> dict[int, int]:
    """The rows of bad answers, by the number of the read: scattered, or one after the other."""
    kind = rng.random()
    if kind < 0.5:
        numbers = [rng.randrange(reads) for _ in range(rng.choice([1, 2, 3, 6]))]
    elif kind < 0.8:
        first = rng.randrange(reads)
        numbers = list(range(first, first + rng.choice([2, 3, 4, 6])))
    else:
        numbers = []
    return {number: rng.choice([0, 0, 1, 1, 2, 3]) for number in numbers}


def _changes(rng: random.Random, reads: int) -> dict[int, list[Change]]:
    made: dict[int, list[Change]] = {}
    if rng.random() < 0.15:
        for _ in range(rng.choice([1, 2, 3])):
            made.setdefault(rng.randrange(reads), []).append(_change(rng))
    return made


def _change(rng: random.Random) -> Change:
    insert, where, count = rng.random() < 0.5, rng.random(), rng.choice([1, 1, 2, 5])

    def change(listing: MovingListing) -> None:
        position = int(where * len(listing.rows))
        listing.insert(position, count) if insert else listing.delete(position, count)

    return change


def _main(number: int) -> None:
    seen: Counter[str] = Counter()
    for scan in scans(range(number)):
        seen["scans"] += 1
        seen["missed a row"] += bool(scan.missed)
        seen["complete"] += scan.outcome.complete
        if scan.missed and scan.outcome.complete:
            seen["complete, though a row was missed"] += 1
            seen["  of these: by answers that other rows explain"] += scan.explained
            seen["  of these: a row that some page would have shown"] += bool(scan.showable)
            if not scan.explained:
                print("not explained: seed", scan.seed)  # noqa: T201
    for what, times in seen.items():
        print(f"{times:>9,}  {what}")  # noqa: T201


if __name__ == "__main__":
    _main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
