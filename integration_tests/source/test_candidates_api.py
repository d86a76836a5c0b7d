"""With an acting user: the columns from the Candidates API, and the requests of later syncs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

import pytest

from integration_tests.source.syncing import (
    NOW,
    OF_CANDIDATES,
    Record,
    SyncOutput,
    Syncs,
    syncing,
)
from phenom_sandbox import Fault
from source_phenom.models.ids import UnifiedIds
from source_phenom.models.outcomes import Outcomes
from source_phenom.models.timestamps import timestamp
from source_phenom.streams import stream_run
from source_phenom.streams.events import State

OWN = "/candidates-api/applications/v1/candidates/*/applications"
HISTORY = "/candidates-api/applications/v1/candidates/*/hiring-status-activities"
FILES = "/candidates-api/files/v1/candidates/*/attachments"
APPLICANTS = "/candidates-api/applications/v1/jobs/*/applicants"
SEARCH = "/candidates-api/v1/candidates/search"
TAGS = "/tags-api"
PER_CANDIDATE = ("/applications", "/attachments", "/hiring-status-activities", "/tags")


@pytest.fixture
def syncs(caplog: pytest.LogCaptureFixture) -> Iterator[Syncs]:
    with syncing(caplog, seed=5, jobs=12, applications=120) as syncs:
        yield syncs


def people(syncs: Syncs) -> dict[str, list[dict[str, Any]]]:
    """Payloads of the applications by candidate id, of those who have one."""
    found: dict[str, list[dict[str, Any]]] = {}
    for payload in syncs.local.tenant.applications():
        candidate = payload["candidateData"].get("id")
        if candidate:
            found.setdefault(candidate, []).append(payload)
    return found


def asked_per_candidate(outcome: Any) -> int:
    return sum(outcome.asked("/{candidateId}" + part) for part in PER_CANDIDATE)


class TestColumnsAndStreams:
    def test_outcomes_equal_those_of_the_tenant(self, syncs: Syncs) -> None:
        records = syncs.run("applications").live("applications")
        outcomes = Outcomes({})
        truth = dict(syncs.local.tenant.hiring.statuses())
        assert set(records) == set(truth)
        for key, status in truth.items():
            expected = None if status is None else outcomes.of(status.value) or "PENDING"
            assert records[key]["outcome"] == expected, status
            assert records[key]["current_stage"] == (status and status.value)
        assert {record["outcome"] for record in records.values()} == {
            None,
            "PENDING",
            "HIRED",
            "DECLINED",
        }

    def test_the_other_columns_of_applications(self, syncs: Syncs) -> None:
        records = syncs.run("applications").live("applications")
        tenant = syncs.local.tenant
        rejections = 0
        for payload in tenant.applications():
            key, record = payload["id"], records[payload["id"]]
            status = tenant.hiring.status(key)
            has_id = bool(payload["candidateData"].get("id"))
            rejected = status if status is not None and status.rejected and has_id else None
            rejections += rejected is not None
            assert record["remote_created_at"] == (
                timestamp(tenant.created(key)) if has_id else None
            )
            assert record["remote_updated_at"] == (
                timestamp(tenant.updated(key)) if has_id else None
            )
            assert record["rejected_at"] == (rejected and timestamp(rejected.updated))
            assert record["rejection_reason_name"] == (rejected and rejected.rejection_reason)
        assert rejections

    def test_columns_of_candidates(self, syncs: Syncs) -> None:
        tenant = syncs.local.tenant
        somebody = min(people(syncs))
        tenant.tags.add(somebody, "silver medallist", "relocates")
        outcome = syncs.run("candidates")
        records = outcome.live("candidates")
        for key, record in records.items():
            known = tenant.people.find(key)
            assert record["remote_created_at"] == (known and timestamp(known["created"]))
            assert record["remote_updated_at"] == (known and timestamp(known["updated"]))
            assert record["tags"] == (sorted(tenant.tags.of(key)) or None if known else None)
        assert {"relocates", "silver medallist"} <= set(records[somebody]["tags"])
        assert asked_per_candidate(outcome) == 0

    def test_activities_say_who_when_from_and_to(self, syncs: Syncs) -> None:
        records = syncs.run("application_activities").live("application_activities")
        tenant, ids = syncs.local.tenant, UnifiedIds("phenom")
        expected = []
        for candidate, payloads in people(syncs).items():
            for key in sorted({payload["id"] for payload in payloads}):
                before: str | None = None
                for step in tenant.hiring.history(key):
                    expected.append(
                        (
                            ids.of("candidates", candidate),
                            ids.of("applications", key),
                            step.recruiter_id and ids.of("employees", step.recruiter_id),
                            step.recruiter_name,
                            timestamp(step.status.updated),
                            before,
                            step.status.value,
                        )
                    )
                    before = step.status.value
        columns = (
            *("candidate_id", "application_id", "employee_id", "employee_name"),
            *("remote_created_at", "from_stage", "to_stage"),
        )
        found = [tuple(record[column] for column in columns) for record in records.values()]
        assert sorted(found, key=repr) == sorted(expected, key=repr)

    def test_documents_are_listed_but_not_downloaded(self, syncs: Syncs) -> None:
        outcome = syncs.run("candidate_documents")
        records = outcome.live("candidate_documents")
        files = {
            f"{candidate}:{file.attachment_id}": (candidate, file)
            for candidate in people(syncs)
            for file in syncs.local.tenant.files.of_candidate(candidate)
        }
        assert set(records) == set(files)
        for key, (candidate, file) in files.items():
            assert records[key]["file_name"] == file.name
            assert records[key]["candidate_id"] == UnifiedIds("phenom").of("candidates", candidate)
        assert {record["document_type"] for record in records.values()} == {
            "RESUME",
            "COVER_LETTER",
        }
        assert "http" not in str(list(records.values()))
        assert outcome.asked("pre-signed-url") == 0

    def test_statuses_that_nothing_maps_are_counted(self, syncs: Syncs) -> None:
        truth = [status for _, status in syncs.local.tenant.hiring.statuses() if status is not None]
        unmapped = sum(Outcomes({}).of(status.value) is None for status in truth)
        log = syncs.run("applications").log
        assert f"applications: {unmapped} hiring statuses that nothing maps" in log
        assert "'New' (" in log


class TestTheNextSync:
    def test_an_unchanged_tenant_gives_no_records_and_no_requests_about_candidates(
        self, syncs: Syncs
    ) -> None:
        first = syncs.run(*OF_CANDIDATES)
        second = syncs.run(*OF_CANDIDATES)
        assert second.emitted == {}
        assert second.statuses == dict.fromkeys(OF_CANDIDATES, "COMPLETE")
        assert asked_per_candidate(second) < asked_per_candidate(first) / 10
        for stream in OF_CANDIDATES:
            assert second.states[stream] == first.states[stream]

    def test_exactly_what_changed_is_emitted(self, syncs: Syncs) -> None:
        syncs.run(*OF_CANDIDATES)
        tenant = syncs.local.tenant
        candidates = sorted(people(syncs))
        moved = [payload["id"] for payload in people(syncs)[candidates[3]]]
        for key in moved:
            tenant.hiring.move(key, "Offer Accepted")
        (old,) = tenant.files.of_candidate(candidates[10])[:1]
        tenant.files.remove(candidates[10], old.attachment_id)
        new = tenant.files.add(candidates[10], "visa.pdf", b"%PDF", "Other")
        tenant.tags.add(candidates[20], "vip")
        outcome = syncs.run(*OF_CANDIDATES)
        assert set(outcome.live("applications")) == set(moved)
        assert all(r["outcome"] == "HIRED" for r in outcome.records["applications"])
        assert {r["to_stage"] for r in outcome.records["application_activities"]} == {
            "Offer Accepted"
        }
        assert len(outcome.records["application_activities"]) == len(moved)
        assert set(outcome.live("candidate_documents")) == {f"{candidates[10]}:{new.attachment_id}"}
        assert outcome.gone("candidate_documents") == {f"{candidates[10]}:{old.attachment_id}"}
        assert set(outcome.live("candidates")) == {candidates[n] for n in (3, 10, 20)}
        assert outcome.live("candidates")[candidates[20]]["tags"][-1] == "vip"
        assert asked_per_candidate(outcome) < 30

    def test_a_new_candidate_is_read_whole(self, syncs: Syncs) -> None:
        syncs.run(*OF_CANDIDATES)
        tenant = syncs.local.tenant
        job = next(iter(tenant.open_jobs()))["jobId"]
        person = {"id": "f" * 24, "firstName": "Ada", "contactData": {"email": "ada@example.com"}}
        added = tenant.add_application(
            {"candidateData": person, "jobApplicationData": {"jobId": job}}
        )
        outcome = syncs.run(*OF_CANDIDATES)
        assert set(outcome.live("applications")) == {added["id"]}
        assert outcome.live("applications")[added["id"]]["current_stage"] == "New"
        assert set(outcome.live("candidates")) == {"f" * 24}
        assert len(outcome.records["application_activities"]) == 1

    def test_an_applicant_with_neither_id_nor_address(self, syncs: Syncs) -> None:
        tenant = syncs.local.tenant
        nameless = [
            payload["id"]
            for payload in tenant.applications()
            if not payload["candidateData"].get("id")
            and not (payload["candidateData"].get("contactData") or {}).get("email")
            and tenant.hiring.status(payload["id"])
        ]
        assert nameless
        syncs.run("applications")
        tenant.hiring.move(nameless[0], "Hired")
        outcome = syncs.run("applications")
        assert {key: r["outcome"] for key, r in outcome.live("applications").items()} == {
            nameless[0]: "HIRED"
        }

    def test_a_candidate_without_applications_loses_activities_and_documents(
        self, syncs: Syncs
    ) -> None:
        syncs.run(*OF_CANDIDATES)
        candidate, (payload,) = next(
            (candidate, payloads)
            for candidate, payloads in people(syncs).items()
            if len(payloads) == 1 and syncs.local.tenant.hiring.history(payloads[0]["id"])
        )
        had = {
            stream: {
                record["remote_id"]
                for record in syncs.warehouse[stream].values()
                if record["remote_id"].startswith(candidate)
            }
            for stream in OF_CANDIDATES[2:]
        }
        syncs.local.tenant.delete_application(payload["id"])
        outcome = syncs.run(*OF_CANDIDATES)
        assert outcome.gone("candidates") == {candidate}
        for stream, keys in had.items():
            assert keys
            assert outcome.gone(stream) == keys
            assert not outcome.live(stream)

    def test_everything_is_reconciled_after_a_week(self, syncs: Syncs) -> None:
        first = syncs.run(*OF_CANDIDATES)
        gone = sorted(people(syncs))[7]
        # Neither the search nor the listing shows it.
        syncs.local.tenant.people.delete(gone)
        in_between = syncs.run(*OF_CANDIDATES, now=NOW + timedelta(days=6, hours=23))
        assert in_between.emitted == {}
        outcome = syncs.run(*OF_CANDIDATES, now=NOW + timedelta(days=8))
        assert outcome.statuses == dict.fromkeys(OF_CANDIDATES, "COMPLETE")
        assert all(key.startswith(gone) for key in outcome.gone("candidate_documents"))
        assert outcome.gone("candidate_documents")
        assert {r["candidate_id"] for r in outcome.records["applications"]} == {
            UnifiedIds("phenom").of("candidates", gone)
        }
        assert outcome.live("candidates")[gone]["remote_updated_at"] is None
        assert asked_per_candidate(outcome) > asked_per_candidate(first) * 0.9
        assert "a full reconciliation is due, as the last one was 2026-11-02" in outcome.log
        quiet = syncs.run(*OF_CANDIDATES, now=NOW + timedelta(days=14))
        assert quiet.emitted == {}
        assert asked_per_candidate(quiet) < 20
        syncs.local.tenant.people.restore(gone)
        back = syncs.run(*OF_CANDIDATES, now=NOW + timedelta(days=15))
        assert all(key.startswith(gone) for key in back.live("candidate_documents"))
        assert back.emitted.keys() == set(OF_CANDIDATES)

    def test_the_days_can_be_configured(self, syncs: Syncs) -> None:
        syncs.run("candidate_documents")
        quiet = syncs.run("candidate_documents", now=NOW + timedelta(days=8), full_reconcile_days=9)
        assert quiet.asked("/attachments") < 5
        due = syncs.run("candidate_documents", now=NOW + timedelta(days=1), full_reconcile_days=1)
        assert due.asked("/attachments") == len(people(syncs))

    def test_a_large_loss_is_read_twice_but_no_candidate_is_asked_twice(self, syncs: Syncs) -> None:
        syncs.run("applications", "candidate_documents")
        rows = list(syncs.local.tenant.applications())
        for payload in rows[:70]:
            syncs.local.tenant.delete_application(payload["id"])
        outcome = syncs.run("applications", "candidate_documents")
        assert "reading the listing again to be sure" in outcome.log
        assert outcome.gone("applications") == {payload["id"] for payload in rows[:70]}
        left = {payload["candidateData"].get("id") for payload in rows[70:]} - {None}
        assert outcome.asked("/attachments") <= 2 * len(left)


class TestFailures:
    def test_a_candidate_deleted_meanwhile_is_no_failure(self, syncs: Syncs) -> None:
        syncs.run(*OF_CANDIDATES)
        candidate = sorted(people(syncs))[5]
        syncs.local.tenant.tags.add(candidate, "vip")
        syncs.local.faults.deny = Fault(404, path=FILES.replace("*", candidate))
        outcome = syncs.run(*OF_CANDIDATES)
        assert outcome.statuses == dict.fromkeys(OF_CANDIDATES, "COMPLETE")
        assert outcome.gone("candidate_documents")
        assert all(key.startswith(candidate) for key in outcome.gone("candidate_documents"))
        assert not outcome.records["application_activities"]

    def test_an_operation_that_knows_no_candidate_fails_the_stream(self, syncs: Syncs) -> None:
        syncs.run("candidate_documents")
        syncs.local.faults.deny = Fault(404, path=FILES)
        outcome = syncs.run("candidate_documents", now=NOW + timedelta(days=8))
        assert outcome.statuses == {"candidate_documents": "INCOMPLETE"}
        assert outcome.emitted == {}
        assert (
            "GET /candidates-api/files/v1/candidates/{candidateId}/attachments"
            in (outcome.failures["candidate_documents"])
        )

    def test_a_denied_operation_fails_its_stream_alone(self, syncs: Syncs) -> None:
        syncs.local.faults.deny = Fault(403, path=HISTORY)
        outcome = syncs.run(*OF_CANDIDATES)
        assert outcome.statuses == {
            **dict.fromkeys(OF_CANDIDATES, "COMPLETE"),
            "application_activities": "INCOMPLETE",
        }
        message = outcome.failures["application_activities"]
        assert "Candidates API, reading hiring status activities" in message
        assert not any(candidate in message for candidate in people(syncs))
        syncs.local.faults.clear()
        assert set(syncs.run(*OF_CANDIDATES).emitted) == {"application_activities"}

    def test_an_operation_that_fails_fails_its_stream_alone(self, syncs: Syncs) -> None:
        syncs.run(*OF_CANDIDATES)
        for candidate in sorted(people(syncs))[:5]:
            syncs.local.tenant.tags.add(candidate, "vip")
        # Longer than a request is retried.
        syncs.local.faults.throttle = Fault(429, path=FILES, retry_after=100_000)
        outcome = syncs.run(*OF_CANDIDATES)
        assert outcome.statuses == {
            **dict.fromkeys(OF_CANDIDATES, "COMPLETE"),
            "candidate_documents": "INCOMPLETE",
        }
        assert set(outcome.emitted) == {"candidates"}
        syncs.local.faults.clear()
        added = syncs.local.tenant.files.add(min(people(syncs)), "late.pdf", b"%PDF", "Other")
        late = syncs.run(*OF_CANDIDATES)
        assert [key[-24:] for key in late.live("candidate_documents")] == [added.attachment_id]

    def test_columns_that_were_never_permitted_are_null(self, syncs: Syncs) -> None:
        syncs.local.faults.deny = [Fault(403, path=OWN), Fault(403, path=TAGS)]
        outcome = syncs.run("applications", "candidates")
        assert outcome.statuses == {"applications": "COMPLETE", "candidates": "COMPLETE"}
        assert "Candidates API, reading a candidate's applications" in outcome.log
        assert "Tags API" in outcome.log
        records = outcome.live("applications")
        truth = dict(syncs.local.tenant.hiring.statuses())
        with_id = [payload["id"] for rows in people(syncs).values() for payload in rows]
        assert any(records[key]["outcome"] == "DECLINED" for key in with_id)
        for key in with_id:
            status = truth[key]
            assert records[key]["current_stage"] == (status and status.value)
            assert records[key]["remote_created_at"] is None
        assert all(record["tags"] is None for record in outcome.records["candidates"])
        assert syncs.run("applications", "candidates").emitted == {}

        syncs.local.faults.clear()
        granted = syncs.run("applications", "candidates", now=NOW + timedelta(days=8))
        assert {r["remote_id"] for r in granted.records["applications"]} >= set(with_id)
        tagged = {key for key in people(syncs) if syncs.local.tenant.tags.of(key)}
        assert set(granted.live("candidates")) == tagged

    def test_an_api_permitted_later_is_read_for_all_in_the_next_sync(self, syncs: Syncs) -> None:
        syncs.local.faults.deny = Fault(403, path=OWN)
        syncs.run("applications")
        syncs.local.faults.clear()
        candidate = min(people(syncs))
        syncs.local.tenant.tags.add(candidate, "vip")
        noticed = syncs.run("applications")
        moved = {payload["id"] for payload in people(syncs)[candidate]}
        assert moved <= noticed.live("applications").keys()
        assert len(noticed.live("applications")) < 10
        completed = syncs.run("applications")
        assert len(completed.live("applications")) > 50
        assert syncs.run("applications").emitted == {}

    @pytest.mark.parametrize(
        ("denied", "stream"), [(OWN, "applications"), (TAGS, "candidates"), (SEARCH, "candidates")]
    )
    def test_a_permission_that_is_lost_empties_nothing(
        self, syncs: Syncs, denied: str, stream: str
    ) -> None:
        streams = ("applications", "candidates")
        syncs.run(*streams)
        candidate = min(people(syncs))
        moved = people(syncs)[candidate][0]["id"]
        syncs.local.tenant.hiring.move(moved, "Withdrawn")
        syncs.local.faults.deny = Fault(403, path=denied)
        outcome = syncs.run(*streams)
        assert outcome.statuses[stream] == "INCOMPLETE"
        assert outcome.statuses[({*streams} - {stream}).pop()] == "COMPLETE"
        assert "reset the stream" in outcome.failures[stream]
        assert not outcome.records[stream]
        syncs.local.faults.clear()
        syncs.run(*streams)
        assert _outcome(syncs, moved) == "DECLINED"
        assert syncs.run(*streams).emitted == {}

    def test_without_the_search_all_candidates_are_asked_every_time(self, syncs: Syncs) -> None:
        syncs.local.faults.deny = Fault(403, path=SEARCH)
        first = syncs.run(*OF_CANDIDATES)
        assert first.statuses == dict.fromkeys(OF_CANDIDATES, "COMPLETE")
        assert "every sync has to ask the Candidates API about every candidate" in first.log
        assert all(r["remote_updated_at"] is None for r in first.records["candidates"])
        moved = people(syncs)[min(people(syncs))][0]["id"]
        syncs.local.tenant.hiring.move(moved, "Hired")
        second = syncs.run(*OF_CANDIDATES)
        assert set(second.live("applications")) == {moved}
        assert set(second.emitted) == {"applications", "application_activities"}
        assert second.asked("-activities") == first.asked("-activities")

    def test_a_search_that_does_not_answer_fails_the_streams(self, syncs: Syncs) -> None:
        syncs.run(*OF_CANDIDATES)
        moved = people(syncs)[min(people(syncs))][0]["id"]
        syncs.local.tenant.hiring.move(moved, "Hired")
        # Longer than a request is retried.
        syncs.local.faults.throttle = Fault(429, path=SEARCH, retry_after=100_000)
        failed = syncs.run(*OF_CANDIDATES)
        assert failed.statuses == dict.fromkeys(OF_CANDIDATES, "INCOMPLETE")
        assert failed.emitted == {}
        assert asked_per_candidate(failed) == 0
        syncs.local.faults.clear()
        assert set(syncs.run(*OF_CANDIDATES).live("applications")) == {moved}

    @pytest.mark.parametrize("switch", [("search_window", 40), ("dates_only", True)])
    def test_searches_of_every_kind(self, syncs: Syncs, switch: tuple[str, Any]) -> None:
        setattr(syncs.local.faults, *switch)
        records = syncs.run("candidates", page_size=10).live("candidates")
        for key in people(syncs):
            known = syncs.local.tenant.people.find(key)
            assert known is not None
            assert records[key]["remote_updated_at"] == timestamp(known["updated"])
        somebody = min(people(syncs))
        syncs.local.tenant.tags.add(somebody, "vip")
        assert set(syncs.run("candidates", page_size=10).live("candidates")) == {somebody}

    def test_a_history_that_does_not_name_its_job(self, syncs: Syncs) -> None:
        syncs.local.faults.nameless_activities = True
        records = syncs.run("application_activities").live("application_activities")
        ids = UnifiedIds("phenom")
        for candidate, payloads in people(syncs).items():
            of_candidate = [
                record["application_id"]
                for record in records.values()
                if record["candidate_id"] == ids.of("candidates", candidate)
            ]
            keys = {payload["id"] for payload in payloads}
            if len(keys) == 1 and syncs.local.tenant.application_ids_of(candidate) == [*keys]:
                assert set(of_candidate) <= {ids.of("applications", *keys)}

    def test_a_killed_first_sync_is_resumed(
        self, syncs: Syncs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_run, "CHECKPOINT_SECONDS", 0.0)
        killed, covered = SyncOutput(), 0
        events = syncs.events("applications", outcome=killed, page_size=10)
        for event in events:
            covered = len(killed.records["applications"])
            if covered and isinstance(event, State):
                break
        events.close()
        assert 0 < covered < 120
        rest = syncs.run("applications", states=killed.checkpoints[-1])
        emitted = rest.live("applications").keys()
        assert not emitted & {r["remote_id"] for r in killed.records["applications"][:covered]}
        assert len(emitted) == 120 - covered
        assert rest.asked("candidates/{candidateId}/applications") < len(people(syncs))

    def test_a_killed_reconciliation_starts_again(
        self, syncs: Syncs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        streams = ("candidate_documents", "application_activities", "applications")
        syncs.run(*streams)
        candidates = people(syncs)
        for candidate in candidates:
            syncs.local.tenant.files.add(candidate, "more.pdf", b"%PDF", "Other")
        monkeypatch.setattr(stream_run, "CHECKPOINT_SECONDS", 0.0)
        later, killed = NOW + timedelta(days=8), SyncOutput()
        events = syncs.events(*streams, outcome=killed, now=later, page_size=10)
        for _ in events:
            if "candidate_documents" in killed.states:
                break
        events.close()
        states = {**syncs.states, **killed.checkpoints[-1]}
        first = len(killed.records["candidate_documents"])
        rest = syncs.run(*streams, states=states, now=later)
        assert 0 < first < len(candidates)
        assert len(rest.live("candidate_documents")) == len(candidates) - first
        assert rest.asked("/attachments") >= len(candidates)
        assert not any(rest.gone(stream) for stream in streams)


class TestSettings:
    def test_without_an_acting_user_its_columns_and_streams_are_missing(self, syncs: Syncs) -> None:
        streams = ("applications", "candidates")
        outcome = syncs.run(*streams, ph_user_id=None)
        assert set(outcome.requests) == {"POST /token", "GET /apply/v2/applications"}
        for record in outcome.records["applications"]:
            assert record["outcome"] is None
            assert record["rejected_at"] is None
        assert all("candidates_api" not in state for state in outcome.states.values())

    def test_an_acting_user_who_comes_and_goes(self, syncs: Syncs) -> None:
        streams = ("applications", "candidates")
        without = syncs.run(*streams, ph_user_id=None)
        known = {key for key, status in syncs.local.tenant.hiring.statuses() if status is not None}
        of_person = {p["id"] for rows in people(syncs).values() for p in rows}
        came = syncs.run(*streams)
        assert set(came.live("applications")) == known | of_person
        assert syncs.run(*streams).emitted == {}

        went = syncs.run(*streams, ph_user_id=None)
        assert set(went.live("applications")) == known | of_person
        assert all(r["outcome"] is None for r in syncs.warehouse["applications"].values())
        for stream in streams:
            before = {**without.states[stream], "changed_at": None, "fingerprints": None}
            assert {**went.states[stream], "changed_at": None, "fingerprints": None} == before
        assert syncs.run(*streams, ph_user_id=None).emitted == {}
        assert syncs.run(*streams).emitted == came.emitted

    def test_an_acting_user_who_goes_in_a_sync_that_fails(self, syncs: Syncs) -> None:
        syncs.run("applications")
        syncs.local.faults.deny = Fault(403, path="/apply/v2/applications")
        failed = syncs.run("applications", ph_user_id=None)
        assert failed.statuses == {"applications": "INCOMPLETE"}
        syncs.local.faults.clear()
        syncs.run("applications", ph_user_id=None)
        assert all(r["outcome"] is None for r in syncs.warehouse["applications"].values())

    def test_outcomes_can_be_mapped(self, syncs: Syncs) -> None:
        syncs.run("applications")
        mapping: dict[str, Literal["DECLINED", "PENDING"]] = {
            "on hold": "DECLINED",
            "JOINED": "PENDING",
        }
        outcome = syncs.run("applications", outcome_mapping=mapping)
        truth = dict(syncs.local.tenant.hiring.statuses())
        held = {
            k
            for k, s in truth.items()
            if s and Outcomes(mapping).of(s.value) != Outcomes({}).of(s.value)
        }
        records = outcome.live("applications")
        assert {k for k, r in records.items()} == held
        assert "the configuration changed" in outcome.log
        assert "'On Hold'" not in outcome.log
        assert syncs.run("applications", outcome_mapping=mapping).emitted == {}

    @pytest.mark.parametrize("keep_default", [True, False])
    def test_an_override_comes_before_the_hiring_status(
        self, syncs: Syncs, keep_default: bool
    ) -> None:
        tenant = syncs.local.tenant
        key = people(syncs)[min(people(syncs))][0]["id"]
        tenant.set_application(key, {"customFieldData": {"result": "hired"}})
        tenant.hiring.move(key, "Rejected")
        override = {
            "model": "applications",
            "field": "outcome",
            "paths": ["customFieldData.result"],
            "keep_default": keep_default,
        }
        outcome = syncs.run("applications", field_overrides=[override])
        records = outcome.live("applications")
        assert records[key]["outcome"] == "HIRED"
        assert records[key]["current_stage"] == "Rejected"
        others = {record["outcome"] for k, record in records.items() if k != key}
        assert others == ({None, "PENDING", "HIRED", "DECLINED"} if keep_default else {None})

    def test_only_created_applications_are_asked_about(self, syncs: Syncs) -> None:
        tenant = syncs.local.tenant
        candidate = min(people(syncs))
        for payload in people(syncs)[candidate]:
            tenant.set_application(
                payload["id"], {"jobApplicationData": {"applicantSource": "By us"}}
            )
        ours: dict[str, Any] = {"only_created_applications": True, "application_sources": ["by us"]}
        outcome = syncs.run(*OF_CANDIDATES, **ours)
        assert set(outcome.live("candidates")) == {candidate}
        assert outcome.asked("-activities") == outcome.asked("/attachments") == 1
        everybody = syncs.run(*OF_CANDIDATES)
        assert everybody.asked("/attachments") == len(people(syncs))
        again = syncs.run(*OF_CANDIDATES, **ours)
        assert len(again.gone("candidates")) == len(everybody.live("candidates"))
        assert not any(key.startswith(candidate) for key in again.gone("candidate_documents"))


def _outcome(syncs: Syncs, key: str) -> str | None:
    records: dict[str, Record] = syncs.warehouse["applications"]
    (found,) = (record for record in records.values() if record["remote_id"] == key)
    outcome: str | None = found["outcome"]
    return outcome
