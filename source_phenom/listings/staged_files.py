"""Fetches the files of candidates into the folder that Airbyte shares with the destination."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from phenom_api.attachment_files import AttachmentFetcher, concerns_all_files
from phenom_api.errors import DiskUnusable, GatewayClosed
from phenom_api.file_names import file_name, id_name, ignores_case
from phenom_api.gateway import Gateway
from phenom_api.retries import RetryPolicy
from phenom_api.storage import UNFINISHED, FileUnavailable
from phenom_protocol.messages import FileReference
from source_phenom.config import SourceConfig
from source_phenom.manifest import FILE_REQUEST, DeclaredStream
from source_phenom.operations import operations

FILE_POLICY = RetryPolicy(attempts=2)
"""For one file: an expired URL, or a fault of the storage, is worth one more URL."""
LONGEST = 600.0
"""Seconds for one file. Airbyte expects a message within an hour."""
SHARED_FOLDER, LOCAL_FOLDER = "/staging/files", "/tmp/airbyte-file-transfer"
"""As in ``airbyte_cdk.sources.utils.files_directory``."""


class StagedFiles:
    """Files in the staging folder. Safe to share between threads.

    The folder is the one that the platform names in AIRBYTE_STAGING_DIRECTORY, if it exists, else
    a folder of this machine, as for all connectors that are made with airbyte-cdk.

    A document always has the same path, so a file that an interrupted run left is replaced.
    """

    def __init__(
        self, config: SourceConfig, gateway: Gateway, declared: Iterable[DeclaredStream]
    ) -> None:
        assert config.may_include_files
        shared = os.environ.get("AIRBYTE_STAGING_DIRECTORY", SHARED_FOLDER)
        self._is_local = not (shared and Path(shared).exists())
        self._folder = Path(LOCAL_FOLDER if self._is_local else shared).absolute()
        self._ignores_case = False
        self._waiting: set[Path] = set()
        """Files whose records were not emitted yet."""
        asked = operations(each for each in declared if each.has_files)
        self._fetcher = AttachmentFetcher(
            gateway,
            FILE_POLICY,
            operation=asked[FILE_REQUEST],
            most_bytes=config.max_file_megabytes * 1_000_000,
            longest=LONGEST,
            # As the CDK has it: the destination may run as another user.
            mode=0o666,
        )

    def close(self) -> None:
        """End all downloads that are under way, and remove the files that no record names."""
        self._fetcher.close()
        for target in list(self._waiting):
            _remove(target)

    def emitted(self, file: FileReference) -> None:
        """The file's record is emitted: from now on the file belongs to the destination."""
        self._waiting.discard(Path(file.staging_file_url))

    def prepare(self) -> None:
        """Create the folder.

        :raises DiskUnusable: if nothing can be written there.
        """
        try:
            if self._is_local:
                _make_private(self._folder)
            self._ignores_case = ignores_case(self._folder)
        except OSError as error:
            raise self._unusable(error) from None

    def stage(
        self,
        candidate_id: str,
        spellings: Sequence[str],
        attachment_id: str,
        name: str | None,
    ) -> FileReference:
        """Fetch the file of a document.

        :param spellings: of the candidate's id, see :func:`phenom_api.candidates.of_any`.
        :param attachment_id: as Phenom has it. :param name: the file's name.
        :raises FileUnavailable: if there is no such file, or it cannot be written.
        :raises DiskUnusable: if no file can be written.
        :raises PhenomError: if the gateway refuses or fails.
        """
        owner, key = (
            id_name(each, ignores_case=self._ignores_case)
            for each in (candidate_id, attachment_id.strip())
        )
        path = f"{owner}/{key}/{file_name(name or '')}"
        target = self._folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            for leftover in target.parent.glob(f"*{UNFINISHED}"):
                leftover.unlink(missing_ok=True)
            self._waiting.add(target)
            size = self._fetcher.fetch(spellings, attachment_id, target)
        except BaseException as error:
            self._waiting.discard(target)
            if isinstance(error, GatewayClosed):
                # The download may have ended while it was closed.
                _remove(target)
            _remove_empty(target.parent)
            if not isinstance(error, OSError):
                raise
            if concerns_all_files(error):
                raise self._unusable(error) from None
            raise FileUnavailable(f"The file cannot be written: {_problem(error)}.") from None
        return FileReference(str(target), path, size)

    def _unusable(self, error: OSError) -> DiskUnusable:
        return DiskUnusable(
            f"The staging folder {self._folder} cannot be written to: {_problem(error)}. If it is "
            "full, give its volume more room, or lower max_file_megabytes or num_workers.",
            type(error).__name__,
        )


def _remove(target: Path) -> None:
    with suppress(OSError):
        target.unlink(missing_ok=True)
    _remove_empty(target.parent)


def _remove_empty(folder: Path) -> None:
    """Remove the folder of a document, and of its candidate, if they are empty."""
    with suppress(OSError):
        folder.rmdir()
        folder.parent.rmdir()


def _problem(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _make_private(folder: Path) -> None:
    """Make a folder in a place where others may write, so that only its owner can read it.

    :raises PermissionError: if somebody else made it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(0, "it belongs to another user")
    folder.chmod(0o700)
