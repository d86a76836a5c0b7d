"""Recognises e-mail addresses."""

from __future__ import annotations

import re

_LONGEST = 254
_WORD = r"[^\s\"(),:;<>@\[\\\].]+"
_LABEL = r"(?!-)[0-9A-Za-z\u0080-\U0010ffff-]{1,63}(?<!-)"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}")


def is_mail_address(text: str) -> bool:
    """Whether ``text`` is one address and nothing else, also in other scripts than Latin.

    No name beside it, no ``mailto:``, no dots at the ends or two in a row; the domain has at
    least two parts and does not end in a number.
    """
    # The length first, so that a long text takes no time.
    return len(text) <= _LONGEST and text.isprintable() and bool(_ADDRESS.fullmatch(text))
