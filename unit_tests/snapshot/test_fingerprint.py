from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from source_phenom.snapshot import fingerprint


def test_a_fingerprint_is_the_same_everywhere() -> None:
    assert fingerprint(b"") == 0x38D394C2
    assert fingerprint(b'{"name":"Engineer"}') == 0x6CBD1F38


@given(st.binary())
def test_a_fingerprint_has_32_bits(columns: bytes) -> None:
    assert 0 <= fingerprint(columns) < 2**32


def test_records_that_differ_a_little_differ_in_their_fingerprints() -> None:
    assert len({fingerprint(b"%d" % n) for n in range(1000)}) == 1000
