from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_phenom.listings import spool
from source_phenom.listings.one_time_cipher import OneTimeCipher
from source_phenom.listings.spool import Spool, TextStore

ROWS = [(f"key {number % 7}", (f"row {number}", b"Jane Doe" * 50)) for number in range(400)]


@pytest.mark.parametrize("encrypted", [False, True])
def test_rows_come_back_from_disk(
    encrypted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = partial(NamedTemporaryFile, dir=tmp_path, delete=False)
    monkeypatch.setattr(spool, "TemporaryFile", kept)
    monkeypatch.setattr(spool, "SHARD_IN_MEMORY", 2000)
    with Spool(encrypted=encrypted) as rows:
        for key, row in ROWS:
            rows.add(key, row)
        found = dict(rows.groups())
    expected: dict[str, list[tuple[str, bytes]]] = {}
    for key, row in ROWS:
        expected.setdefault(key, []).append(row)
    assert found == expected
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(written) > 100_000
    assert (b"Jane" in written) is not encrypted


@given(st.lists(st.binary(max_size=5000), max_size=5))
def test_parts_are_decrypted_together(parts: list[bytes]) -> None:
    cipher = OneTimeCipher()
    written = [cipher.encrypted(part) for part in parts]
    assert cipher.decrypted(b"".join(written)) == b"".join(parts)


@pytest.mark.parametrize("encrypted", [False, True])
@given(texts=st.lists(st.binary(max_size=100), max_size=20), data=st.data())
def test_texts_come_back_in_any_order(
    encrypted: bool, texts: list[bytes], data: st.DataObject
) -> None:
    with TextStore(encrypted=encrypted) as store:
        half = len(texts) // 2
        places = [store.add(text) for text in texts[:half]]
        assert [store.text(place) for place in places] == texts[:half]
        places += [store.add(text) for text in texts[half:]]
        for number in data.draw(st.permutations(range(len(texts)))):
            assert store.text(places[number]) == texts[number]


def test_equal_parts_and_equal_files_differ() -> None:
    ciphers = [OneTimeCipher() for _ in range(2)]
    written = {cipher.encrypted(b"Jane Doe" * 10) for cipher in ciphers for _ in range(3)}
    assert len(written) == 6
