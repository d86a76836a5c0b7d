"""Downloads the files of candidates from the storage that Phenom names.

``phenom documents`` and the source fetch files with this, so all guards are the same.
"""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from phenom_api.candidates import PRE_SIGNED_URL, none_if_not_found, of_any, pre_signed_url
from phenom_api.connection import is_loopback
from phenom_api.errors import AuthenticationFailed, GatewayClosed, PermissionDenied, PhenomError
from phenom_api.gateway import Gateway, Operation
from phenom_api.retries import Retrier, RetryLog, RetryPolicy
from phenom_api.storage import LONGEST, MOST_BYTES, FileUnavailable, Storage

_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def concerns_all_files(error: OSError) -> bool:
    """Whether no other file can be written either."""
    return error.errno in _DISK_ERRORS


class AttachmentFetcher:
    """Downloads attachments. Safe to share between threads.

    :param policy: for one file. Each attempt asks for a new URL, as URLs are valid for minutes.
    :param most_bytes, longest, mode: as in :class:`Storage`.
    """

    def __init__(
        self,
        gateway: Gateway,
        policy: RetryPolicy,
        *,
        operation: Operation = PRE_SIGNED_URL,
        most_bytes: int = MOST_BYTES,
        longest: float = LONGEST,
        mode: int = 0o600,
    ) -> None:
        self._gateway = gateway
        self._operation = operation
        host = urlsplit(gateway.connection.gateway_url).hostname or ""
        self._storage = Storage(
            loopback=is_loopback(host),
            connect=policy.connect,
            read=policy.read,
            most_bytes=most_bytes,
            longest=longest,
            mode=mode,
        )
        self._retrier = Retrier(
            policy,
            clock=time.monotonic,
            sleep=time.sleep,
            rng=random.Random(),
            before_retry=lambda: None,
            retry_log=RetryLog(time.monotonic),
        )

    def close(self) -> None:
        """End all downloads that are under way."""
        self._storage.close()

    def fetch(self, candidate_ids: Sequence[str], attachment_id: str, target: Path) -> int:
        """Download a file to ``target``, whole or not at all; returns its number of bytes.

        :param candidate_ids: the spellings of the candidate's id, see :func:`of_any`.
        :raises FileUnavailable: if Phenom or the storage does not have the file.
        :raises PhenomError: if the gateway refuses or fails.
        :raises OSError: if the file cannot be written.
        """

        def addresses(candidate_id: str) -> list[str]:
            return [
                pre_signed_url(
                    self._gateway, candidate_id, attachment_id, operation=self._operation
                )
            ]

        def save() -> int:
            urls = none_if_not_found(lambda: of_any(addresses, candidate_ids))
            if not urls:
                raise FileUnavailable("Phenom no longer has it.")
            return self._storage.save(urls[0], target)

        return self._retrier(save)


class CircuitBreaker:
    """Lets single requests fail, and ends the work if all or too many requests fail.

    :param most_in_a_row: failures in a row that end it.
    """

    def __init__(self, most_in_a_row: int) -> None:
        self._most_in_a_row = most_in_a_row
        self._has_succeeded = False
        self._failures_in_a_row = 0

    def success(self) -> None:
        self._has_succeeded = True
        self._failures_in_a_row = 0

    def failure(self, error: PhenomError) -> None:
        """Raises the error if it concerns every request, or if too many failed in a row."""
        self._failures_in_a_row += 1
        concerns_all = isinstance(error, (AuthenticationFailed, GatewayClosed)) or (
            isinstance(error, PermissionDenied) and not self._has_succeeded
        )
        if concerns_all or self._failures_in_a_row >= self._most_in_a_row:
            raise error
