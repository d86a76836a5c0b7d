"""Which error makes which streams fail, and the message to the user.

=============================================  ==================================================
error                                          consequence
=============================================  ==================================================
the gateway was closed (the run is ending)     fails the listing that is read, whatever reads it
a listing cannot be read                       fails the streams that are read from it
an API that only one stream needs              fails that stream; the listing goes on
an optional API refuses (:func:`is_refusal`)   its columns are null, unless they had values before
an optional API is down or unreachable         fails the stream: an outage must not empty columns
the disk is full, or a bug                     fails the listing's streams, as a system error
=============================================  ==================================================

A stream that fails never fails the streams of another listing.
"""

from __future__ import annotations

from phenom_api.errors import GatewayClosed, PhenomError, Unavailable, Unreachable
from phenom_protocol.entry import failure_type, origin_of
from source_phenom.streams.events import Failure

_MAY_PASS = (GatewayClosed, Unavailable, Unreachable)


def is_refusal(error: PhenomError) -> bool:
    """Whether the gateway answered, and a retry would get the same answer."""
    return not isinstance(error, _MAY_PASS)


def ends_listing(error: PhenomError) -> bool:
    """Whether all streams of the listing must end, even if the error came up in one of them."""
    return isinstance(error, GatewayClosed)


def failure(stream: str, error: Exception) -> Failure:
    """The message to the user about an error that ends a stream."""
    if isinstance(error, PhenomError):
        message = f"Stream {stream}: {error.message}"
        return Failure(stream, message, error.detail, failure_type(error))
    if isinstance(error, OSError):
        return Failure(
            stream,
            f"The sync of {stream} could not keep its intermediate rows on disk "
            f"({error.strerror or type(error).__name__}): free space where TMPDIR points, or "
            "point it to a larger disk.",
            type(error).__name__,
            "system_error",
        )
    return Failure(
        stream,
        f"The sync of {stream} met a situation that the connector does not know. Please "
        "report it with the technical detail.",
        f"{type(error).__name__}: {origin_of(error)}",
        "system_error",
    )


def not_offered(stream: str) -> Failure:
    """A configured stream needs an acting user, and none is configured."""
    return Failure(
        stream,
        f"Stream {stream} is read on behalf of an acting user: set ph_user_id, or take the stream "
        "out of the connection.",
        f"{stream} selected without ph_user_id",
        "config_error",
    )


def unusable_state(stream: str, error: Exception) -> Failure:
    """The platform passed a state that another version or another tenant wrote."""
    return Failure(
        stream,
        f"The saved state of stream {stream} cannot be used: {error}. Reset this stream to read "
        f"it in full again: {how_to_reset(stream)}.",
        f"unusable state of {stream}: {error}",
        "config_error",
    )


def how_to_reset(stream: str) -> str:
    """What to type or click so that a stream forgets its state."""
    return (
        f"with phenom sync by --full-refresh --streams {stream}, in Airbyte by refreshing or "
        "clearing the stream"
    )
