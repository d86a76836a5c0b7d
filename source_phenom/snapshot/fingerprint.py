"""The digest that tells a changed record from an unchanged one."""

from __future__ import annotations

from xxhash import xxh3_64_intdigest

from source_phenom.snapshot.snapshot import DETAILS_BITS


def fingerprint(columns: bytes) -> int:
    """Return a 32-bit digest of a record's own columns.

    `columns` is any canonical serialisation of the record without `changed_at`: equal records must
    give equal bytes, in every process and version that shares a state. A change goes unnoticed with
    a probability of 2**-32 (2.3e-10; contract section 4 allows 1e-9). The lower half of XXH3-64 is
    used, an algorithm whose output is frozen; it is no protection against somebody who wants a
    collision.
    """
    return xxh3_64_intdigest(columns) & 0xFFFFFFFF


def detailed(record: int, details: bytes | None) -> int:
    """Return a 64-bit digest of a record with details: the record's own, then that of the details.

    `record`: the fingerprint of the record proper. `details`: a canonical serialisation of the
    columns that come from elsewhere, None where all of them are null.
    """
    return record << DETAILS_BITS | (0 if details is None else fingerprint(details) or 1)
