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

from phenom_api.errors import (
    AuthenticationFailed,
    InvalidConfig,
    PermissionDenied,
    PhenomError,
    RequestRefused,
)
from phenom_api.gateway import Gateway
from phenom_protocol.entry import origin_of
from phenom_protocol.messages import FailureType
from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.enriched import EnrichedListing
from source_phenom.listings.enrichment_state import forget
from source_phenom.listings.jobs import JobListing
from source_phenom.listings.listing import Listing
from source_phenom.listings.people import Directory, EmployeeListing, GroupListing
from source_phenom.models.ids import UnifiedIds
from source_phenom.reading.events import Event, Failure, StreamProgress
from source_phenom.reading.stream_run import StreamRun, how_to_reset
from source_phenom.snapshot import StreamState, UnusableState, tenant_tag

logger = logging.getLogger("airbyte.phenom")


def listings(config: SourceConfig) -> tuple[type[Listing], ...]:
    """What is read, in this order.

    Employees ahead of jobs, whose people are called by the names that the employees have.
    """
    applications = ApplicationListing if config.ph_user_id is None else EnrichedListing
    return EmployeeListing, GroupListing, JobListing, applications


@dataclass(frozen=True)
class Selection:
    """One configured stream: its name, whether it is incremental, and its incoming state."""

    stream: str
    incremental: bool
    state: Any = None


def read(
    config: SourceConfig,
    selections: Sequence[Selection],
    *,
    gateway: Gateway,
    now: Callable[[], datetime] | None = None,
    clock: Callable[[], float] | None = None,
) -> Iterator[Event]:
    """Read the selected streams; a listing that fails costs its own streams only.

    Every stream ends with a ``StreamProgress``: COMPLETE, or INCOMPLETE after a ``Failure``.

    :param now: the time for ``changed_at``. :param clock: seconds, for the pace of checkpoints.
    """
    now, clock = now or _utc_now, clock or _seconds
    executor = ThreadPoolExecutor(config.num_workers, thread_name_prefix="phenom")
    directory = Directory(config, gateway, executor)
    offered = manifest.stream_names(acting_user=config.ph_user_id is not None)
    try:
        for listing in listings(config):
            streams: dict[str, StreamRun] = {}
            for selection in selections:
                if selection.stream in listing.stream_names:
                    yield StreamProgress(selection.stream, "STARTED")
                    if selection.stream not in offered:
                        yield from _not_offered(selection.stream)
                        continue
                    try:
                        streams[selection.stream] = _stream_run(
                            config, listing, selection, now(), clock
                        )
                    except UnusableState as error:
                        yield from _unusable(selection.stream, error)
            if streams:
                yield from _read_listing(
                    listing(config, streams, gateway, executor, directory), streams
                )
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        logger.info(
            f"{gateway.sent} requests, {gateway.retried} retries, "
            f"{gateway.concurrency.throttled} throttled, waited "
            f"{gateway.concurrency.throttled_seconds:.1f} s for the gateway, at most "
            f"{gateway.concurrency.most_in_flight} at a time."
        )


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _seconds() -> float:
    return time.monotonic()


def _stream_run(
    config: SourceConfig,
    listing: type[Listing],
    selection: Selection,
    now: datetime,
    clock: Callable[[], float],
) -> StreamRun:
    tenant = tenant_tag(config.gateway_url, config.integration_id)
    previous = None
    if selection.incremental and selection.state not in (None, {}):
        previous = StreamState.parse(selection.state, tenant=tenant)
    columns = tuple(manifest.schema(selection.stream)["properties"])
    stream = StreamRun(
        selection.stream,
        columns=columns,
        unfilled=listing.unfilled(config, selection.stream),
        detailed=selection.stream in listing.detailed_names,
        unified_id=partial(UnifiedIds(config.integration_id).of, selection.stream),
        has_remote_id="remote_id" in columns,
        previous=previous,
        tenant=tenant,
        hard_deletes=config.hard_deletes,
        now=now,
        clock=clock,
    )
    if config.ph_user_id is None:
        forget(stream.memory)
    return stream


def _read_listing(listing: Listing, streams: dict[str, StreamRun]) -> Iterator[Event]:
    """Read a listing for ``streams``, which are the listing's own, too."""
    finished: set[str] = set()
    try:
        for name, error in listing.prepare().items():
            yield from _failed(streams.pop(name), error)
        if not streams:
            return
        trusted = yield from listing.scan_once()
        doubtful = [
            stream
            for stream in streams.values()
            if stream.doubtful and stream.name not in listing.failed
        ]
        if trusted and doubtful:
            vanished = ", ".join(f"{stream.vanished} {stream.name}" for stream in doubtful)
            logger.warning(f"{vanished} are gone at once: reading the listing again to be sure.")
            trusted = yield from listing.scan_once()
        for name, error in listing.failed.items():
            yield from _failed(streams.pop(name), error)
        for stream in streams.values():
            yield from stream.finish(trusted=trusted)
            finished.add(stream.name)
            _summarise(stream)
    except Exception as error:
        for stream in streams.values():
            if stream.name not in finished:
                yield from _failed(stream, error)


def _failed(stream: StreamRun, error: Exception) -> Iterator[Event]:
    yield from stream.fail()
    yield _failure(stream.name, error)
    yield StreamProgress(stream.name, "INCOMPLETE")
    _summarise(stream)


def _failure(stream: str, error: Exception) -> Failure:
    if isinstance(error, OSError):
        return Failure(
            stream,
            f"The sync of {stream} could not keep its intermediate rows on disk "
            f"({error.strerror or type(error).__name__}): free space where TMPDIR points, or "
            "point it to a larger disk.",
            type(error).__name__,
            "system_error",
        )
    if not isinstance(error, PhenomError):
        return Failure(
            stream,
            f"The sync of {stream} met a situation that the connector does not know. Please "
            "report it with the technical detail.",
            f"{type(error).__name__}: {origin_of(error)}",
            "system_error",
        )
    kind: FailureType = "transient_error"
    if isinstance(error, (AuthenticationFailed, InvalidConfig, PermissionDenied, RequestRefused)):
        kind = "config_error"
    return Failure(stream, f"Stream {stream}: {error.message}", error.detail, kind)


def _not_offered(stream: str) -> Iterator[Event]:
    message = (
        f"Stream {stream} is read on behalf of an acting user: set ph_user_id, or take the stream "
        "out of the connection."
    )
    yield Failure(stream, message, f"{stream} selected without ph_user_id", "config_error")
    yield StreamProgress(stream, "INCOMPLETE")


def _unusable(stream: str, error: UnusableState) -> Iterator[Event]:
    yield Failure(
        stream,
        f"The saved state of stream {stream} cannot be used: {error}. Reset this stream to read "
        f"it in full again: {how_to_reset(stream)}.",
        f"unusable state of {stream}: {error}",
        "config_error",
    )
    yield StreamProgress(stream, "INCOMPLETE")


def _summarise(stream: StreamRun) -> None:
    counts = stream.counts
    seen = counts["new"] + counts["changed"] + counts["unchanged"]
    logger.info(
        f"{stream.name}: {seen} records read, {counts['emitted']} emitted "
        f"({counts['new']} new, {counts['changed']} changed, {counts['deleted']} deleted), "
        f"{counts['unchanged']} unchanged"
    )
    if counts["without_key"]:
        logger.warning(f"{stream.name}: {counts['without_key']} rows without a key were skipped")
    for remark in stream.remarks:
        logger.info(f"{stream.name}: {remark}")
    for column, count in sorted(stream.mismatches.items()):
        logger.warning(f"{stream.name}.{column}: {count} values of an unexpected type")
