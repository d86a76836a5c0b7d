"""One random history: changes of a tenant and syncs of it, each sync judged from outside."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import phenom_sandbox
from integration_tests.deltas.beliefs import Beliefs, Listing, Watched, must_be_seen
from integration_tests.deltas.changes import Changes
from integration_tests.deltas.connection import Connection, Ran, without_time
from integration_tests.deltas.rows import (
    APPLICATIONS,
    CANDIDATES,
    DISORDER,
    Record,
    application_record,
    created,
    is_created,
    is_read,
    key_of_candidate,
    order_of,
)
from phenom_sandbox import ORDERS, Fault, Tenant

CALM, KILLED, FAULTY, MOVING, ARRIVING, WRONG_TOTAL, REFUSED = (
    *("calm", "killed", "faulty", "moving", "arriving", "wrong total", "refused"),
)
_KINDS = [CALM] * 12 + [KILLED] * 3 + [FAULTY, FAULTY, MOVING, MOVING, MOVING, WRONG_TOTAL, REFUSED]
_ARRIVED = "arrived in front of the listing"
_STREAMS = [(APPLICATIONS, CANDIDATES)] * 4 + [(APPLICATIONS,), (CANDIDATES,)]
_LISTING = "/apply/v2/applications"
MOST_REQUESTS = 12
"""Requests of a delta besides the pages of what is new."""


class Wrong(AssertionError):
    """A sync told what is not true, or did not tell what it had to."""


@dataclass
class Scanned:
    """What is known of the last full scan of a stream. Times are None if there was none.

    `latest` is the end of the last sync that may have been a full scan; `certain` that of the last
    one that was, and was complete. `settings` are those of the syncs that the state may be of.
    `listed` are the rows at the end of the last sync, `newest` is the second of the newest one.
    """

    latest: datetime | None = None
    certain: datetime | None = None
    orders: set[str] = field(default_factory=set)
    settings: set[Any] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    newest: int = 0
    is_clean: bool = False

    def has_seen(self, listed: set[str]) -> None:
        self.listed = listed
        self.newest = max(filter(None, map(created, listed)), default=0)

    def has_listed(self, row_id: str) -> bool:
        """Whether the row was listed, as far as a sync can know.

        A row that was deleted and is back in its old place looks like one that was always there.
        """
        second = created(row_id)
        return row_id in self.listed or (second is not None and second < self.newest - DISORDER)


@dataclass
class History:
    """`tally` counts what the histories have covered.

    :param arriving: whether there are syncs during which applications arrive all the time.
    """

    seed: int
    tally: Counter[str] = field(default_factory=Counter)
    arriving: bool = False
    story: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Raises `Wrong`; then `story` says what happened."""
        self._rng = random.Random(self.seed)
        rng = self._rng
        self._kinds = [*_KINDS, *[ARRIVING] * 4 * self.arriving]
        self._acting = rng.random() < 0.2
        size = rng.choice((0, 1, 5, 20, 60)) if self._acting else rng.choice((0, 3, 40, 90, 200))
        order = rng.choice([*ORDERS[:2] * 4, ORDERS[2]])
        if size < 20 and order == ORDERS[2]:
            # So few rows can be in order by chance.
            order = ORDERS[0]
        self._page_size = rng.choice((2, 3, 5, 8, 13, 20))
        self._only_created = rng.random() < 0.15
        self._hours = rng.choice((0, *[6, 24, 24, 72, 400] * 3))
        # A row whose id tells no time may be among those that start_date skips without a look.
        self._has_start = rng.random() < 0.6
        self._start: str | None = None
        self._scanned = {name: Scanned() for name in (APPLICATIONS, CANDIDATES)}
        self._beliefs = Beliefs()
        self._changing = threading.Lock()
        self._is_watching = False
        self._say(
            f"{size} applications, order {order}, pages of {self._page_size}, "
            f"full_scan_hours {self._hours}, acting user {self._acting}"
        )
        tenant = Tenant(self.seed, 4, size, order=order, accepts_duplicates=True)
        with phenom_sandbox.running(tenant) as local:
            self._local = local
            self._connection = Connection(local, rng)
            near = 2 * self._page_size
            self._changes = Changes(local.tenant, rng, near, has_odd_ids=not self._has_start)
            for number in range(rng.randrange(4, 12)):
                self._step(number)

    def _say(self, what: str) -> None:
        self.story.append(what)

    # -- one step ----------------------------------------------------------------------------

    def _step(self, number: int) -> None:
        rng, tenant = self._rng, self._local.tenant
        self._changes.made.clear()
        for _ in range(rng.choice((0, 0, 1, 1, 2, 4)) if number else 0):
            self._changes.random_change(is_with_acting_user=self._acting)
        tenant.second += rng.choice((60, 3_600, 4 * 3_600, 30 * 3_600, 300 * 3_600))
        if self._has_start and rng.random() < 0.25:
            self._start = self._random_start()
        streams, kind = rng.choice(_STREAMS), rng.choice(self._kinds) if number else CALM
        config: dict[str, Any] = {
            "full_scan_hours": self._hours,
            "page_size": self._page_size,
            "num_workers": rng.choice((1, 1, 1, 3, 10)),
        }
        if self._start is not None:
            config["start_date"] = self._start
        if self._acting:
            config["ph_user_id"] = "acting-user"
        if self._only_created:
            config |= {
                "only_created_applications": True,
                "application_sources": ["Referral", "linkedin", "Career Site"],
            }
        self._say(
            f"{number}: {', '.join(self._changes.made) or 'no change'}; a {kind} sync of "
            f"{' and '.join(streams)} at {self._now().isoformat()}"
            + (f", start_date {self._start}" if self._start else "")
        )
        self._sync(kind, streams, config)

    def _random_start(self) -> str | None:
        rng, seconds = self._rng, []
        for row in self._local.tenant.applications():
            second = created(row["id"])
            if second is not None:
                seconds.append(second)
        if not seconds or rng.random() < 0.3:
            return None
        moment = datetime.fromtimestamp(
            rng.choice(seconds) + rng.choice((0, 1, 86_400)), timezone.utc
        )
        return moment.strftime(rng.choice(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ")))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._local.tenant.second + 1, timezone.utc)

    # -- one sync ----------------------------------------------------------------------------

    def _sync(self, kind: str, streams: Sequence[str], config: dict[str, Any]) -> None:
        connection, now = self._connection, self._now()
        before = {name: dict(connection.warehouse.get(name, {})) for name in streams}
        first = self._changes.rows()
        is_quiet = self._quiet(streams, config, first, before)
        page_length = self._misbehave(kind)
        has_faults = self._local.faults.armed
        seen = must_be_seen(self._changes.from_new_end(), is_quiet, page_length)
        is_full = self._must_be_full(streams, config, now, first, seen)
        watched = Watched(config, [first], None if is_full else seen)
        with self._watching(kind) as listings:
            kill_after = self._rng.randrange(1, 14) if kind == KILLED else None
            ran = connection.sync(config, streams, now, kill_after=kill_after)
        watched = Watched(config, [first, *listings], watched.seen)
        self._local.faults.clear()
        for line in (*ran.failures, *ran.log):
            self._say(f"      {line}")
        self.tally[kind] += 1
        self.tally["grown in front"] += any(_ARRIVED in line for line in ran.log)
        try:
            self._judge(kind, streams, watched, before, ran)
            is_plain = page_length == self._page_size and not has_faults
            if kind == CALM and not is_full and not self._acting and is_plain:
                self._judge_requests(streams, first, seen, ran)
        except AssertionError as error:
            raise Wrong(str(error)) from None
        self._learn(kind, streams, watched, ran, now)

    def _misbehave(self, kind: str) -> int:
        """Turns faults on; returns the length of the shortest whole page."""
        faults, rng, page_length = self._local.faults, self._rng, self._page_size
        faults.clear()
        if rng.random() < 0.2:
            faults.total = rng.choice(("missing", "null", "string"))
        self._is_counted = faults.total is None
        if kind == WRONG_TOTAL:
            faults.total = rng.choice((3, -3, 40, -40))
        if kind == FAULTY:
            faults.server_error = Fault(502, probability=0.15)
            faults.reset = Fault(probability=0.1)
            faults.truncate = Fault(probability=0.1)
            faults.throttle = Fault(429, probability=0.1)
        if kind == REFUSED:
            faults.deny = Fault(path=_LISTING, after=rng.randrange(6))
        if kind in (FAULTY, CALM) and rng.random() < 0.15:
            limit = rng.choice((2, 3, 7))
            faults.silent_page_limit = Fault(limit, path=_LISTING)
            page_length = min(page_length, limit)
        return page_length

    @contextmanager
    def _watching(self, kind: str) -> Iterator[list[Listing]]:
        """The listings after each change that others make during a sync."""
        listings: list[Listing] = []
        if kind in (MOVING, ARRIVING):
            rng = random.Random(self._rng.random())
            at = {rng.randrange(1, 9) for _ in range(rng.randrange(1, 4))}
            if kind == ARRIVING:
                # Slower than the listing is read: otherwise no scan can tell what it missed.
                most = max(2, 10 // self._page_size)
                at = set(range(rng.randrange(1, 4), 200, rng.randrange(most, 12)))
            # Mostly nothing but arrivals; otherwise other changes hide among them.
            others = rng.choice((0, 0, 0, 0.1)) if kind == ARRIVING else 1
            requests = 0

            def change(method: str, path: str, _: str) -> None:
                nonlocal requests
                with self._changing:
                    if method != "GET" or not path.endswith(_LISTING) or not self._is_watching:
                        return
                    requests += 1
                    if requests in at:
                        if rng.random() < others:
                            self._changes.random_change(is_with_acting_user=self._acting)
                        else:
                            # Hundreds may arrive during one sync, which takes less than a day.
                            self._changes.add(soon=True)
                            self._changes.made.append("add")
                        listings.append(self._changes.rows())

            self._is_watching = True
            self._local.before_request(change)
        try:
            yield listings
        finally:
            # Requests that the sync did not wait for may still be on their way.
            with self._changing:
                self._is_watching = False
            self._local.before_request(None)
        if listings:
            self._say(f"      during it: {', '.join(self._changes.made[-len(listings) :])}")

    # -- what it had to be -------------------------------------------------------------------

    def _quiet(
        self,
        streams: Sequence[str],
        config: Mapping[str, Any],
        rows: Listing,
        before: Mapping[str, Mapping[str, Record]],
    ) -> dict[str, bool]:
        """Which rows are remembered as they are, in every stream, by id."""
        found = {}
        for row in rows:
            is_quiet = all(self._scanned[name].has_listed(row["id"]) for name in streams)
            if is_quiet and APPLICATIONS in streams and is_read(row, config):
                record = application_record(row)
                known = before[APPLICATIONS].get(record["id"])
                is_quiet = known is not None and (self._acting or known == record)
            found[row["id"]] = is_quiet
        return found

    def _must_be_full(
        self,
        streams: Sequence[str],
        config: Mapping[str, Any],
        now: datetime,
        rows: Listing,
        seen: frozenset[str],
    ) -> bool:
        hours = config["full_scan_hours"]
        for name in streams:
            scanned = self._scanned[name]
            if not hours or scanned.latest is None or _settings(config) not in scanned.settings:
                return True
            if now >= scanned.latest + timedelta(hours=hours):
                return True
            if scanned.latest == scanned.certain and not scanned.orders:
                return True
        read = [row["id"] for row in rows if row["id"] in seen]
        return self._local.tenant.applied.order not in order_of(read)

    # -- judging -----------------------------------------------------------------------------

    def _judge(
        self,
        kind: str,
        streams: Sequence[str],
        watched: Watched,
        before: Mapping[str, Mapping[str, Record]],
        ran: Ran,
    ) -> None:
        for stream in streams:
            if self._start is not None:
                # A candidate is left out too when only rows before the start are left of it.
                self._beliefs.leave_out(stream, watched, before[stream])
        if not ran.was_killed and kind != REFUSED:
            assert not ran.failures, f"the sync failed: {ran.failures}"
            assert set(ran.statuses.values()) == {"COMPLETE"}, ran.statuses
        reference = None
        if self._acting and watched.is_calm:
            reference = self._reference(streams, watched.config)
        for stream in streams:
            self._judge_told(stream, watched, before[stream], ran)
            if not ran.is_complete(stream):
                continue
            has_deleted = any(record["remote_deleted_at"] for record in ran.records.get(stream, ()))
            is_exact = watched.is_calm and (watched.seen is None or has_deleted)
            # An empty listing without a total does not prove that there are no rows.
            is_exact &= self._is_counted or bool(watched.now)
            if is_exact and kind != WRONG_TOTAL:
                self.tally["full"] += 1
                expected = (
                    self._beliefs.exact(stream, watched) if reference is None else reference[stream]
                )
                self._judge_exactly(stream, expected)
            elif self._acting:
                self.tally["delta"] += 1
                if reference is not None:
                    self._judge_with_acting_user(stream, watched, reference[stream], before[stream])
            else:
                self.tally["delta"] += 1
                self._judge_loosely(stream, watched, before[stream])

    def _judge_told(
        self, stream: str, watched: Watched, before: Mapping[str, Record], ran: Ran
    ) -> None:
        told: dict[str, Record] = {}
        for record in ran.records.get(stream, ()):
            key, remote_id = record["id"], record["remote_id"]
            name = f"{stream} {remote_id}"
            content = without_time(record)
            assert not (key in told and (watched.is_calm or told[key] == content)), (
                f"{name}: emitted twice in one sync"
            )
            told[key] = content
            if record["remote_deleted_at"] is not None:
                assert self._beliefs.may_be_deleted(stream, remote_id, watched), (
                    f"{name}: reported as deleted, but it is there, or left out"
                )
            else:
                is_again = before.get(key) == content and key not in self._beliefs.left_out
                assert not is_again, f"{name}: emitted although it did not change"
                self._beliefs.left_out.discard(key)

    def _judge_exactly(self, stream: str, expected: Mapping[str, Record]) -> None:
        table = self._connection.warehouse.get(stream, {})
        for key, record in expected.items():
            self._equal(stream, key, table.get(key), [record])
        for key in table.keys() - expected.keys() - self._beliefs.left_out:
            raise AssertionError(f"{stream} {table[key]['remote_id']}: its deletion is not told")

    def _judge_loosely(self, stream: str, watched: Watched, before: Mapping[str, Record]) -> None:
        table = self._connection.warehouse.get(stream, {})
        if stream == APPLICATIONS:
            possible: Mapping[str, list[Record | None] | None] = {
                **self._beliefs.applications(watched, before)
            }
        else:
            possible = self._beliefs.candidates(watched, before)
        for key, records in possible.items():
            if records is None:
                self.tally["too much unknown"] += 1
            elif key not in self._beliefs.left_out or table.get(key) != before.get(key):
                # Deletions are judged where they are told.
                if table.get(key) is None and before.get(key) is not None:
                    continue
                if not any(records) and table.get(key) == before.get(key):
                    continue
                self._equal(stream, key, table.get(key), records)
        for key in table.keys() - possible.keys():
            raise AssertionError(f"{stream} {table[key]['remote_id']}: there is no such record")

    def _judge_with_acting_user(
        self,
        stream: str,
        watched: Watched,
        reference: Mapping[str, Record],
        before: Mapping[str, Record],
    ) -> None:
        """Edits anywhere are seen, if the candidate has an id; deletions are not told."""
        table = self._connection.warehouse.get(stream, {})
        read = {each["id"] for each in watched.now if is_created(each, watched.config)}
        gone = {
            key_of_candidate(row)
            for row_id, rows in self._beliefs.versions.items()
            for row in rows
            if row_id not in read
        }
        visible = set()
        for row in watched.now:
            key = key_of_candidate(row)
            has_id = bool((row.get("candidateData") or {}).get("id"))
            if not has_id:
                continue
            visible.add(row["id"] if stream == APPLICATIONS else key)
        for key, record in reference.items():
            if stream == CANDIDATES and record["remote_id"] in gone:
                continue
            options: list[Record | None] = [record]
            if record["remote_id"] not in visible:
                options.append(before.get(key))
            self._equal(stream, key, table.get(key), options)

    def _reference(
        self, streams: Sequence[str], config: Mapping[str, Any]
    ) -> dict[str, dict[str, Record]]:
        """All records, from a full refresh."""
        ran = self._connection.sync(
            {**config, "full_scan_hours": 0}, streams, self._now(), full_refresh=True
        )
        return {
            name: {record["id"]: without_time(record) for record in ran.records.get(name, ())}
            for name in streams
        }

    def _equal(
        self, stream: str, key: str, got: Record | None, options: Sequence[Record | None]
    ) -> None:
        if got in options:
            return
        wanted = next((each for each in options if each is not None), None)
        if got is None:
            raise AssertionError(f"{stream} {(wanted or {}).get('remote_id')}: it is missing")
        if wanted is None:
            raise AssertionError(f"{stream} {got['remote_id']}: it should not be there")
        differing = {
            column: (got.get(column), wanted.get(column))
            for column in {**got, **wanted}
            if got.get(column) != wanted.get(column)
        }
        raise AssertionError(
            f"{stream} {got['remote_id']}: {differing} (got, expected; {len(options)} possible)"
        )

    def _judge_requests(
        self, streams: Sequence[str], rows: Listing, seen: frozenset[str], ran: Ran
    ) -> None:
        """A delta after nothing but new rows reads them, and few pages besides."""
        order = self._local.tenant.applied.order
        is_delta = all(
            self._scanned[name].is_clean and order in self._scanned[name].orders for name in streams
        )
        only_new = set(self._changes.made) <= {"add", "add_many"}
        if not is_delta or not only_new or order not in order_of(row["id"] for row in rows):
            return
        self.tally["counted"] += 1
        page = max(1, self._page_size - 1)
        most = MOST_REQUESTS + -(-len(seen) // page)
        assert sum(ran.requests.values()) <= most, (
            f"a delta of {len(seen)} rows made {sum(ran.requests.values())} requests, not {most}: "
            f"{dict(ran.requests)}"
        )

    # -- what is known afterwards ------------------------------------------------------------

    def _learn(
        self, kind: str, streams: Sequence[str], watched: Watched, ran: Ran, now: datetime
    ) -> None:
        ids = [row["id"] for row in watched.listings[0]]
        covers_all = self._covered() >= len(ids)
        for name in streams:
            scanned, is_complete = self._scanned[name], ran.is_complete(name)
            if not is_complete:
                scanned.is_clean = False
                if name in ran.records:
                    # Killed behind its last state, it may have been a complete full scan.
                    scanned.settings.add(_settings(watched.config))
                    scanned.latest = now if watched.seen is None or covers_all else scanned.latest
                if name == CANDIDATES:
                    self._beliefs.know_some(watched, is_complete=False)
                continue
            scanned.has_seen({row["id"] for row in watched.now})
            if watched.seen is None and watched.is_calm and kind != WRONG_TOTAL:
                scanned.latest = scanned.certain = now
                scanned.orders = order_of(ids)
                scanned.is_clean = True
                if name == CANDIDATES:
                    self._beliefs.know_all(watched)
            else:
                if watched.seen is None or covers_all:
                    scanned.latest = now
                is_clean = watched.is_calm and kind != WRONG_TOTAL
                scanned.is_clean &= is_clean and set(self._changes.made) <= {"add", "add_many"}
                if name == CANDIDATES:
                    self._beliefs.know_some(watched, is_complete=True)
            scanned.settings = {_settings(watched.config)}

    def _covered(self) -> int:
        """How many positions of the listing the last sync asked for."""
        places: set[int] = set()
        # A request that the sync did not wait for may end meanwhile.
        for request in tuple(self._local.requests.recent):
            if request.endpoint == f"GET {_LISTING}":
                query = parse_qs(request.query)
                offset, limit = (int(query[name][0]) for name in ("offset", "limit"))
                places |= set(range(offset, min(offset + limit, offset + 1_000)))
        return len(places)


def _settings(config: Mapping[str, Any]) -> tuple[Any, ...]:
    """What decides which rows are read."""
    return (config.get("start_date"), config.get("ph_user_id"))
