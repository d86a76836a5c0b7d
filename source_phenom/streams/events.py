"""What a read yields, in the order in which it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phenom_protocol.messages import FailureType, FileReference, StreamStatus


@dataclass(frozen=True)
class Records:
    """Records of one stream; each is the UTF-8 JSON text of its data.

    :param files: the file of each record, None for a record without one; empty if none has one.
    """

    stream: str
    data: list[bytes]
    files: Sequence[FileReference | None] = ()


@dataclass(frozen=True)
class State:
    """A stream's state. It covers every record of the stream that was yielded before it."""

    stream: str
    blob: Mapping[str, Any]


@dataclass(frozen=True)
class StreamProgress:
    stream: str
    status: StreamStatus


@dataclass(frozen=True)
class Failure:
    """Why a stream cannot be finished. The other streams go on."""

    stream: str
    message: str
    detail: str
    failure_type: FailureType


Event = Records | State | StreamProgress | Failure
