"""Reads the applications of changed candidates one by one, for a delta with an acting user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from phenom_api import candidates as api
from phenom_api.applications import application
from source_phenom.listings.enriched_mapper import EnrichedApplication, EnrichedMapper
from source_phenom.listings.gateway_reader import GatewayReader
from source_phenom.models.hiring_status import OwnApplication, own_application
from source_phenom.models.values import key_text


class ChangedApplications:
    """The applications of candidates, as the listing would show them.

    The Candidates API tells the ids of a candidate's applications.

    :param known: ids of applications that need not be read again.
    :param answers: gets what the Candidates API says of each candidate, by the spellings of its id.
    """

    def __init__(
        self,
        reader: GatewayReader,
        mapper: EnrichedMapper,
        known: AbstractSet[str],
        answers: dict[frozenset[str], list[OwnApplication]],
    ) -> None:
        self._reader = reader
        self._mapper = mapper
        self._known = known
        self._answers = answers

    def of(self, candidates: Iterable[tuple[str, ...]]) -> Iterator[EnrichedApplication]:
        """The rows of candidates, each given by the spellings of its id.

        :raises PhenomError: the applications cannot be read.
        """
        with self._reader.prefetch(self._of_candidate) as answers:
            for _, rows in answers.ask_all(candidates):
                yield from rows

    def _of_candidate(self, spellings: tuple[str, ...]) -> list[EnrichedApplication]:
        """Called in other threads."""
        own = partial(api.applications, self._reader.gateway)
        answer = api.none_if_not_found(partial(api.of_any, own, spellings)) or []
        listed = [each for each in answer if type(each) is dict]
        self._answers[frozenset(spellings)] = [own_application(each) for each in listed]
        found = [self._listed_as(_ids(each)) for each in listed]
        return [row for row in found if row is not None]

    def _listed_as(self, ids: list[str]) -> EnrichedApplication | None:
        """The application that the gateway knows by one of these ids; None if it was deleted."""
        if not self._known.isdisjoint(ids):
            return None
        for application_id in ids:
            row = application(self._reader.gateway, application_id, parse=self._mapper.page)
            if isinstance(row, EnrichedApplication):
                return row
        return None


def _ids(row: dict[str, Any]) -> list[str]:
    """The ids of one of the candidate's own applications; Phenom's own id comes first."""
    ids = (key_text(row.get(name), "", []) for name in ("phApplicationId", "applicationId"))
    return list(dict.fromkeys(filter(None, ids)))
