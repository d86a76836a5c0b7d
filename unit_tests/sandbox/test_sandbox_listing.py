"""The arithmetic of a listing that is kept as exceptions, against a plain list."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from phenom_sandbox.listing import Listing
from phenom_sandbox.rendered import BLOCK, RenderedBlocks

operations = st.lists(
    st.tuples(
        st.sampled_from(["edit", "delete", "insert", "append", "restore"]),
        st.integers(min_value=0, max_value=60),
    ),
    max_size=40,
)


def flattened(listing: Listing, offset: int, limit: int) -> list[tuple[int, bytes | None]]:
    records: list[int] = []
    for span in listing.spans(offset, limit):
        records += span if isinstance(span, range) else [span]
    return [(record, listing.content(record)) for record in records]


@given(generated=st.integers(0, 25), steps=operations, page=st.integers(1, 9))
def test_equals_a_plain_list(generated: int, steps: list[tuple[str, int]], page: int) -> None:
    listing = Listing(generated)
    model: list[tuple[int, bytes | None]] = [(record, None) for record in range(generated)]
    deleted: list[int] = []
    for number, (action, place) in enumerate(steps):
        content = b"%d" % number
        if action == "append":
            model.append((listing.add(content), content))
        elif action == "insert":
            position = min(place, len(model))
            model.insert(position, (listing.add(content, position), content))
        elif action == "restore" and deleted:
            record = deleted.pop(place % len(deleted))
            listing.restore(record)
            # The place of a record that comes back is before the next generated one.
            at = next((i for i, (other, _) in enumerate(model) if other > record), None)
            behind = [i for i, (other, _) in enumerate(model) if 0 <= other < record]
            start = behind[-1] + 1 if behind else 0
            actual = [each for each, _ in flattened(listing, 0, len(listing))].index(record)
            assert start <= actual <= (len(model) if at is None else at)
            model.insert(actual, (record, None))
        elif action in ("edit", "delete") and model:
            position = place % len(model)
            record = listing.at(position)
            assert record == model[position][0]
            if action == "edit":
                listing.edit(record, content)
                model[position] = (record, content)
            else:
                listing.delete(record)
                del model[position]
                if record >= 0:
                    deleted.append(record)
    assert len(listing) == len(model)
    for offset in range(0, len(model) + page, page):
        assert flattened(listing, offset, page) == model[offset : offset + page]
    assert all(record in listing for record, _ in model)
    assert not any(record in listing for record in deleted)


@given(st.integers(0, 3 * BLOCK + 7), st.integers(0, 3 * BLOCK + 7), st.booleans())
def test_pieces_are_the_records(first: int, second: int, kept: bool) -> None:
    def compose(number: int) -> dict[str, Any]:
        return {"number": number, "text": "x" * (number % 5)}

    size = 3 * BLOCK + 7
    blocks = RenderedBlocks(size, compose, budget=10**6 if kept else 0)
    records = range(min(first, second), max(first, second))
    for _ in range(2):
        rendered = orjson.loads(b"[" + b",".join(blocks.pieces(records)) + b"]")
        assert rendered == [compose(number) for number in records]
    assert (blocks.kept_bytes > 0) <= kept
