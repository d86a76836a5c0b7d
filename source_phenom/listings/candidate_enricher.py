"""What the Candidates API and the Tags API add to ``candidates``: dates and tags."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

from phenom_api import candidates as api
from phenom_api.gateway import Gateway
from source_phenom.config import SourceConfig
from source_phenom.listings.candidate_groups import (
    CandidateGroup,
    CandidateGroups,
    CandidateTag,
    SearchHit,
)
from source_phenom.listings.change_lookup import Scanning
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.listing import RecordBuffer
from source_phenom.listings.ordered_prefetch import OrderedPrefetch
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher
from source_phenom.models.candidates import details
from source_phenom.models.timestamps import timestamp
from source_phenom.models.values import Mismatches, canonical, key_text, text
from source_phenom.reading.events import Event
from source_phenom.snapshot import Verdict, detailed, fingerprint

logger = logging.getLogger("airbyte.phenom")

_NOWHERE = SearchHit(None, None)
_WITHOUT_TAGS = "Without it, candidates.tags are null."


class Answer(NamedTuple):
    """What was asked about one candidate; None where it needed not be."""

    found: SearchHit | None
    tags: list[Any] | None


class CandidateEnricher(StreamEnricher):
    """Candidates: from the listing, completed by what the gateway knows of changed ones.

    Everybody's dates come from the candidate search, everybody's tags from the tags; in a run
    that is not full, one candidate at a time.
    """

    def __init__(
        self,
        followed: EnrichmentRun,
        config: SourceConfig,
        gateway: Gateway,
        executor: Executor,
        scan: Scanning,
    ) -> None:
        super().__init__(followed)
        self._scan = scan
        self._gateway = gateway
        self._size = config.page_size
        self._executor = executor
        self._ahead = 2 * config.num_workers
        self._admission = RecordBuffer(self.stream)
        self._has_dates = True
        self._has_tags: bool | None = None

    def start(self, this_round: PassContext) -> None:
        """Learn what there is to be had; in a full run read everybody's tags with it."""

        def searched() -> None:
            if this_round.search_refused is not None:
                raise this_round.search_refused

        self._has_dates = self._is_available(
            "candidate_search",
            searched,
            "Without it, candidates.remote_created_at and remote_updated_at are null.",
        )
        if self.followed.is_full:
            self._has_tags = self._is_available(
                "tags", partial(self._read_tags, this_round.persons), _WITHOUT_TAGS
            )

    def _read_tags(self, persons: CandidateGroups) -> None:
        tagged = partial(api.tagged, self._gateway, size=self._size)
        with OrderedPrefetch(tagged, self._executor, self._ahead) as questions:
            for tag, rows in questions.about_all(self._tags()):
                for row in rows:
                    found = row.get("candidateId") if type(row) is dict else None
                    candidate = key_text(found, "", [])
                    if candidate is not None:
                        persons.add(candidate, CandidateTag(tag))

    def _tags(self) -> Iterator[str]:
        scan = self._scan(partial(api.tags_page, self._gateway), api.tag_identity)
        for rows in scan:
            for row in rows:
                tag = text(row.get("tag"), "", []) if type(row) is dict else None
                if tag is not None:
                    yield tag
        if scan.outcome.ignores_offset and scan.outcome.open_seams:
            logger.warning(f"{scan.outcome.ignored_offset('the tags')} in candidates.tags.")

    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        people = [person for person in page if person.listed]
        digests = [fingerprint(person.record()) for person in people]
        verdicts = self.stream.peek([person.key for person in people], digests)
        kept: list[str] = []
        for person, verdict in zip(people, verdicts, strict=True):
            if verdict is Verdict.DUPLICATE:
                continue
            if verdict is Verdict.UNCHANGED and not self.followed.needs_refresh(person.id):
                kept.append(person.key)
                self.stream.note(person.described.mismatches)
            elif self._is_open(person):
                asked.append(person)
            else:
                yield from self.admit(person, Answer(None, None))
        yield from self.stream.keep(kept)

    def _is_open(self, person: CandidateGroup) -> bool:
        """Whether something about a candidate is not known yet."""
        if person.id is None:
            return False
        if self._has_tags is None:
            # In a run that is not full, the first one who is asked about shows it.
            self._has_tags = self._is_available(
                "tags", partial(self._tags_of, person), _WITHOUT_TAGS
            )
        return (self._has_dates and not person.found) or self._asks_for_tags

    @property
    def _asks_for_tags(self) -> bool:
        return bool(self._has_tags) and not self.followed.is_full

    def ask(self, person: CandidateGroup) -> Answer:
        found = None
        if self._has_dates and not person.found:
            found = self._look_up(person)
        return Answer(found, self._tags_of(person) if self._asks_for_tags else None)

    def _look_up(self, person: CandidateGroup) -> SearchHit:
        """The dates of somebody whom the search did not show."""

        def read(candidate_id: str) -> list[api.JsonObject]:
            return [api.candidate(self._gateway, candidate_id)]

        rows = api.none_if_not_found(partial(api.of_any, read, person.ids))
        row = next(filter(None, rows or ()), {})
        return SearchHit(row.get("createdDate"), row.get("updatedDate")) if row else _NOWHERE

    def _tags_of(self, person: CandidateGroup) -> list[Any]:
        read = partial(api.tags_of, self._gateway, size=self._size)
        return api.none_if_not_found(partial(api.of_any, read, person.ids)) or []

    def admit(self, person: CandidateGroup, answer: Answer) -> Iterator[Event]:
        mismatches: Mismatches = [*person.described.mismatches]
        found = answer.found or max(person.found, key=_latest, default=_NOWHERE)
        tags = answer.tags
        if tags is None:
            tags = [{"tag": each.tag} for each in person.tagged]
        columns = details(found.created, found.updated, tags, mismatches)
        more = canonical(columns)
        record = person.record()
        is_bare = all(value is None for value in columns.values())
        yield from self._admission.add(
            person.key,
            record[:-1] + b"," + more[1:],
            mismatches,
            digest=detailed(fingerprint(record), None if is_bare else more),
        )

    def finish(self) -> Iterator[Event]:
        yield from self._admission.flush()


def _latest(found: SearchHit) -> str:
    return timestamp(found.updated) or ""
