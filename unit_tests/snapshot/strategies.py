"""The values that the property tests of `source_phenom.snapshot` draw."""

from __future__ import annotations

from hypothesis import strategies as st

HEX = "0123456789abcdef"

digests = st.integers(0, 2**32 - 1)

#: Keys of every kind, and keys that almost are of a kind. JSON can hold lone surrogates.
keys = st.one_of(
    st.text(HEX, min_size=24, max_size=24),
    st.builds(
        "{:08x}{:010x}{:06x}".format, st.integers(0, 99), st.integers(0, 2), st.integers(0, 9)
    ),
    st.uuids().map(str),
    st.uuids().map(lambda value: value.hex),
    st.uuids().map(lambda value: f"email:{value.hex}"),
    st.uuids().map(lambda value: str(value).upper()),
    st.text(HEX + "-A \xff", min_size=24, max_size=24),
    st.text(HEX + "-", min_size=36, max_size=36),
    st.text(HEX + "mil:", min_size=32, max_size=32).map(lambda text: "email:" + text),
    st.text(st.characters(exclude_categories=())),
    st.text("a:@\0\xff", max_size=6),
    st.emails(),
    st.integers(0, 10**6).map("REQ-{}".format),
    st.builds("{}:{}:{}".format, st.integers(0, 20), st.emails(), st.sampled_from(["A", "B"])),
    st.builds(
        "{}{}".format, st.text("xy", min_size=1, max_size=2).map(lambda x: x * 300), st.text()
    ),
)

records = st.dictionaries(keys, digests, max_size=30)
