"""The application listing: gives applications at once, and candidates at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from phenom_api.delta_scan import DeltaScan
from phenom_api.listings import applications_page
from phenom_api.paging import Page
from source_phenom.config import SourceConfig
from source_phenom.listings.application_mapper import (
    ApplicationMapper,
    CandidateColumns,
    MappedApplication,
)
from source_phenom.listings.candidate_delta import CandidateDelta
from source_phenom.listings.completeness import is_complete
from source_phenom.listings.delta_rows import DeltaImpossible, DeltaRows, KnownRows
from source_phenom.listings.first_sources import FirstSource, SourceTable
from source_phenom.listings.full_scan import EarlierScans, FullScan, GrownFront
from source_phenom.listings.listing import Listing, ListingContext, Scanning
from source_phenom.listings.listing_memory import forget
from source_phenom.listings.scan_plan import DeltaPlan, FullScanPlan, scan_plan
from source_phenom.listings.spool import Spool, TextStore
from source_phenom.models import applications, candidates
from source_phenom.models.timestamps import rfc3339
from source_phenom.streams.events import Event
from source_phenom.streams.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")

_FRONT_READS = 3
"""Reads of the rows in front of a scan: more of them may arrive during each."""

_application_key = itemgetter(0)
_identity = attrgetter("identity")
_UNFILLED = {
    applications.MODEL: applications.ENRICHED_COLUMNS,
    candidates.MODEL: candidates.ENRICHED_COLUMNS,
}


class ApplicationListing(Listing):
    """All applications, and the candidates that they name."""

    def __init__(self, context: ListingContext, streams: Mapping[str, StreamRun]) -> None:
        super().__init__(context, streams)
        self._earlier = {name: EarlierScans.of(stream) for name, stream in streams.items()}
        # All full scans of a run share it: a second one keeps the labels of the first one.
        self._sources = SourceTable()
        # Whether a delta found that the states may be wrong about the listing's order.
        self._is_order_doubtful = False

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        return _UNFILLED.get(stream, ())

    @classmethod
    def labelled_names(cls, config: SourceConfig) -> tuple[str, ...]:
        return (candidates.MODEL,) if config.full_scan_hours else ()

    # -- a full scan -------------------------------------------------------------------------

    def scan(self, *, is_second: bool) -> Scanning:
        mapper = ApplicationMapper(self.config, self.now, self.streams)
        reads_all = is_second or self._is_order_doubtful
        full_scan = FullScan(
            self.config, self.streams, self._earlier, self.now, reads_all=reads_all
        )
        with self.spool() as by_candidate:
            for page in self._pages(mapper, full_scan):
                for row in page:
                    if row.candidate is not None:
                        key, source, text = row.candidate
                        by_candidate.add(key, (row.key, source, text))
                if applications.MODEL in self.streams:
                    yield from self._add_applications(page)
            yield from self._add_candidates(by_candidate, mapper)
        for stream in self.streams.values():
            # A checkpoint of what is left must not look like the end of the scan.
            yield from stream.flush()
        complete = is_complete(full_scan.outcome, "applications")
        full_scan.end(
            is_complete=complete,
            now=self.utc_now(),
            sources=self._sources.entries,
        )
        return complete

    def _pages(self, mapper: ApplicationMapper, full_scan: FullScan) -> Iterator[list[Any]]:
        """The pages of a full scan, without those that ``start_date`` makes needless.

        Rows are mapped in the thread that fetched them. Pages that wait then hold bytes, not ten
        thousand Python objects each.
        """
        fetch = partial(self._page, mapper)
        part = full_scan.part(fetch)
        scan = self.reader.scan(fetch, _identity, start=part.start, until=part.until)
        beginning: list[Any] = []
        for page in scan:
            if not beginning and not part.begins_with(page[0]):
                # Rows in front of the part were deleted since it was looked for.
                break
            beginning = beginning or page
            full_scan.take_page(page)
            yield page
        else:
            if not full_scan.is_part_wrong:
                full_scan.outcome = scan.outcome
                yield from self._front(fetch, full_scan, beginning)
                return
        full_scan.start_over()
        scan = self.reader.scan(fetch, _identity)
        for page in scan:
            full_scan.take_page(page)
            yield page
        full_scan.outcome = scan.outcome

    def _front(
        self, fetch: Callable[[int, int], Page], full_scan: FullScan, beginning: list[Any]
    ) -> Iterator[list[Any]]:
        """The rows that appeared in front while the others were read.

        In a listing with the newest rows first, every arrival moves all rows.
        """
        if not full_scan.may_have_grown_in_front:
            return
        for _ in range(_FRONT_READS):
            front = GrownFront(beginning)
            scan = self.reader.scan(fetch, _identity, until=front.ends_with)
            yield from scan
            if full_scan.take_front(front, scan.outcome):
                logger.info(
                    f"{front.count:,} applications arrived in front of the listing while it was "
                    "read. They were read too."
                )
                return

    def _page(self, mapper: ApplicationMapper, offset: int, limit: int) -> Page:
        return applications_page(
            self.reader.gateway,
            offset,
            limit,
            parse=mapper.page,
            operation=self.operations["applications"],
        )

    def _add_applications(self, page: Sequence[MappedApplication]) -> Iterator[Event]:
        stream = self.streams[applications.MODEL]
        records = [row for row in page if row.key]
        if len(records) < len(page):
            stream.counts["without_key"] += sum(row.kept and not row.key for row in page)
        for row in records:
            if row.mismatches:
                stream.count_mismatches(row.mismatches)
        if records:
            yield from stream.add_page([r.key for r in records], [r.columns for r in records])

    def _add_candidates(self, by_candidate: Spool, mapper: ApplicationMapper) -> Iterator[Event]:
        stream = self.streams.get(candidates.MODEL)
        for key, rows in by_candidate.groups():
            _, _, newest = max(rows, key=_application_key)
            _, source, _ = min(rows, key=_application_key)
            columns, mismatches = mapper.candidate(newest)
            label = None
            if stream is not None and stream.is_labelled:
                number = len(rows) if len(rows) == 1 else len(set(map(_application_key, rows)))
                label = self._sources.label(FirstSource(source, number))
            body = candidates.with_source(columns, source)
            yield from self.add(candidates.MODEL, key, body, mismatches, label)

    # -- a delta -----------------------------------------------------------------------------

    def read_changes(self) -> Scanning:
        hours = self.config.full_scan_hours
        if not hours:
            return False
        names, sent = ", ".join(self.streams), self.reader.gateway.sent
        plan = self._scan_plan()
        if isinstance(plan, FullScanPlan):
            logger.info(f"{names}: a full scan of the applications, as {plan.reason}.")
            return False
        rows = DeltaRows(plan)
        try:
            yield from self._read_delta(plan, rows)
        except DeltaImpossible as error:
            self._is_order_doubtful = True
            logger.info(f"{names}: a delta had begun, but a full scan is needed, as {error}.")
            return False
        logger.info(
            f"{names}: a delta, as the last full scan ended less than {hours} hours ago. "
            f"{rows.count:,} rows read of {plan.rows:,} remembered, "
            f"{self.reader.gateway.sent - sent} requests. The next full scan is due at "
            f"{rfc3339(plan.next_full_scan)}."
        )
        return True

    def _scan_plan(self) -> DeltaPlan | FullScanPlan:
        return scan_plan(self.config, self.streams, self.utc_now())

    def _read_delta(self, plan: DeltaPlan, rows: DeltaRows) -> Iterator[Event]:
        """Read the end of the listing where new rows appear.

        :raises DeltaImpossible: that is not enough.
        """
        with self.text_store() as texts:
            mapper = ApplicationMapper(self.config, self.now, self.streams)
            people = self._candidate_delta(plan, rows, mapper.candidate, texts)
            scan = self.delta_mapped(mapper, plan)
            for page in scan:
                rows.take_page(page.rows)
                is_quiet = yield from self._add_changes(page.rows, rows.known)
                if people is not None:
                    is_quiet &= people.take_page(page.rows)
                    is_quiet = is_quiet and people.may_end(rows.oldest)
                scan.judge(is_quiet)
            if not scan.outcome.is_usable:
                raise DeltaImpossible(scan.outcome.reason)
            for stream in self.streams.values():
                # A checkpoint from here on has candidates of rows that it does not know yet.
                forget(stream)
            if people is not None:
                yield from people.add_all()
            for stream in self.streams.values():
                yield from stream.flush()
            rows.remember(
                self.streams,
                rows=scan.outcome.rows,
                page_length=scan.outcome.page_length,
                sources=people.sources if people is not None else None,
            )

    def delta_mapped(self, mapper: ApplicationMapper, plan: DeltaPlan) -> DeltaScan:
        """The end of the listing, page by page; rows are mapped as in a full scan."""
        return self.reader.delta(
            partial(self._page, mapper),
            _identity,
            order=plan.order,
            rows=plan.rows,
            page_length=plan.page_length,
        )

    def _candidate_delta(
        self,
        plan: DeltaPlan,
        rows: DeltaRows,
        map_row: Callable[[bytes], CandidateColumns],
        texts: TextStore,
        *,
        reads_rows: bool = False,
    ) -> CandidateDelta | None:
        """For the stream of candidates; None if it is not selected."""
        name = candidates.MODEL
        if name not in self.streams:
            return None
        memory, known = plan.memories[name], rows.known[name]
        return CandidateDelta(
            self.streams[name], map_row, memory, known, texts, reads_rows=reads_rows
        )

    def _add_changes(
        self, page: Sequence[MappedApplication], known: Mapping[str, KnownRows]
    ) -> Generator[Event, None, bool]:
        """Add the applications of a page; returns whether all are remembered as they are."""
        if applications.MODEL not in self.streams:
            return True
        counts, listed = self.streams[applications.MODEL].counts, known[applications.MODEL]
        before = counts["new"] + counts["changed"]
        yield from self._add_applications(page)
        is_quiet = counts["new"] + counts["changed"] == before
        # The state may have rows of a delta that did not end. They do not count: the rows behind
        # them were not read.
        return is_quiet and all(listed.holds(row.identity) for row in page)
