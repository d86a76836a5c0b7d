"""Turns written phone numbers into numbers that can be dialled."""

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
_ZERO_IS_DIALLED = frozenset(
    {"39", "225", "226", "227", "229", "241", "242", "247", "378", "379", "992"}
)
"""Calling codes of countries where a leading zero is dialled from abroad, too, such as Italy."""
_LONG_TRUNK_PREFIXES = {"36": ("06", 10), "52": ("01", 12)}
"""The longer trunk prefixes of Hungary and Mexico, and the minimum length of the number with them.
With fewer digits, only the zero is a prefix."""
_MAX_LENGTH = 60
"""Characters; Unicode normalization of a very long text takes too long."""
_DIALLED = re.compile(r"\+?[0-9]{5,15}")
_EXTENSION = re.compile(r"[#*,;]\s*[0-9]")
_ZERO_IN_BRACKETS = re.compile(r"[^0-9+]*[1-9][0-9]{0,2}[^0-9]*[(\[{]\s*0\s*[)\]}]")


def dialled(written: str) -> str:
    """The digits, with a + if there is one: without spaces, punctuation and a trunk zero.

    A trunk zero, as in ``+49 (0)30 1234567``, is dialled only within the country.

    :raises ValueError: for text that is no phone number, and for a number with an extension.
    """
    if len(written) <= _MAX_LENGTH:
        text = "".join(map(_ascii_digit, unicodedata.normalize("NFKC", written)))
        number = "".join(filter(lambda each: each.isalnum() or each == "+", text))
        if not _EXTENSION.search(text):
            if _ZERO_IN_BRACKETS.match(text):
                # The number begins with a calling code, although there is no + or 00.
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
    """The calling code at the beginning of an international number without its +."""
    return digits[: next((n for n in (1, 2) if digits[:n] in _SHORT_CALLING_CODES), 3)]


def _ascii_digit(character: str) -> str:
    """Digits of all scripts as 0 to 9."""
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _without_trunk_zero(digits: str) -> str:
    code = calling_code(digits)
    national = digits.removeprefix(code)
    if code in _ZERO_IS_DIALLED or code.startswith("0") or not national.startswith("0"):
        return digits
    prefix, length = _LONG_TRUNK_PREFIXES.get(code, ("0", 0))
    has_longer = national.startswith(prefix) and len(national) >= length
    return code + national.removeprefix(prefix if has_longer else "0")
