"""The errors of this package: one class for each way in which a user can respond.

Every error has two texts. ``message`` says what happened, where, and what to do. ``detail`` is
technical (status codes, exception types). Both may be logged: they never hold a secret, a token or
an applicant's data.
"""

from __future__ import annotations

from phenom_api.answers import Answer


class PhenomError(Exception):
    """Base class. ``answer`` is the answer that caused the error, if one did; it may hold
    personal data and must not be logged."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail or message
        self.answer: Answer | None = None


class InvalidConfig(PhenomError):
    """The configuration is not valid; ``keys`` names the wrong keys."""

    def __init__(self, message: str, keys: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.keys = keys


class AuthenticationFailed(PhenomError):
    """The token endpoint refused the credentials, or the gateway refused a fresh token."""


class PermissionDenied(PhenomError):
    """The gateway answered 403: the API client lacks a permission."""


class RequestRefused(PhenomError):
    """A 4xx other than 401 and 403 that will not pass: repeating the request does not help."""

    def __init__(self, message: str, detail: str = "", *, status: int = 0) -> None:
        super().__init__(message, detail)
        self.status = status


class Unreachable(PhenomError):
    """No connection: name resolution, TLS, refused or reset connections, timeouts."""


class Unavailable(PhenomError):
    """The gateway answered 429 or 5xx until the retry policy gave up.

    ``wait`` is the seconds of its last ``Retry-After``, None if it sent none.
    """

    def __init__(self, message: str, detail: str = "", *, wait: float | None = None) -> None:
        super().__init__(message, detail)
        self.wait = wait


class Throttled(Unavailable):
    """The last answer was 429: the request had no effect."""


class MalformedAnswer(PhenomError):
    """A success status with a body that is not what the operation returns."""


class AnswerTooLarge(MalformedAnswer):
    """An answer of any status is larger than the limit. Repeating the request does not help."""


class DiskUnusable(PhenomError):
    """Files cannot be written on this machine: its disk is full, read-only or failing."""


class GatewayClosed(PhenomError):
    """The gateway was closed while a request was waiting or under way."""
