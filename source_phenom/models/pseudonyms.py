"""Pseudonyms: texts that stand for names, e-mail addresses and phone numbers.

Nobody can find out without the key which value a pseudonym stands for, or whether a given value has
one of the pseudonyms (specification, section 3.4).
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import Any

from phenom_api.mail_addresses import is_mail_address
from source_phenom.models.candidates import BY_ADDRESS
from source_phenom.models.ids import UnifiedIds

_DIGITS = 32
_PSEUDONYM = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
_CACHED = 4096
_BLOCK = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
# It matches only at the beginning of a word. From every character it would take quadratic time.
_ENDS_WORD = r"\s\"'<>()\[\]\\,:;=&?/"
_WITH_AT = re.compile(
    rf"(?<![^{_ENDS_WORD}])[^{_ENDS_WORD}]+(?:@|%40)[^{_ENDS_WORD}]+", re.IGNORECASE
)
"""A word that has ``@`` inside: an e-mail address, or nearly one."""


class Pseudonyms:
    """The pseudonyms under one key. Equal values have equal pseudonyms.

    :param key: ``pseudonym_key`` of the configuration.
    """

    def __init__(self, key: str) -> None:
        keyed = key.encode("utf-8", "surrogatepass")
        if len(keyed) > _BLOCK:
            keyed = sha256(keyed).digest()
        keyed = keyed.ljust(_BLOCK, b"\0")
        # HMAC (RFC 2104) written out: the hmac module takes twice as long for a short text.
        self._inner = sha256(keyed.translate(_INNER))
        self._outer = sha256(keyed.translate(_OUTER))
        #: The pseudonym of a text: the first 32 hexadecimal digits of its HMAC-SHA-256.
        self.of = lru_cache(_CACHED)(self._of)

    def _of(self, text: str) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.hexdigest()[:_DIGITS]

    @staticmethod
    def is_pseudonym(text: str) -> bool:
        """Whether a text has the form of a pseudonym."""
        return bool(_PSEUDONYM.fullmatch(text))

    def of_address(self, address: str) -> str:
        """The pseudonym of an e-mail address, whose case does not matter."""
        return self.of(address.lower())

    def of_text(self, text: str) -> str:
        """The pseudonym of a text that may be an e-mail address."""
        return self.of_address(text) if is_mail_address(text.strip()) else self.of(text)

    def of_key(self, key: str) -> str:
        """The key of a candidate or an employee, with a pseudonym in place of an e-mail address.

        An id with ``@`` counts as an address, however it is written. A key that has been through
        this stays as it is.
        """
        if "@" not in key:
            return key
        if key.startswith(BY_ADDRESS):
            return BY_ADDRESS + self.of_address(key.removeprefix(BY_ADDRESS))
        # Ids that differ only in case belong to different people.
        return self.of(key)

    def without_addresses(self, value: Any) -> Any:
        """A value of any type, with pseudonyms in place of the e-mail addresses in its texts."""
        if type(value) is str:
            has_address = "@" in value or "%40" in value
            return _WITH_AT.sub(self._of_match, value) if has_address else value
        if type(value) is list:
            return [self.without_addresses(each) for each in value]
        if type(value) is dict:
            return {
                self.without_addresses(name): self.without_addresses(each)
                for name, each in value.items()
            }
        return value

    def _of_match(self, match: re.Match[str]) -> str:
        written = match[0]
        address = written.rstrip(".!")
        return self.of_address(address) + written[len(address) :]


class PseudonymousIds(UnifiedIds):
    """Unified ids of records whose keys have pseudonyms in place of e-mail addresses.

    References are computed from keys as Phenom has them: this makes them fit.
    """

    _OF_PEOPLE = frozenset({"candidates", "employees"})

    def __init__(self, integration_id: str, pseudonyms: Pseudonyms) -> None:
        super().__init__(integration_id)
        self._pseudonyms = pseudonyms

    def of(self, model: str, key: str) -> str:
        if "@" in key and model in self._OF_PEOPLE:
            key = self._pseudonyms.of_key(key)
        return UnifiedIds.of(self, model, key)
