"""The application listing: gives applications at once, and candidates at its end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import attrgetter, itemgetter

from phenom_api.listings import applications_page
from phenom_api.paging import Scan
from source_phenom.config import SourceConfig
from source_phenom.listings.application_mapper import ApplicationMapper, MappedApplication
from source_phenom.listings.completeness import is_complete
from source_phenom.listings.listing import Listing, Scanning
from source_phenom.listings.spool import Spool
from source_phenom.models import applications, candidates
from source_phenom.streams.events import Event

_application_key = itemgetter(0)
_UNFILLED = {
    applications.MODEL: applications.ENRICHED_COLUMNS,
    candidates.MODEL: candidates.ENRICHED_COLUMNS,
}


class ApplicationListing(Listing):
    """All applications, and the candidates that they name."""

    @classmethod
    def unfilled(cls, config: SourceConfig, stream: str) -> tuple[str, ...]:
        return _UNFILLED.get(stream, ())

    def scan(self, *, is_second: bool) -> Scanning:
        mapper = ApplicationMapper(self.config, self.now, self.streams)
        with self.spool() as by_candidate:
            scan = self.scan_mapped(mapper)
            for page in scan:
                for row in page:
                    if row.candidate is not None:
                        key, source, text = row.candidate
                        by_candidate.add(key, (row.key, source, text))
                if applications.MODEL in self.streams:
                    yield from self._add_applications(page)
            yield from self._add_candidates(by_candidate, mapper)
        return is_complete(scan.outcome, "applications")

    def scan_mapped(self, mapper: ApplicationMapper) -> Scan:
        """A scan whose rows are mapped in the thread that fetched them.

        Pages that wait then hold bytes, not ten thousand Python objects each.
        """
        fetch = partial(
            applications_page,
            self.reader.gateway,
            parse=mapper.page,
            operation=self.operations["applications"],
        )
        return self.reader.scan(fetch, attrgetter("identity"))

    def _add_applications(self, page: list[MappedApplication]) -> Iterator[Event]:
        stream = self.streams[applications.MODEL]
        stream.counts["without_key"] += sum(row.kept and not row.key for row in page)
        records = [row for row in page if row.key]
        for row in records:
            if row.mismatches:
                stream.count_mismatches(row.mismatches)
        if records:
            yield from stream.add_page([r.key for r in records], [r.columns for r in records])

    def _add_candidates(self, by_candidate: Spool, mapper: ApplicationMapper) -> Iterator[Event]:
        for key, rows in by_candidate.groups():
            _, _, newest = max(rows, key=_application_key)
            _, source, _ = min(rows, key=_application_key)
            columns, mismatches = mapper.candidate(newest)
            yield from self.add(
                candidates.MODEL, key, candidates.with_source(columns, source), mismatches
            )
