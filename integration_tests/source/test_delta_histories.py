"""Random histories of a tenant and its syncs, with and without deltas.

`python -m integration_tests.deltas --seeds 1000` runs more of them.
"""

from __future__ import annotations

from collections import Counter

import pytest

from integration_tests.deltas.history import History

PARTS, HISTORIES = 8, 5
"""Each part is a test of its own, so that they can run at the same time."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_histories(part: int) -> None:
    tally: Counter[str] = Counter()
    for seed in range(part, PARTS * HISTORIES, PARTS):
        history = History(seed, tally)
        try:
            history.run()
        except AssertionError as error:
            error.add_note("\n".join([f"Seed {seed}", *history.story]))
            raise
    # The histories had what they are meant to have.
    assert tally["delta"]
    assert tally["full"]
