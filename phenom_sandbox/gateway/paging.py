"""Pages of listings, with the faults that apply to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from phenom_sandbox.applications import Applications
from phenom_sandbox.gateway.answers import DEFAULT_SIZE, Call, whole_number
from phenom_sandbox.listing import JobStore
from phenom_sandbox.tenant import Tenant

LARGEST_LIMIT = 1000

Item = TypeVar("Item")


@dataclass(frozen=True)
class ListingPage:
    """One page: `data` is a JSON array or `null`, `limit` is the one that the answer shows."""

    offset: int
    limit: int
    total: int
    data: bytes

    def members(self, call: Call, total_name: str) -> dict[str, Any]:
        """`offset`, `limit` and the total."""
        asked = {"offset": self.offset, "limit": self.limit}
        return paging_members(call, asked, total_name, self.total)


def listing_page(
    call: Call, listing: Applications | JobStore, keys: list[int] | None = None
) -> ListingPage:
    """The page for `offset` and `limit` of the query.

    `keys` limits a listing of jobs to some of its rows. Raises `Refusal` 400.
    """
    offset = whole_number(call.query.get("offset"), "offset", 0)
    asked = whole_number(call.query.get("limit"), "limit", DEFAULT_SIZE, least=1)
    limit, shown = _limits(call, offset, asked)
    if keys is not None and isinstance(listing, JobStore):
        total, data = len(keys), listing.array(keys[offset : offset + limit])
    else:
        total, data = len(listing), listing.page(offset, limit)
    if call.hit("data_null"):
        data = b"null"
    return ListingPage(offset, shown, total, data)


def cut(
    call: Call, rows: Sequence[Item], start: int, size: int, total_name: str | None
) -> tuple[list[Item], dict[str, Any]]:
    """The rows for `from` and `size`, and the answer's `from`, `size` and total, if it has one.

    The faults of listings apply here, too.
    """
    limit, shown = _limits(call, start, size)
    page = list(rows[start : start + limit])
    return page, paging_members(call, {"from": start, "size": shown}, total_name, len(rows))


def _limits(call: Call, offset: int, asked: int) -> tuple[int, int]:
    """The maximum number of records on a page, and the number that the answer shows."""
    limit = shown = min(asked, LARGEST_LIMIT)
    if call.faults.armed:
        if clamp := call.hit("page_limit"):
            limit = shown = min(limit, int(clamp.value))
        if clamp := call.hit("silent_page_limit"):
            limit = min(limit, int(clamp.value))
        if short := call.hit("short_page"):
            limit = min(limit, int(short.value))
        end = offset + limit
        if call.hit("empty_page", lambda fault: offset <= int(fault.value) < end):
            limit = 0
    return limit, shown


def paging_members(
    call: Call, members: dict[str, Any], total_name: str | None, total: int
) -> dict[str, Any]:
    """`members` and the total, changed by the faults `total` and `paging_as_text`."""
    if call.hit("paging_as_text"):
        members = {name: str(value) for name, value in members.items()}
    if total_name is None:
        return members
    members[total_name] = total
    if fault := call.hit("total"):
        if fault.value == "missing":
            del members[total_name]
        elif fault.value == "null":
            members[total_name] = None
        elif fault.value == "string":
            members[total_name] = str(total)
        else:
            members[total_name] = max(0, total + int(fault.value))
    return members


def fragment(data: bytes) -> Any:
    return orjson.Fragment(data)


def churn(call: Call, listing: Applications | JobStore) -> None:
    """Edits, inserts or deletes a record, as other users do while a listing is read."""
    fault = call.hit("churn")
    if fault is None:
        return
    tenant, random = call.tenant, call.faults.random
    action = str(fault.value)
    if action not in ("edit", "insert", "delete"):
        action = random.choice(("edit", "insert", "delete"))
    size = len(listing)
    position = fault.position
    if position is None:
        position = random.randrange(size) if size else 0
    if action != "insert" and position >= size:
        return
    if isinstance(listing, JobStore):
        _churn_jobs(tenant, listing, action, position)
    else:
        _churn_applications(tenant, action, position)


def _churn_applications(tenant: Tenant, action: str, position: int) -> None:
    if action == "insert":
        tenant.add_application(position=position)
        return
    application_id = tenant.application_at(position)["id"]
    if action == "delete":
        tenant.delete_application(application_id)
    else:
        tenant.set_application(application_id, {"customFieldData": {"edited": tenant.new_id()}})


def _churn_jobs(tenant: Tenant, listing: JobStore, action: str, position: int) -> None:
    if action == "insert":
        tenant.add_job(closed=listing is tenant.closed, position=position)
        return
    key = listing.at(position)
    if action == "delete":
        listing.delete(key)
    else:
        payload = listing.payload(key)
        title = f"{payload.get('title')} ({tenant.new_id()[:8]})"
        listing.edit(key, {**payload, "title": title})
        tenant.touch_job(payload["jobId"])
