"""Downloads files from pre-signed URLs to disk.

Whoever has such a URL can read the file, and its host is not Phenom's. So no credentials are sent
(no token, key, cookie or ``.netrc``), and no message repeats the URL. Only public addresses and
private networks are connected to. Behind a proxy, the proxy resolves the host name.
"""

from __future__ import annotations

import ipaddress
import os
import time
import uuid
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from phenom_api import __version__, addresses
from phenom_api.body import pieces_of
from phenom_api.connection import is_loopback
from phenom_api.deadline import TimedAdapter, TimeLimits
from phenom_api.errors import AnswerTooLarge, PhenomError
from phenom_api.host_availability import HostAvailability
from phenom_api.network import network_failure
from phenom_api.redirects import MOST_REDIRECTS, redirect_target
from phenom_api.retries import RetryPolicy, TransientFault
from phenom_api.transport import plain_session

_EXPIRED = 403
"""The URL may have expired, and the next one will be fresh."""
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_BYTES = 1_000_000_000
"""Bytes of a file. The limit keeps an endless file from filling the disk."""
LONGEST = 1800.0
"""Seconds for one file."""
_CONNECTIONS = 10
"""Connections that are kept open to each host."""
_WHAT = "The file's storage"
UNFINISHED = ".part"
"""How the name of a file ends that is being downloaded."""


class FileUnavailable(PhenomError):
    """The storage refuses this file for good. Other files may be available."""


class StorageUnavailable(FileUnavailable):
    """The storage cannot be reached or fails, which may concern all files."""


