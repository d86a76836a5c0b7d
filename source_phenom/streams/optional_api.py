"""An API that only some tenants permit, and that fills columns of a stream."""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from typing import TypeVar

from phenom_api.errors import PhenomError
from source_phenom.streams.failures import how_to_reset, is_refusal
from source_phenom.streams.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

FILLED_FROM = "filled_from"
"""Member of a stream's state: names of the APIs that have filled columns of it."""

Response = TypeVar("Response")


class OptionalApi:
    """One API that fills columns of one stream; tried when it is first needed.

    If it refuses, its columns are null and the log says so. If earlier syncs filled them, the
    refusal is raised instead: emptying the columns now, and filling them when the permission is
    back, would emit every record twice.

    :param name: its name in the stream's state.
    :param without: a sentence about the columns if it refuses.
    :param when_new: called when it answers and no earlier sync had an answer from it.
    """

    def __init__(
        self,
        stream: StreamRun,
        name: str,
        without: str,
        when_new: Callable[[], None] = lambda: None,
    ) -> None:
        self._stream = stream
        self._name = name
        self._without = without
        self._when_new = when_new
        self._is_available: bool | None = None

    def read(self, read: Callable[[], Response]) -> Response | None:
        """``read()``; None if the API refuses.

        :raises PhenomError: the API may answer later, or has filled columns before.
        """
        filled_from = self._filled_from()
        try:
            answer = read()
        except PhenomError as error:
            if not is_refusal(error):
                raise
            if self._name in filled_from:
                raise self._as_lasting_failure(error) from None
            logger.warning(f"{error.message} {self._without}")
            self._is_available = False
            return None
        self._is_available = True
        self._stream.memory[FILLED_FROM] = sorted({*filled_from, self._name})
        if self._name not in filled_from:
            self._when_new()
        return answer

    def is_available(self, probe: Callable[[], object]) -> bool:
        """Whether the API answers. ``probe`` asks it, if it was not asked before in this run."""
        if self._is_available is None:
            self.read(probe)
        return bool(self._is_available)

    @property
    def has_answered(self) -> bool:
        """Whether it was asked in this run and did not refuse."""
        return bool(self._is_available)

    def _filled_from(self) -> set[str]:
        remembered = self._stream.memory.get(FILLED_FROM)
        return {name for name in remembered if type(name) is str} if remembered else set()

    def _as_lasting_failure(self, error: PhenomError) -> PhenomError:
        lasting = copy(error)
        lasting.message += (
            f" Earlier syncs filled columns of {self._stream.name} from there. The stream fails "
            "until it can be read again, rather than empty them; reset the stream to go on "
            f"without: {how_to_reset(self._stream.name)}."
        )
        return lasting
