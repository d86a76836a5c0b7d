"""A whole read: the selected streams, listing by listing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from phenom_api.gateway import Gateway
from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.directory import Directory
from source_phenom.listings.enriched import EnrichedListing
from source_phenom.listings.enrichment_state import forget
from source_phenom.listings.gateway_reader import GatewayReader
from source_phenom.listings.jobs import JobListing
from source_phenom.listings.listing import Listing, ListingContext, Scanning
from source_phenom.listings.people import EmployeeListing, GroupListing
from source_phenom.listings.staged_files import StagedFiles
from source_phenom.manifest import DeclaredStream
from source_phenom.models.ids import UnifiedIds
from source_phenom.operations import operations
from source_phenom.personal_data import personal_data
from source_phenom.reading.earlier_mode import without_old_keys
from source_phenom.snapshot import StreamState, UnusableState, tenant_tag
from source_phenom.streams.events import Event, Failure, StreamProgress
from source_phenom.streams.failures import failure, not_offered, unusable_state
from source_phenom.streams.stream_run import StreamRun

logger = logging.getLogger("airbyte.phenom")


@dataclass(frozen=True)
class Selection:
    """One configured stream: its name, whether it is incremental, and its incoming state.

    :param includes_files: whether the records' files are sent, for a stream that has files.
    """

    stream: str
    incremental: bool
    state: Any = None
    includes_files: bool = False


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def seconds() -> float:
    return time.monotonic()


def listings(config: SourceConfig) -> dict[str, type[Listing]]:
    """The listings by the manifest's names, in the order in which they are read.

    Employees come before jobs, whose users have the names of the employees.
    """
    return {
        "employees": EmployeeListing,
        "groups": GroupListing,
        "jobs": JobListing,
        "applications": ApplicationListing if config.ph_user_id is None else EnrichedListing,
    }


def read(
    config: SourceConfig,
    selections: Sequence[Selection],
    *,
    gateway: Gateway,
    declared: Sequence[DeclaredStream] | None = None,
    now: Callable[[], datetime] | None = None,
    clock: Callable[[], float] | None = None,
) -> Iterator[Event]:
    """Read the selected streams. An error fails the streams of one listing at most.

    Every stream ends with a ``StreamProgress``: COMPLETE, or INCOMPLETE after a ``Failure``.

    :param declared: the declarations of the streams; by default those of the package's manifest.
    :param now: the time for ``changed_at``. :param clock: seconds, for the pace of checkpoints.
    """
    declared = manifest.streams() if declared is None else declared
    now, clock = now or utc_now, clock or seconds
    executor = ThreadPoolExecutor(config.num_workers, thread_name_prefix="phenom")
    reader = GatewayReader(config, gateway, executor)
    has_files = any(selection.includes_files for selection in selections)
    files = StagedFiles(config, gateway, declared) if has_files else None
    people = operations(each for each in declared if each.listing == "employees")
    directory = Directory(reader, people["users"])
    try:
        for name, kind in listings(config).items():
            of_listing = {each.name: each for each in declared if each.listing == name}
            streams: dict[str, StreamRun] = {}
            for selection in selections:
                stream = of_listing.get(selection.stream)
                if stream is None:
                    continue
                yield StreamProgress(stream.name, "STARTED")
                if stream.needs_acting_user and config.ph_user_id is None:
                    yield from _incomplete(not_offered(stream.name))
                    continue
                try:
                    run, old_keys = _stream_run(config, kind, selection, now(), clock)
                except UnusableState as error:
                    yield from _incomplete(unusable_state(stream.name, error))
                    continue
                streams[stream.name] = run
                yield from run.retire(old_keys)
            if streams:
                asked = operations(of_listing[stream] for stream in streams)
                context = ListingContext(config, asked, reader, directory, now, files)
                yield from _read_listing(kind(context, streams))
    finally:
        if files is not None:
            files.close()
        executor.shutdown(wait=False, cancel_futures=True)
        logger.info(
            f"{gateway.sent} requests, {gateway.retried} retries, "
            f"{gateway.concurrency.throttled} throttled, waited "
            f"{gateway.concurrency.throttled_seconds:.1f} s for the gateway, at most "
            f"{gateway.concurrency.most_in_flight} at a time."
        )


def _stream_run(
    config: SourceConfig,
    listing: type[Listing],
    selection: Selection,
    now: datetime,
    clock: Callable[[], float],
) -> tuple[StreamRun, dict[str, str]]:
    """The stream's run, and the keys that it has to retire."""
    tenant, personal = tenant_tag(config.gateway_url, config.integration_id), personal_data(config)
    previous, old_keys = None, dict[str, str]()
    if selection.incremental and selection.state not in (None, {}):
        previous, old_keys = without_old_keys(
            selection.stream, StreamState.parse(selection.state, tenant=tenant), personal
        )
    stream = StreamRun(
        selection.stream,
        columns=tuple(manifest.schema(selection.stream)["properties"]),
        unfilled=listing.unfilled(config, selection.stream),
        detailed=selection.stream in listing.detailed_names,
        labelled=selection.stream in listing.labelled_names(config),
        includes_files=selection.includes_files,
        unified_id=partial(UnifiedIds(config.integration_id).of, selection.stream),
        previous=previous,
        tenant=tenant,
        hard_deletes=config.hard_deletes,
        now=now,
        clock=clock,
    )
    if config.ph_user_id is None:
        forget(stream.memory)
    personal.remember(stream.memory)
    return stream, old_keys


