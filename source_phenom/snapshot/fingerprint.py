"""The digests that tell a changed record from an unchanged one.

A digest has 32 bits. If some columns of a record (its *details*) come from an API that is not
read in every run, a digest has 64 bits instead: the upper half is the digest of the other columns,
the lower half is the digest of the details, or 0 when all of them are null.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

Digests = NDArray[np.unsignedinteger[Any]]

_HALF = 32
_LOWER_HALF = 0xFFFFFFFF


def fingerprint(columns: bytes) -> int:
    """Return a 32-bit digest of a record's own columns.

    `columns` is any canonical serialisation of the record without `changed_at`: equal records must
    give equal bytes, in every process and version that shares a state. A change goes unnoticed with
    a probability of 2**-32 (2.3e-10; the specification, section 4, allows 1e-9). The digest is the
    lower half of XXH3-64, an algorithm whose output is frozen. It does not protect against somebody
    who wants a collision.
    """
    return xxh3_64_intdigest(columns) & _LOWER_HALF


def digest_with_details(record: int, details: bytes | None) -> int:
    """Return the 64-bit digest of a record with details.

    `record`: the fingerprint of the other columns. `details`: a canonical serialisation of the
    details, None when all of them are null.
    """
    return record << _HALF | (0 if details is None else fingerprint(details) or 1)


def digest_type(*, detailed: bool) -> type[np.unsignedinteger[Any]]:
    """Return the type of digests with or without details."""
    return np.uint64 if detailed else np.uint32


def without_details(digests: Digests) -> Digests:
    """Return the upper halves of 64-bit digests."""
    return (digests >> np.uint64(_HALF)).astype(np.uint32)


def with_null_details(digests: Digests) -> Digests:
    """Return 32-bit digests as those of records whose details are all null."""
    return digests.astype(np.uint64) << np.uint64(_HALF)


def with_details_dropped(digests: Digests) -> Digests:
    """Return 32-bit digests for a run that knows no details.

    A record that had details gets a digest that it cannot have now: it changed, as its details
    became null.
    """
    had_details = (digests & np.uint64(_LOWER_HALF)) != 0
    return np.where(had_details, ~without_details(digests), without_details(digests))