class _PublicAdapter(TimedAdapter):
    """Without a proxy, connects only to addresses that a file storage may have."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pool: Any = self.poolmanager.pool_classes_by_scheme["https"]

        class PublicConnection(pool.ConnectionCls):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                if not addresses.may_be_storage(str(self.sock.getpeername()[0])):
                    self.close()
                    raise FileUnavailable(
                        "The file's URL does not lead to a public address, nor into a private "
                        "network."
                    )

        class PublicPool(pool):  # type: ignore[misc]
            ConnectionCls = PublicConnection

        self.poolmanager.pool_classes_by_scheme = {"https": PublicPool}


class Storage:
    """Downloads files through the environment's proxies. Safe to share between threads.

    :param loopback: whether loopback addresses are allowed, also by http, for a local tenant.
    :param connect, read: seconds to connect, and between two bytes.
    :param most_bytes, longest: bytes of a file, and seconds for it.
    :param mode: the permissions of new files, as far as the process's umask allows them.
    """

    def __init__(
        self,
        *,
        loopback: bool,
        connect: float = 10.0,
        read: float = 60.0,
        most_bytes: int = MOST_BYTES,
        longest: float = LONGEST,
        mode: int = 0o600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loopback = loopback
        self._policy = RetryPolicy(connect=connect, read=read, answer=longest)
        self._most_bytes = most_bytes
        self._mode = mode
        self._clock = clock
        self._hosts: dict[str | None, HostAvailability] = {}
        self._adapter = TimedAdapter(_CONNECTIONS) if loopback else _PublicAdapter(_CONNECTIONS)
        self._session = plain_session(self._adapter)

    def close(self) -> None:
        """End all downloads that are under way."""
        self._session.close()

    def save(self, url: str, target: Path) -> int:
        """Download a file to ``target``, whole or not at all; returns its number of bytes.

        The folder must exist.

        :raises TransientFault: if another try, with a new URL, may help.
        :raises FileUnavailable: if the URL is not allowed, or the storage refuses for good.
        :raises OSError: if the file cannot be written.
        """
        whole = TimeLimits(self._policy.connect, self._policy.read, self._policy.answer)
        with (
            self._adapter.exchange(whole, self._most_bytes),
            closing(self._opened(url)) as response,
        ):
            unfinished = target.with_name(uuid.uuid4().hex + UNFINISHED)
            try:
                with open(unfinished, "xb", opener=self._created) as file:
                    size = self._copied(response, file)
                unfinished.replace(target)
            except BaseException:
                with suppress(OSError):
                    unfinished.unlink()
                raise
        return size

    def _created(self, path: str, flags: int) -> int:
        return os.open(path, flags, self._mode)

    def _opened(self, url: str) -> requests.Response:
        for _ in range(MOST_REDIRECTS + 1):
            if not self._is_followed(url):
                raise FileUnavailable(
                    "The file's URL cannot be followed: it must begin with https://, "
                    "carry no user name and lead to a public address or into a private network."
                )
            response = self._asked(url)
            target = redirect_target(response.status_code, response.headers.get("Location"))
            if target:
                response.close()
                url = _joined(url, target)
            elif response.status_code == 200:
                return self._of_allowed_size(response)
            else:
                response.close()
                raise _refusal(response.status_code)
        raise FileUnavailable("The file's URL is redirected too often.")

    def _of_allowed_size(self, response: requests.Response) -> requests.Response:
        """The response, unless it says that it is too large. Then no byte of it is read."""
        declared = response.headers.get("Content-Length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > self._most_bytes:
            response.close()
            raise self._too_large()
        return response

    def _too_large(self) -> FileUnavailable:
        return FileUnavailable(
            f"The file is larger than {self._most_bytes / 1e6:,.0f} MB, and is not downloaded."
        )

    def _is_followed(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        is_local = parts.scheme == "http" and self._loopback and is_loopback(host)
        is_refused = not self._loopback and _is_address(host) and not addresses.may_be_storage(host)
        return (
            bool(host)
            and parts.username is None
            and ((parts.scheme == "https" and not is_refused) or is_local)
        )

    def _asked(self, url: str) -> requests.Response:
        host = self._host_of(url)
        limits = host.limits(_WHAT)
        try:
            response = self._session.get(
                url,
                headers={
                    "Accept": "*/*",
                    "Accept-Encoding": "identity",
                    "User-Agent": f"airbyte-phenom/{__version__}",
                },
                # Without this, requests sends credentials of a .netrc.
                auth=lambda request: request,
                timeout=(limits.connect, limits.silence),
                allow_redirects=False,
                stream=True,
            )
        except PhenomError:
            raise
        except Exception as error:
            failure = self._network_failure(error)
            if isinstance(failure, TransientFault):
                host.failed(_WHAT, failure)
            raise failure from None
        host.answered()
        return response

    def _host_of(self, url: str) -> HostAvailability:
        name = urlsplit(url).hostname
        return self._hosts.setdefault(name, HostAvailability(self._policy, self._clock))

    def _copied(self, response: requests.Response, file: BinaryIO) -> int:
        """Write the body; returns its number of bytes. A body that is cut off is an error."""
        size = 0
        pieces = pieces_of(response.raw, self._most_bytes)
        while True:
            try:
                piece = next(pieces, None)
            except (OSError, ValueError, HTTPError, zlib.error) as error:
                raise self._network_failure(error) from None
            except Exception as error:
                raise FileUnavailable(
                    f"The file's storage does not answer in HTTP ({type(error).__name__})."
                ) from None
            if piece is None:
                return size
            size += file.write(piece)

    def _network_failure(self, error: Exception) -> Exception:
        failure = network_failure(error, _WHAT, "any proxy")
        if isinstance(failure, TransientFault):
            failure.final = StorageUnavailable(failure.final.message, failure.final.detail)
            return failure
        if isinstance(failure, AnswerTooLarge):
            return self._too_large()
        return FileUnavailable(str(failure))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def _refusal(status: int) -> Exception:
    if status in _TRANSIENT or status == _EXPIRED:
        kind = FileUnavailable if status == _EXPIRED else StorageUnavailable
        return TransientFault(
            kind(f"The file's storage keeps answering {status}. Try again later."),
            what=f"The file's storage answered {status}",
        )
    return FileUnavailable(f"The file's storage refused with {status}.")
