"""What can go wrong between us and the gateway, one class per remedy.

Every error carries two texts. ``message`` is for people: what happened, where, what to do.
``detail`` is technical (status codes, exception types). Neither ever holds a secret, a token
or an applicant's data, so both may be logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phenom_api.transport import Answer


class PhenomError(Exception):
    """Base of everything this package raises on purpose."""

    answer: Answer | None = None
    """The gateway's last answer, where the error is about one; never part of either text."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail or message


class InvalidConfig(PhenomError):
    """The configuration itself is unusable; ``keys`` names the offending members."""

    def __init__(self, message: str, keys: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.keys = keys


class AuthenticationFailed(PhenomError):
    """The token endpoint refused the credentials, or the gateway refused a fresh token."""


class PermissionDenied(PhenomError):
    """The gateway answered 403: the API client lacks a permission."""


class RequestRefused(PhenomError):
    """A final 4xx other than 401 and 403; repeating the request would not help."""

    def __init__(self, message: str, detail: str = "", *, status: int = 0) -> None:
        super().__init__(message, detail)
        self.status = status


class Unreachable(PhenomError):
    """No connection: name resolution, TLS, refused or reset connections, timeouts."""


class Unavailable(PhenomError):
    """The gateway kept answering with 429 or 5xx until our patience ended.

    ``wait`` is for how many seconds it asked us to stay away, where it said so.
    """

    def __init__(self, message: str, detail: str = "", *, wait: float | None = None) -> None:
        super().__init__(message, detail)
        self.wait = wait


class Throttled(Unavailable):
    """The same with 429 alone, which says that the request had no effect."""


class MalformedAnswer(PhenomError):
    """A success status with a body that is not what the operation returns."""


class AnswerTooLarge(MalformedAnswer):
    """An answer of any status with more bytes than one may have; asking again would not help."""


class GatewayClosed(PhenomError):
    """The gateway was closed while a request waited for its turn."""
