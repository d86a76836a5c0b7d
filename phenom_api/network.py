"""Turns exceptions of requests and urllib3 into errors without personal data and secrets."""

from __future__ import annotations

import ssl
import zlib
from typing import Any

import requests
from urllib3 import exceptions as below

from phenom_api.body import MOST_VALUES
from phenom_api.deadline import MOST_BYTES
from phenom_api.errors import AnswerTooLarge, Unreachable
from phenom_api.retries import TransientFault

_PLAIN_CAUSES = (
    ("NameResolutionError", "the host name is not known"),
    ("ConnectionRefusedError", "refused"),
    ("ConnectionResetError", "reset"),
    ("RemoteDisconnected", "closed without an answer"),
    ("IncompleteRead", "broken off half-way"),
    ("ProxyError", "the proxy failed"),
)
_NO_CONNECTION = ("NameResolutionError", "ConnectionRefusedError")
_BROKEN_OFF = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    below.ProtocolError,
    below.DecodeError,
    zlib.error,
)


def network_failure(error: Exception, what: str, setting: str) -> Exception:
    """The error to raise for an exception: a :class:`TransientFault` if a retry may help.

    :param what: the request; messages begin with it.
    :param setting: the configuration key that holds its address.
    """
    detail = _kinds(error)
    kinds = requests.exceptions
    if "TooLarge" in detail:
        return AnswerTooLarge(
            f"{what}: the answer has more than {MOST_BYTES >> 20} MiB, or more than "
            f"{MOST_VALUES // 1_000_000} million values, which is more than any answer of "
            f"Phenom's. Check {setting}; if it is right, lower page_size.",
            detail,
        )
    if isinstance(error, (kinds.SSLError, below.SSLError)):
        final = Unreachable(
            f"{what}: no secure connection, as the TLS handshake failed. Check {setting} and the "
            "certificates that this machine trusts.",
            detail,
        )
        untrusted = any(isinstance(e, ssl.SSLCertVerificationError) for e in _causes(error))
        return final if untrusted else _transient(what, setting, "the TLS handshake failed", final)
    if isinstance(error, kinds.Timeout) or "ReadTimeoutError" in detail:
        text = f"{what}: no answer in time. Check {setting} and the network."
        return _transient(
            what, setting, "no answer in time", Unreachable(text, detail), silent=True
        )
    if isinstance(error, _BROKEN_OFF):
        cause = "the answer broke off half-way"
        text = f"{what}: {cause}. Try again later."
        return _transient(what, setting, cause, Unreachable(text, detail))
    if isinstance(error, kinds.ConnectionError):
        reason = _plain_cause(error)
        cause = f"the connection failed ({reason})"
        text = f"{what}: the connection failed ({reason}). Check {setting} and the network."
        refused = any(kind in detail for kind in _NO_CONNECTION)
        return _transient(what, setting, cause, Unreachable(text, detail), refused=refused)
    if type(error) is OSError and "TLS CA certificate" in str(error):
        return Unreachable(
            f"{what}: the environment variable REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE) names a file "
            "that does not exist. Correct the path, or remove the variable.",
            detail,
        )
    return Unreachable(f"{what}: the request could not be made. Check {setting}.", detail)


def _transient(
    what: str,
    setting: str,
    cause: str,
    final: Unreachable,
    *,
    refused: bool = False,
    silent: bool = False,
) -> TransientFault:
    return TransientFault(
        final,
        what=f"{what}: {cause}",
        kind=f"{setting}: {cause}",
        refused=refused,
        silent=silent,
    )


def _causes(error: BaseException) -> list[BaseException]:
    """An exception and its causes; urllib3 nests them in ``args`` and ``reason``."""
    causes: list[BaseException] = []
    queue: list[Any] = [error]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and not any(item is cause for cause in causes):
            causes.append(item)
            queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return causes


def _kinds(error: BaseException) -> str:
    """The types of an exception and its causes. Their texts may repeat personal data in a URL."""
    return " <- ".join(dict.fromkeys(type(cause).__name__ for cause in _causes(error)))


def _plain_cause(error: BaseException) -> str:
    kinds = {type(cause).__name__ for cause in _causes(error)}
    return next((plain for kind, plain in _PLAIN_CAUSES if kind in kinds), "network error")
