"""`phenom fields` shows the shape of a value, and nothing of the value itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phenom_cli.value_shapes import json_type, shape


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Jr42-101", "Aa99-999"),
        ("  Engineer ", "Aaaaaaaa"),
        ("2026-01-05", "9999-99-99"),
        ("O'Brien", "A'Aaaaa"),
        ("Ægir Ö", "Aaaa A"),
        ("法律", "aa"),
        ("٣٤", "99"),
        ("a→b", "a·a"),
        ("ada@example.com", "<e-mail>"),
        ("Ada Lovelace <ada@example.com>", "<e-mail>"),
        ("https://example.com/a?b", "<url>"),
        ("<p>Build.</p>", "<html>"),
        ("65920080c22eeb252edd8ab3", "<24 hex digits>"),
        ("1234567890123456", "9999999999999999"),
        ("A sentence of more than a few words.", "<long text>"),
        (True, "true/false"),
        (-12, "-99"),
        (3.75, "9.99"),
        ([1, 2, 3], "list[3]"),
        ({"a": 1}, "object[1]"),
        (None, ""),
    ],
)
def test_shape(value: Any, expected: str) -> None:
    assert shape(value) == expected


@given(st.text())
def test_no_letter_and_no_digit_is_shown(value: str) -> None:
    shown = shape(value)
    if shown.startswith("<") and shown.endswith(">") and any(map(str.isalpha, shown)):
        return
    assert {each for each in shown if each.isalnum()} <= set("Aa9")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.5, "number"),
        ("x", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_json_type(value: Any, expected: str) -> None:
    assert json_type(value) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("ax", "<long text>"),
        ("<a", "<long text>"),
        ("a:", "<long text>"),
        ("f-", "<1000000 hex digits>"),
    ],
)
def test_a_long_text_takes_linear_time(part: str, expected: str) -> None:
    """With a pattern that takes quadratic time this test would run for hours."""
    assert shape(part * 500_000) == expected