def _read_listing(listing: Listing) -> Iterator[Event]:
    try:
        listing.prepare()
        yield from _end_failed(listing)
        if not listing.streams:
            return
        if (yield from listing.read_changes()):
            yield from _end_all(listing, is_complete=None)
            return
        is_complete = yield from _scan(listing, is_second=False)
        lost = ", ".join(
            f"{stream.missing_count} {stream.name}"
            for stream in listing.streams.values()
            if stream.has_lost_many and stream.name not in listing.failed
        )
        if is_complete and lost:
            logger.warning(f"{lost} are gone at once: reading the listing again to be sure.")
            is_complete = yield from _scan(listing, is_second=True)
        yield from _end_all(listing, is_complete=is_complete)
    except Exception as error:
        for stream in listing.streams.values():
            yield from _end(stream, error)


def _end_all(listing: Listing, *, is_complete: bool | None) -> Iterator[Event]:
    """End the streams. :param is_complete: None after a delta."""
    yield from _end_failed(listing)
    while listing.streams:
        name, stream = next(iter(listing.streams.items()))
        if is_complete is None:
            yield from stream.finish_delta()
        else:
            yield from stream.finish(is_complete=is_complete)
        del listing.streams[name]
        _log_summary(stream)


def _scan(listing: Listing, *, is_second: bool) -> Scanning:
    is_complete = yield from listing.scan(is_second=is_second)
    for name, stream in listing.streams.items():
        if name not in listing.failed:
            yield from stream.flush()
    return is_complete


def _end_failed(listing: Listing) -> Iterator[Event]:
    for name, error in listing.failed.items():
        if name in listing.streams:
            yield from _end(listing.streams.pop(name), error)


def _end(stream: StreamRun, error: Exception) -> Iterator[Event]:
    yield from stream.fail()
    yield from _incomplete(failure(stream.name, error))
    _log_summary(stream)


def _incomplete(failure: Failure) -> Iterator[Event]:
    yield failure
    yield StreamProgress(failure.stream, "INCOMPLETE")


def _log_summary(stream: StreamRun) -> None:
    counts = stream.counts
    seen = counts["new"] + counts["changed"] + counts["unchanged"]
    logger.info(
        f"{stream.name}: {seen} records read, {counts['emitted']} emitted "
        f"({counts['new']} new, {counts['changed']} changed, {counts['deleted']} deleted), "
        f"{counts['unchanged']} unchanged"
    )
    if counts["without_key"]:
        logger.warning(f"{stream.name}: {counts['without_key']} rows without a key were skipped")
    for note in stream.notes:
        logger.info(f"{stream.name}: {note}")
    if stream.includes_files:
        logger.info(f"{stream.name}: {counts['files']} files sent")
    for reason, count in sorted(stream.missing_files.items()):
        logger.warning(f"{stream.name}: {count} files could not be sent: {reason}")
    for column, count in sorted(stream.mismatches.items()):
        logger.warning(f"{stream.name}.{column}: {count} values of an unexpected type")
