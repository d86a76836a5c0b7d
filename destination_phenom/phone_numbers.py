"""Phone numbers as they are dialled, out of what people write."""

from __future__ import annotations

import re
import unicodedata

_SHORT_CALLING_CODES = frozenset(
    map(
        str,
        (
            *(1, 7, 20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59)),
            *(*range(60, 67), 81, 82, 84, 86, *range(90, 96), 98),
        ),
    )
)
"""Calling codes of one and two digits (ITU-T E.164); all others have three."""
_ZERO_BELONGS = frozenset(
    {"39", "225", "226", "227", "229", "241", "242", "247", "378", "379", "992"}
)
"""Countries whose own numbers begin with a zero that is dialled from abroad, too: Italy first."""
_LONGER_TRUNKS = {"36": ("06", 10), "52": ("01", 12)}
"""What is dialled within Hungary and Mexico in front of a number, and how long both together are at
least: with fewer digits it is not that, but a zero."""
_LONGEST = 60
"""Characters; only what is short is normalized, which takes long for long texts."""
_DIALLED = re.compile(r"\+?[0-9]{5,15}")
_EXTENSION = re.compile(r"[#*,;]\s*[0-9]")
_ZERO_IN_BRACKETS = re.compile(r"[^0-9+]*[1-9][0-9]{0,2}[^0-9]*[(\[{]\s*0\s*[)\]}]")


def dialled(written: str) -> str:
    """Digits, after a + where there is one: without spaces, punctuation and a trunk zero.

    The zero in ``+49 (0)30 1234567`` is dialled within the country only.

    :raises ValueError: for what is no number, and for an extension, which has no place in one.
    """
    if len(written) <= _LONGEST:
        text = "".join(map(_plain, unicodedata.normalize("NFKC", written)))
        number = "".join(filter(lambda each: each.isalnum() or each == "+", text))
        if not _EXTENSION.search(text):
            if _ZERO_IN_BRACKETS.match(text):
                # A calling code, although nothing in front of it says so.
                number = _without_trunk_zero(number)
            for prefix in ("+", "00"):
                if number.startswith(prefix):
                    number = prefix + _without_trunk_zero(number.removeprefix(prefix))
                    break
            if _DIALLED.fullmatch(number):
                return number
    raise ValueError(
        "must have 5 to 15 digits, after an optional +, once spaces and punctuation are removed, "
        "and no extension"
    )


def calling_code(digits: str) -> str:
    """The country's calling code at the beginning of an international number without its +."""
    return digits[: next((n for n in (1, 2) if digits[:n] in _SHORT_CALLING_CODES), 3)]


def _plain(character: str) -> str:
    """Digits of all scripts as 0 to 9."""
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _without_trunk_zero(digits: str) -> str:
    code = calling_code(digits)
    own = digits.removeprefix(code)
    if code in _ZERO_BELONGS or code.startswith("0") or not own.startswith("0"):
        return digits
    trunk, length = _LONGER_TRUNKS.get(code, ("0", 0))
    has_longer = own.startswith(trunk) and len(own) >= length
    return code + own.removeprefix(trunk if has_longer else "0")
