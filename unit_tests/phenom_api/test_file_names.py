"""Safe file names, made of names and ids from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_api.file_names import file_name, id_name, ignores_case


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cv.pdf", "cv.pdf"),
        ("Lebenslauf Müller (2024).pdf", "Lebenslauf Müller (2024).pdf"),
        ("履歴書.docx", "履歴書.docx"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\cv.pdf", "C__cv.pdf"),
        ("..", "file"),
        (" . ", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("cv.pdf. ", "cv.pdf"),
        ("a\nb\x00c\u202egpj.exe", "a_b_c_gpj.exe"),
        ("a\u2028b\u2029c", "a_b_c"),
        ("u\u0308.pdf", "ü.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("é" * 300 + ".pdf", "é" * 73 + ".pdf"),
        ("cv." + "x" * 300, "cv." + "x" * 147),
        ("no suffix", "no suffix"),
    ],
)
def test_file_name(name: str, expected: str) -> None:
    assert file_name(name) == expected


@given(st.text())
def test_a_file_name_is_one_name(name: str) -> None:
    made = file_name(name)
    assert Path(made).name == made
    assert made not in (".", "..")
    assert 0 < len(made.encode("utf-8", "surrogatepass")) <= 150
    assert file_name(made) == made


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("65f0c1d2", "65f0c1d2"),
        ("a@b.io", "a@b.io"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("../x", "..%2Fx"),
        ("a b", "a%20b"),
        ("", ""),
        ("JR-1", "JR-1"),
        ("a" * 100, "a" * 100),
        ("a" * 101, "a" * 83 + "=9d0793397991b57a"),
        ("a=b", "a%3Db"),
        ("Nul", "Nul=e54bdb0574893801"),
        ("com1.txt", "com1.txt=b707e3c635c25b57"),
        ("company", "company"),
        ("a.", "a.=5ab640fad553cbf9"),
    ],
)
def test_id_name(key: str, expected: str) -> None:
    assert id_name(key) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(max_codepoint=99)))
def test_different_ids_have_different_names_without_capitals(one: str, other: str) -> None:
    made = [id_name(key, ignores_case=True).lower() for key in (one, other)]
    assert (made[0] == made[1]) == (one == other)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.integers(0, 300))
def test_any_id_has_a_short_name(key: str, times: int) -> None:
    assert len(id_name(key * times).encode()) <= 100


def test_ignores_case_agrees_with_the_file_system(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert ignores_case(tmp_path) == (tmp_path / "A").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(max_codepoint=99)))
def test_different_ids_have_different_names(one: str, other: str) -> None:
    assert (id_name(one) == id_name(other)) == (one == other)
    for name in (id_name(one), id_name(other)):
        assert "/" not in name
        assert name not in (".", "..")
