"""What a second sync prints: only changed and deleted records (specification, section 4)."""

from __future__ import annotations

import copy
import itertools
import json
import random
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tests.source.reading import STREAMS, ConnectorOutput
from source_phenom.streams import stream_run
from unit_tests.reading import protocol
from unit_tests.reading.protocol import Tenant, read
from unit_tests.reading.test_streams import application, job

Warehouse = dict[tuple[str, str], dict[str, Any]]


def person(mail: str, name: str = "Some Body") -> dict[str, Any]:
    return {"recruiterEmail": mail, "recruiterName": name}


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(applications=[application(number) for number in range(1, 9)])
    tenant.jobs["external"] = [
        job(f"JR-{number}", multiRecruiter=[person("r@x.io"), person(f"r{number}@x.io")])
        for number in range(1, 8)
    ]
    return tenant


def changed(outcome: ConnectorOutput) -> dict[str, list[str]]:
    """Per stream, the remote ids that were printed (ids for the join models); marked if deleted."""
    return {
        stream: sorted(
            ("-" if record["remote_deleted_at"] else "+")
            + str(record.get("remote_id") or record["id"])
            for record in records
        )
        for stream, records in outcome.records.items()
        if records
    }


def sync(tenant: Tenant, folder: Path, state: Any = None, **options: Any) -> ConnectorOutput:
    config = options.pop("config", None) or {}
    gateway_url = config.get("gateway_url", protocol.GATEWAY)
    with mock.patch.object(protocol, "GATEWAY", gateway_url), tenant.served():
        outcome = read(folder, config, state, **options)
    assert outcome.code == 0, outcome.failures
    return outcome


