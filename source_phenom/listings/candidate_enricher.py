"""What the Candidates API and the Tags API add to ``candidates``: dates and tags."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from phenom_api import candidates as api
from source_phenom.listings.candidate_groups import CandidateGroup, CandidateTag, SearchHit
from source_phenom.listings.enrichment_state import EnrichmentRun
from source_phenom.listings.stream_enricher import PassContext, StreamEnricher, enriched_digest
from source_phenom.models.candidates import enriched_columns
from source_phenom.models.timestamps import timestamp
from source_phenom.models.values import Mismatches, canonical, joined, key_text, text
from source_phenom.personal_data import personal_data
from source_phenom.snapshot import Verdict, fingerprint
from source_phenom.streams.events import Event

logger = logging.getLogger("airbyte.phenom")

_NO_DATES = SearchHit(None, None)


class CandidateDetails(NamedTuple):
    """The answers about one candidate; None if the scan has the values already."""

    dates: SearchHit | None
    tags: list[Any] | None


class CandidateEnricher(StreamEnricher):
    """Candidates: from the listing, completed with dates and tags.

    In a full run the dates of all candidates come from the candidate search and their tags from
    the list of tags; in other runs the changed candidates are read one by one.
    """

    def __init__(self, run: EnrichmentRun, context: PassContext) -> None:
        super().__init__(run, context)
        self._personal = personal_data(context.config)
        self._search = run.optional_api(
            "candidate_search",
            "Without it, candidates.remote_created_at and remote_updated_at are null.",
        )
        self._tags = run.optional_api("tags", "Without it, candidates.tags are null.")

    def prepare(self) -> None:
        """Find out whether dates are permitted; in a full run, read all tags."""
        self._search.read(self._raise_search_refusal)
        if self.run.is_full:
            self._tags.read(self._read_all_tags)

    def _raise_search_refusal(self) -> None:
        if self.context.search_refusal is not None:
            raise self.context.search_refusal

    def _read_all_tags(self) -> None:
        reader = self.context.reader
        candidates_of = partial(api.tagged, reader.gateway, size=reader.page_size)
        with reader.prefetch(candidates_of) as tagged:
            for tag, rows in tagged.ask_all(self._all_tags()):
                for row in rows:
                    candidate_id = row.get("candidateId") if type(row) is dict else None
                    candidate = key_text(candidate_id, "", [])
                    if candidate is not None:
                        self.context.groups.add(self._personal.key(candidate), CandidateTag(tag))

    def _all_tags(self) -> Iterator[str]:
        reader = self.context.reader
        scan = reader.scan(partial(api.tags_page, reader.gateway), api.tag_identity)
        for rows in scan:
            for row in rows:
                tag = text(row.get("tag"), "", []) if type(row) is dict else None
                if tag is not None:
                    yield tag
        if scan.outcome.ignores_offset and scan.outcome.open_seams:
            logger.warning(f"{scan.outcome.ignored_offset('the tags')} in candidates.tags.")

    def partition(self, page: list[CandidateGroup], asked: list[CandidateGroup]) -> Iterator[Event]:
        groups = [group for group in page if group.listed and not group.is_uncertain]
        digests = [fingerprint(group.record()) for group in groups]
        verdicts = self.stream.compare_without_details([group.key for group in groups], digests)
        unchanged: list[CandidateGroup] = []
        for group, verdict in zip(groups, verdicts, strict=True):
            if verdict is Verdict.DUPLICATE:
                continue
            if verdict is Verdict.UNCHANGED and not self.run.needs_refresh(group.id):
                unchanged.append(group)
                self.stream.count_mismatches(group.mapped.mismatches)
            elif self._must_ask(group):
                asked.append(group)
            else:
                yield from self.complete(group, CandidateDetails(None, None))
        labels = None
        if self.stream.is_labelled:
            labels = [self.context.sources.label(group.first) for group in unchanged]
        yield from self.stream.keep_unchanged([group.key for group in unchanged], labels)

    def _must_ask(self, group: CandidateGroup) -> bool:
        if group.id is None:
            return False
        # Outside full runs, the first candidate that is read shows whether tags are permitted.
        has_tags = self._tags.is_available(partial(self._tags_of, group))
        return self._lacks_dates(group) or (has_tags and not self.run.is_full)

    def _lacks_dates(self, group: CandidateGroup) -> bool:
        return self._search.has_answered and not group.search_hits

    def ask(self, group: CandidateGroup) -> CandidateDetails:
        asks_tags = self._tags.has_answered and not self.run.is_full
        return CandidateDetails(
            self._dates_of(group) if self._lacks_dates(group) else None,
            self._tags_of(group) if asks_tags else None,
        )

    def _dates_of(self, group: CandidateGroup) -> SearchHit:
        """The dates of a candidate that the search did not show."""

        def read(candidate_id: str) -> list[api.JsonObject]:
            return [api.candidate(self.context.reader.gateway, candidate_id)]

        rows = api.none_if_not_found(partial(api.of_any, read, group.ids))
        row = next(filter(None, rows or ()), {})
        return SearchHit(row.get("createdDate"), row.get("updatedDate")) if row else _NO_DATES

    def _tags_of(self, group: CandidateGroup) -> list[Any]:
        reader = self.context.reader
        read = partial(api.tags_of, reader.gateway, size=reader.page_size)
        return api.none_if_not_found(partial(api.of_any, read, group.ids)) or []

    def complete(self, group: CandidateGroup, answer: CandidateDetails) -> Iterator[Event]:
        mismatches: Mismatches = [*group.mapped.mismatches]
        dates = answer.dates or max(group.search_hits, key=_latest, default=_NO_DATES)
        tags = answer.tags
        if tags is None:
            tags = [{"tag": each.tag} for each in group.tags]
        columns = enriched_columns(dates.created, dates.updated, tags, mismatches)
        record = group.record()
        yield from self.stream.add(
            group.key,
            joined(record, canonical(columns)),
            mismatches,
            digest=enriched_digest(fingerprint(record), columns),
            label=self.context.sources.label(group.first) if self.stream.is_labelled else None,
        )


def _latest(hit: SearchHit) -> str:
    return timestamp(hit.updated) or ""
