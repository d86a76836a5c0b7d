"""Decides whether a sync of the application listing is a delta or a full scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from phenom_api.listing_order import Order
from source_phenom.config import SourceConfig
from source_phenom.listings.listing_memory import ListingMemory, settings_of
from source_phenom.models import candidates
from source_phenom.models.timestamps import rfc3339
from source_phenom.streams.stream_run import StreamRun


@dataclass(frozen=True)
class DeltaPlan:
    """A delta is possible.

    :param memories: of the streams, by name. :param order: of the listing.
    :param rows: positions that the listing had. :param page_length: rows of a page.
    :param next_full_scan: when the next full scan is due.
    """

    memories: Mapping[str, ListingMemory]
    order: Order
    rows: int
    page_length: int
    next_full_scan: datetime


@dataclass(frozen=True)
class FullScanPlan:
    """A full scan is needed. :param reason: completes the sentence "full scan, as …"."""

    reason: str


def scan_plan(
    config: SourceConfig, streams: Mapping[str, StreamRun], now: datetime
) -> DeltaPlan | FullScanPlan:
    """The plan for the selected streams of the listing, which are read together."""
    settings = settings_of(config)
    memories: dict[str, ListingMemory] = {}
    orders: set[Order] = set()
    for name, stream in streams.items():
        if not stream.continues_earlier_run:
            return FullScanPlan(f"{name} has no state to continue from")
        memory = ListingMemory.of(stream.memory)
        if memory is None or not stream.was_complete:
            return FullScanPlan(f"the state of {name} is not that of a complete full scan")
        if memory.settings != settings:
            return FullScanPlan("the configuration or the version of the connector changed")
        if memory.order is None:
            return FullScanPlan("the listing is not in order of creation")
        if memory.recent is None:
            return FullScanPlan("too many applications were created in the same ten minutes")
        if name == candidates.MODEL and not stream.are_labels_known:
            return FullScanPlan("the state does not hold the sources of the candidates")
        memories[name] = memory
        orders.add(memory.order)
    if len(orders) > 1:
        return FullScanPlan("the states of the streams name different orders of the listing")
    scanned_at = min(memory.scanned_at for memory in memories.values())
    due = next_full_scan(config, scanned_at)
    if now >= due or now.timestamp() < scanned_at:
        return FullScanPlan(f"the last one ended at {_written(scanned_at)}")
    latest = max(memories.values(), key=lambda memory: (memory.newest, memory.rows))
    return DeltaPlan(memories, orders.pop(), latest.rows, latest.page_length, due)


def next_full_scan(config: SourceConfig, scanned_at: int) -> datetime:
    """When a full scan is due after one that ended at ``scanned_at``."""
    ended = datetime.fromtimestamp(scanned_at, timezone.utc)
    return ended + timedelta(hours=config.full_scan_hours)


def _written(second: int) -> str:
    return rfc3339(datetime.fromtimestamp(second, timezone.utc))