class TestSecondSync:
    def test_an_unchanged_tenant_gives_states_only(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        second = sync(tenant, tmp_path, first.states)
        assert not second.records
        assert {s["stream"]["stream_descriptor"]["name"] for s in second.states} == set(STREAMS)
        for before, after in zip(first.states, second.states, strict=True):
            assert before["stream"] == after["stream"]

    def test_order_and_paging_do_not_matter(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        tenant.applications.reverse()
        tenant.jobs["external"].reverse()
        second = sync(tenant, tmp_path, first.states, config={"page_size": 1000})
        assert not second.records

    def test_a_changed_record_is_printed_whole_with_a_later_changed_at(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        first = sync(tenant, tmp_path)
        tenant.applications[2]["customFieldData"] = {"note": "called"}
        second = sync(tenant, tmp_path, first.states)
        (record,) = second.records["applications"]
        before = next(
            r for r in first.records["applications"] if r["remote_id"] == record["remote_id"]
        )
        assert record["custom_fields"] == {"note": "called"}
        assert record["changed_at"] > before["changed_at"]
        assert {**before, "custom_fields": None, "changed_at": None} == {
            **record,
            "custom_fields": None,
            "changed_at": None,
        }

    def test_a_gone_record_is_a_tombstone_and_comes_back_whole(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        first = sync(tenant, tmp_path)
        row = tenant.applications.pop(3)
        second = sync(tenant, tmp_path, first.states)
        (gone,) = second.records["applications"]
        kept = {"id", "remote_id", "changed_at", "remote_deleted_at"}
        assert {name for name, value in gone.items() if value is not None} == kept
        assert gone["changed_at"] == gone["remote_deleted_at"]
        third = sync(tenant, tmp_path, second.states)
        assert not third.records
        tenant.applications.append(row)
        fourth = sync(tenant, tmp_path, third.states)
        (back,) = fourth.records["applications"]
        assert back["remote_deleted_at"] is None
        assert back["id"] == gone["id"]
        assert back["changed_at"] > gone["changed_at"]

    def test_full_refresh_ignores_the_state(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        tenant.applications.pop()
        broken = copy.deepcopy(first.states)
        broken[0]["stream"]["stream_state"] = {"version": 99}
        again = sync(tenant, tmp_path, broken, mode="full_refresh")
        assert len(again.records["applications"]) == 7
        assert all(r["remote_deleted_at"] is None for r in again.records["applications"])
        assert not sync(tenant, tmp_path, again.states).records


class TestDerivedModels:
    """Each model is compared as records of its own."""

    def test_a_recruiter_who_leaves_one_job(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        tenant.jobs["external"][4]["multiRecruiter"].pop(0)
        second = sync(tenant, tmp_path, first.states)
        assert {stream: len(rows) for stream, rows in second.records.items()} == {
            "job_hiring_team_members": 1,
            "job_user_role_assignments": 1,
        }

    def test_a_recruiter_who_leaves_the_last_job(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        tenant.jobs["external"][4]["multiRecruiter"].pop(1)
        second = sync(tenant, tmp_path, first.states)
        assert changed(second)["users"] == ["-r5@x.io"]

    def test_a_renamed_job_changes_jobs_only(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        tenant.jobs["external"][0]["title"] = "New title"
        assert changed(sync(tenant, tmp_path, first.states)) == {"jobs": ["+JR-1"]}

    def test_an_application_that_moves_leaves_its_candidate(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        first = sync(tenant, tmp_path)
        tenant.applications[0]["jobApplicationData"]["jobId"] = "JR-9"
        second = sync(tenant, tmp_path, first.states)
        assert set(second.records) == {"applications"}


class TestTrust:
    def test_a_wrong_count_deletes_nothing(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        removed = tenant.applications.pop()
        tenant.total_off_by = 3
        second = sync(tenant, tmp_path, first.states)
        assert not second.records
        assert "counts 10 applications but lists 7" in second.logs
        tenant.total_off_by = 0
        third = sync(tenant, tmp_path, second.states)
        assert changed(third)["applications"] == ["-" + removed["id"]]

    def test_a_failed_listing_keeps_what_was_known(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path)
        tenant.denied = ("/apply/v2/applications",)
        with tenant.served():
            failed = read(tmp_path, None, first.states)
        assert failed.code == 1
        tenant.denied = ()
        assert not sync(tenant, tmp_path, failed.states).records

    def test_a_first_sync_that_read_nothing_leaves_no_state(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        tenant.denied = ("/apply/v2/applications",)
        with tenant.served():
            failed = read(tmp_path)
        assert failed.code == 1
        names = {s["stream"]["stream_descriptor"]["name"] for s in failed.states}
        assert names == set(STREAMS) - {"applications", "candidates"}
        assert failed.statuses["applications"] == ["STARTED", "INCOMPLETE"]

    @pytest.mark.parametrize("mode", ["incremental", "full_refresh"])
    def test_a_stream_that_read_nothing_keeps_its_state(
        self, tenant: Tenant, tmp_path: Path, mode: str
    ) -> None:
        first = sync(tenant, tmp_path, streams=["applications"])
        first.states[0]["stream"]["stream_state"]["candidates_api"] = {"until": 7}
        tenant.denied = ("/apply/v2/applications",)
        with tenant.served():
            failed = read(tmp_path, None, first.states, streams=["applications"], mode=mode)
        assert failed.code == 1
        if mode == "incremental":
            assert [s["stream"] for s in failed.states] == [s["stream"] for s in first.states]
        else:
            assert not failed.states

    def test_a_first_sync_that_failed_on_its_way_covers_what_it_printed(
        self, tmp_path: Path
    ) -> None:
        tenant = Tenant(applications=[application(number) for number in range(12)])
        everything, answer = tenant.applications, tenant.answer_applications

        def broken(request: Any, context: Any) -> dict[str, Any]:
            if int(request.qs["offset"][0]) > 6:
                context.status_code = 404
            return answer(request, context)

        answers = mock.patch.object(Tenant, "answer_applications", property(lambda _: broken))
        with answers, tenant.served():
            failed = read(tmp_path, streams=["applications"])
        assert failed.code == 1
        printed = len(failed.records["applications"])
        assert 0 < printed < len(everything)
        rest = sync(tenant, tmp_path, failed.states, streams=["applications"])
        assert len(rest.records["applications"]) == len(everything) - printed

    def test_a_mass_deletion_is_read_twice(self, tmp_path: Path) -> None:
        tenant = Tenant(applications=[application(number) for number in range(200)])
        first = sync(tenant, tmp_path, streams=["applications"], config={"page_size": 100})
        del tenant.applications[100:]
        with tenant.served() as gateway:
            second = read(tmp_path, {"page_size": 100}, first.states, streams=["applications"])
            # The end of the listing is read three times in each scan.
            assert gateway.call_count == 1 + 2 * 4
        assert "100 applications are gone at once: reading the listing again" in second.logs
        assert len(second.records["applications"]) == 100

    def test_a_mass_deletion_that_the_second_scan_does_not_confirm(self, tmp_path: Path) -> None:
        tenant = Tenant(applications=[application(number) for number in range(200)])
        everything = tenant.applications
        first = sync(tenant, tmp_path, streams=["applications"], config={"page_size": 1000})

        answer = tenant.answer_applications
        begun = 0

        def flickering(request: Any, context: Any) -> dict[str, Any]:
            nonlocal begun
            begun += request.qs["offset"] == ["0"]
            tenant.applications = everything[:50] if begun < 2 else everything
            return answer(request, context)

        with mock.patch.object(Tenant, "answer_applications", property(lambda _: flickering)):
            second = sync(
                tenant,
                tmp_path,
                first.states,
                streams=["applications"],
                config={"page_size": 1000},
            )
        assert not second.records


class TestClock:
    def test_changed_at_never_goes_back_with_the_clock(
        self, tenant: Tenant, tmp_path: Path
    ) -> None:
        first = sync(tenant, tmp_path, streams=["applications"])
        tenant.applications[0]["customFieldData"] = {"a": 1}
        long_ago = datetime(2001, 1, 1, tzinfo=timezone.utc)
        with mock.patch("source_phenom.reading.read.utc_now", return_value=long_ago):
            second = sync(tenant, tmp_path, first.states, streams=["applications"])
        (record,) = second.records["applications"]
        assert record["changed_at"] > first.states[0]["stream"]["stream_state"]["changed_at"]


def camel(state: dict[str, Any]) -> dict[str, Any]:
    part = state["stream"]
    return {"streamDescriptor": part["stream_descriptor"], "streamState": part["stream_state"]}


def by_name(outcome: ConnectorOutput) -> dict[str, Any]:
    parts = [state["stream"] for state in outcome.states]
    return {part["stream_descriptor"]["name"]: part["stream_state"] for part in parts}


FORMS: dict[str, Any] = {
    "state messages": lambda first: first.of("STATE"),
    "lines of messages": lambda first: "\n".join(map(json.dumps, first.of("STATE"))) + "\n",
    "lines of states": lambda first: "\r\n".join(map(json.dumps, first.states)),
    "all that the read printed": lambda first: "\n".join(map(json.dumps, first.messages)),
    "per-stream states": lambda first: [state["stream"] for state in first.states],
    "camelCase": lambda first: [camel(state) for state in first.states],
    "the API's answer": lambda first: {
        "stateType": "stream",
        "streamState": [camel(state) for state in first.states],
    },
    "global": lambda first: {
        "type": "GLOBAL",
        "global": {"stream_states": [state["stream"] for state in first.states]},
    },
    "legacy": lambda first: {"type": "LEGACY", "data": by_name(first)},
    "by name": by_name,
}


class TestStates:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda state: {**state, "version": 1},
            lambda state: {**state, "fingerprints": state["fingerprints"][:-3]},
            lambda state: {**state, "fingerprints": state["fingerprints"].swapcase()},
            lambda state: {**state, "fingerprints": 7},
            lambda state: {**state, "changed_at": "yesterday"},
            lambda state: {"cursor": "2026-01-01"},
            lambda _: "text",
            lambda _: [1],
        ],
    )
    def test_an_unusable_state_is_a_clear_error(
        self, tenant: Tenant, tmp_path: Path, damage: Any
    ) -> None:
        state = sync(tenant, tmp_path, streams=["jobs", "applications"]).states
        part = next(
            s["stream"] for s in state if s["stream"]["stream_descriptor"]["name"] == "applications"
        )
        part["stream_state"] = damage(part["stream_state"])
        with tenant.served():
            outcome = read(tmp_path, None, state, streams=["jobs", "applications"])
        assert outcome.code == 1
        assert not outcome.records
        (failure,) = outcome.failures
        assert failure["failure_type"] == "config_error"
        assert "state of stream applications" in failure["message"]
        assert "Reset this stream" in failure["message"]
        assert "--full-refresh --streams applications" in failure["message"]
        assert outcome.statuses == {
            "applications": ["STARTED", "INCOMPLETE"],
            "jobs": ["STARTED", "COMPLETE"],
        }

    @pytest.mark.parametrize(
        "config",
        [{"integration_id": "another"}, {"gateway_url": "https://gateway.test/other"}],
    )
    def test_a_state_of_another_tenant_is_refused(
        self, tenant: Tenant, tmp_path: Path, config: dict[str, Any]
    ) -> None:
        state = sync(tenant, tmp_path, streams=["applications"]).states
        with tenant.served():
            outcome = read(tmp_path, config, state, streams=["applications"])
        assert outcome.code == 1
        assert "another gateway_url or integration_id. Check" in outcome.failures[0]["message"]

    @pytest.mark.parametrize(
        "config",
        [{"integration_id": "another"}, {"gateway_url": "https://gateway.test/other"}],
    )
    def test_a_state_that_covers_no_record_serves_any_tenant(
        self, tenant: Tenant, tmp_path: Path, config: dict[str, Any]
    ) -> None:
        """Earlier versions left such a state after a first sync that failed."""
        nobody = Tenant()
        state = sync(nobody, tmp_path, streams=["applications"], config=config).states
        state[0]["stream"]["stream_state"]["candidates_api"] = {"until": 7}
        first = sync(tenant, tmp_path, state, streams=["applications"])
        assert len(first.records["applications"]) == 8
        (left,) = first.states
        assert "candidates_api" not in left["stream"]["stream_state"]
        assert not sync(tenant, tmp_path, first.states, streams=["applications"]).records

    @pytest.mark.parametrize(
        "gateway_url",
        ["https://GATEWAY.test/prefix", "https://gateway.test:443/prefix"],
    )
    def test_the_spelling_of_the_gateway_url_does_not_matter(
        self, tenant: Tenant, tmp_path: Path, gateway_url: str
    ) -> None:
        state = sync(tenant, tmp_path, streams=["applications"]).states
        config = {"gateway_url": gateway_url}
        assert not sync(tenant, tmp_path, state, streams=["applications"], config=config).records

    def test_an_empty_state_is_a_first_sync(self, tenant: Tenant, tmp_path: Path) -> None:
        assert len(sync(tenant, tmp_path, []).records["applications"]) == 8
        assert len(sync(tenant, tmp_path, {}).records["applications"]) == 8

    @pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
    def test_a_state_in_any_form_that_tools_print(
        self, tenant: Tenant, tmp_path: Path, form: Any
    ) -> None:
        first = sync(tenant, tmp_path)
        given = form(first)
        text = given if isinstance(given, str) else json.dumps(given)
        second = sync(tenant, tmp_path, text)
        assert not second.records
        assert len(second.states) == len(STREAMS)

    def test_the_state_of_one_stream(self, tenant: Tenant, tmp_path: Path) -> None:
        first = sync(tenant, tmp_path, streams=["jobs"])
        for single in (first.of("STATE")[-1], first.states[0], first.states[0]["stream"]):
            assert not sync(tenant, tmp_path, json.dumps(single), streams=["jobs"]).records

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("7", "other than per-stream states"),
            ('["jobs"]', "other than per-stream states"),
            ('{"cursor": "2026"}', "other than per-stream states"),
            ('{"type": "STREAM", "stream": {}}', "other than per-stream states"),
            ('{"type": "LOG", "log": {}}', "no STATE is among them"),
            ('{"type": "LOG"}\n{"type": "STATE"', "state file is not valid JSON (line 2)"),
            ("", "state file is empty"),
        ],
    )
    def test_a_state_file_without_a_state(
        self, tenant: Tenant, tmp_path: Path, text: str, message: str
    ) -> None:
        with tenant.served():
            outcome = read(tmp_path, None, text)
        assert outcome.code == 1
        assert not outcome.records
        assert message in outcome.failures[0]["message"]

    def test_checkpoints_come_once_a_minute(self, tmp_path: Path) -> None:
        tenant = Tenant(applications=[application(number) for number in range(60)])
        ticks = itertools.count(0.0, 5.0)
        with mock.patch("source_phenom.reading.read.seconds", side_effect=ticks):
            outcome = sync(tenant, tmp_path, streams=["applications"])
        kinds = [m["type"] for m in outcome.messages if m["type"] in ("RECORD", "STATE")]
        pages = "".join(kind[0] for kind in kinds).split("S")
        assert 2 <= len(pages) - 1 <= 4
        assert sum(map(len, pages)) == 60
        counts = [m["state"]["sourceStats"]["recordCount"] for m in outcome.of("STATE")]
        assert sum(counts) == 60


def applied(warehouse: Warehouse, messages: list[dict[str, Any]]) -> None:
    """The rows of a destination that deduplicates by primary key."""
    for message in messages:
        if message["type"] == "RECORD":
            record = message["record"]
            warehouse[record["stream"], record["data"]["id"]] = record["data"]


def committed(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that a destination keeps of a killed run: those before the last state."""
    last_state: dict[str, int] = {}
    for position, message in enumerate(messages):
        if message["type"] == "STATE":
            last_state[message["state"]["stream"]["stream_descriptor"]["name"]] = position
    return [
        message
        for position, message in enumerate(messages)
        if message["type"] == "STATE"
        or (
            message["type"] == "RECORD"
            and position < last_state.get(message["record"]["stream"], -1)
        )
    ]


def live(warehouse: Warehouse) -> Warehouse:
    return {
        key: {name: value for name, value in record.items() if name != "changed_at"}
        for key, record in warehouse.items()
        if record["remote_deleted_at"] is None
    }


def _edit(tenant: Tenant, rng: random.Random, hidden: list[dict[str, Any]]) -> None:
    rows = tenant.applications
    jobs = tenant.jobs["external"]
    match rng.randrange(8):
        case 0:
            rows.insert(rng.randint(0, len(rows)), application(rng.randrange(10**6), "c1"))
        case 1 if rows:
            hidden.append(rows.pop(rng.randrange(len(rows))))
        case 2 if hidden:
            rows.append(hidden.pop(rng.randrange(len(hidden))))
        case 3 if rows:
            rng.choice(rows)["candidateData"]["firstName"] = f"Name {rng.random()}"
        case 4:
            number = rng.randrange(100, 130)
            if all(listed["jobId"] != f"JR-{number}" for listed in jobs):
                jobs.append(job(f"JR-{number}", multiRecruiter=[person("r@x.io")]))
        case 5 if jobs:
            jobs.pop(rng.randrange(len(jobs)))
        case 6 if jobs:
            rng.choice(jobs)["hiringManagerEmail"] = f"h{rng.randrange(4)}@x.io"
        case _ if jobs:
            rng.choice(jobs)["title"] = f"Title {rng.random()}"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_any_history_ends_with_the_warehouse_equal_to_the_tenant(seed: int) -> None:
    rng = random.Random(seed)
    tenant = Tenant(applications=[application(number) for number in range(1, 9)])
    tenant.jobs["external"] = [job(f"JR-{n}", multiRecruiter=[person("r@x.io")]) for n in range(6)]
    warehouse: Warehouse = {}
    state: dict[str, Any] = {}
    hidden: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(12):
            for _ in range(rng.randrange(4)):
                _edit(tenant, rng, hidden)
            with mock.patch.object(stream_run, "CHECKPOINT_SECONDS", rng.choice((0.0, 60.0))):
                outcome = sync(tenant, folder, list(state.values()))
            printed = outcome.messages
            if rng.random() < 0.3:
                printed = committed(printed[: rng.randrange(len(printed))])
            applied(warehouse, printed)
            for message in json.loads(json.dumps(printed)):
                if message["type"] == "STATE":
                    descriptor = message["state"]["stream"]["stream_descriptor"]
                    state[descriptor["name"]] = message["state"]
        final = sync(tenant, folder, list(state.values()))
        applied(warehouse, final.messages)
        fresh: Warehouse = {}
        applied(fresh, sync(tenant, folder).messages)
    assert live(warehouse) == live(fresh)
