"""Runs random histories and prints what is wrong: ``python -m integration_tests.deltas``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from integration_tests.deltas.history import History


def one(seed: int, arriving: bool) -> tuple[int, str, list[str], Counter[str]]:
    """The seed, what is wrong, the story, and what it covered."""
    history = History(seed, arriving=arriving)
    try:
        history.run()
    except Exception as error:
        return seed, f"{type(error).__name__}: {error}", history.story, history.tally
    return seed, "", history.story, history.tally


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m integration_tests.deltas",
        description="Random histories of a tenant and its syncs. A history depends on its seed"
        " only, but for the order in which concurrent requests arrive.",
    )
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many histories")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the first seed")
    parser.add_argument("--processes", type=int, default=1, metavar="N")
    parser.add_argument("--story", action="store_true", help="print what happened in each history")
    parser.add_argument(
        "--arriving",
        action="store_true",
        help="with syncs during which applications arrive all the time",
    )
    options = parser.parse_args()
    tally: Counter[str] = Counter()
    wrong = []
    with ProcessPoolExecutor(options.processes) as executor:
        seeds = range(options.first, options.first + options.seeds)
        for seed, problem, story, covered in executor.map(
            partial(one, arriving=options.arriving), seeds
        ):
            tally += covered
            if problem:
                wrong.append(seed)
            if problem or options.story:
                lines = [f"Seed {seed}: {problem or 'right'}", *(f"  {line}" for line in story)]
                sys.stdout.write("\n".join(lines) + "\n")
                sys.stdout.flush()
    covers = ", ".join(f"{name} {number}" for name, number in sorted(tally.items()))
    sys.stderr.write(f"{options.seeds} histories, wrong: {wrong or 'none'}. They had: {covers}.\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
