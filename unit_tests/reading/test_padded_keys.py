"""A key or reference with white space around it is the same as without."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from phenom_api.gateway import Gateway
from phenom_cli.candidate_files import DocumentSearch
from source_phenom.config import source_config
from source_phenom.models.ids import UnifiedIds
from source_phenom.snapshot import Snapshot, StreamState, tenant_tag
from unit_tests.reading.protocol import CONFIG, GATEWAY
from unit_tests.reading.recruiting import Applied, Printed, Recruiting, read
from unit_tests.reading.test_left_out import FIRST, USER, applied

IDS = UnifiedIds("phenom")
CLOSED: dict[str, Any] = {"include_closed_jobs": True}
PADDINGS = (" {}", "{}\u00a0", "\t{}\n", "\u3000 {} ")
Pad = Callable[[str], str]
_KEYS = frozenset({
    "id", "jobId", "userId", "phApplicationId", "applicationId", "actionValue", "attachmentId",
    "recruitersUserId", "createdDate", "value",
})  # fmt: skip
"""Members that hold keys, in any payload."""
_AS_GIVEN = ("integration_fields",)


def tenant() -> Recruiting:
    """Each candidate is found in another way: by id, among the applicants, or by application."""
    by_id = [applied(n, n % 3, f"JR-{n % 2}", "Referral") for n in range(1, 7)]
    by_address = [
        replace(applied(n, n, "JR-1", "Fair", has_id=False), user_id=None) for n in (11, 12)
    ]
    nameless = applied(21, 21, "JR-1", "Fair", has_id=False, has_address=False)
    by_job = applied(31, 31, "JR-0", "Fair")
    assert by_job.own is not None
    by_job = replace(by_job, own={**by_job.own, "phApplicationId": None, "applicationId": None})
    people = [*by_id, *by_address, nameless, by_job]
    return Recruiting(
        [_with_actor(one) for one in people],
        jobs=[{"jobId": f"JR-{n}", "siteType": "external", **_team(n)} for n in range(3)],
        closed_jobs=[{"jobId": "JR-7", "siteType": "external"}],
        employees=[
            {
                "id": "e1",
                "name": {"givenName": "Ada", "familyName": "Byron"},
                "emails": [{"value": "hm@x.io"}],
                "groups": [{"value": "g1", "display": "HR"}],
            }
        ],
        groups=[{"value": "g1", "display": "HR"}, {"id": "g2", "displayName": "IT"}],
        managed=[{"jobId": "JR-1", "createdDate": "2025-01-01", "updatedDate": "2025-02-01"}],
        profiles=[
            {
                "userId": f"c{n}",
                "dateCreated": (FIRST + n) * 1000,
                "updatedDate": (FIRST + n) * 1000,
            }
            for n in (0, 1, 21, 31)
        ],
        tags={"vip": ["c0", "c2"]},
    )


def _with_actor(one: Applied) -> Applied:
    history = tuple({**activity, "recruitersUserId": "e1"} for activity in one.history)
    return replace(one, history=history)


def _team(number: int) -> dict[str, Any]:
    return {"hiringManagerEmail": " HM@x.io", "hiringManagerName": f"H. M. {number}"}


def padded(value: Any, pad: Pad) -> Any:
    """A payload with all its keys padded."""
    if isinstance(value, list):
        return [padded(item, pad) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: pad(inner) if name in _KEYS and isinstance(inner, str) else padded(inner, pad)
        for name, inner in value.items()
    }


def padded_tenant(pad: Pad, *, asked_by_plain_ids: bool) -> Recruiting:
    """:param asked_by_plain_ids: whether the Candidates API has the ids without white space."""
    plain = tenant()
    named: Pad = str if asked_by_plain_ids else pad
    return replace(
        plain,
        applied=[
            replace(
                one,
                row=padded(one.row, pad),
                user_id=one.user_id and named(one.user_id),
                job_id=one.job_id and named(one.job_id),
                own=padded(one.own, pad),
                history=tuple(padded(list(one.history), pad)),
                files=tuple(padded(list(one.files), pad)),
            )
            for one in plain.applied
        ],
        jobs=padded(plain.jobs, pad),
        closed_jobs=padded(plain.closed_jobs, pad),
        employees=[{**padded(one, pad), "emails": one["emails"]} for one in plain.employees],
        groups=padded(plain.groups, pad),
        managed=padded(plain.managed, pad),
        profiles=[{**one, "userId": named(one["userId"])} for one in plain.profiles],
        tags={tag: [pad(one) for one in whose] for tag, whose in plain.tags.items()},
    )


def told(printed: Printed) -> Any:
    """What was printed, except the values that are passed on unchanged."""
    records = {
        stream: {
            record["id"]: {name: v for name, v in record.items() if name not in _AS_GIVEN}
            for record in rows
        }
        for stream, rows in printed.records.items()
    }
    keys = {
        stream: [key for key, _ in found] for stream, (_, found, _) in printed.remembered().items()
    }
    return records, keys, printed.failures, sorted(printed.log)


@pytest.mark.parametrize("user", [{}, USER], ids=["no user", "acting user"])
@pytest.mark.parametrize("trims", [True, False], ids=["trims", "knows its own alone"])
@pytest.mark.parametrize("plain", [True, False], ids=["asked by plain ids", "by padded ones"])
@pytest.mark.parametrize("padding", PADDINGS, ids=json.dumps)
def test_padding_of_keys_changes_no_record(
    padding: str, plain: bool, trims: bool, user: dict[str, Any]
) -> None:
    expected = read(tenant(), **CLOSED, **user)
    assert not expected.failures
    given = replace(padded_tenant(padding.format, asked_by_plain_ids=plain), trims=trims)
    first = read(given, **CLOSED, **user)
    assert told(first) == told(expected)
    assert not read(given, first.states, **CLOSED, **user).records
    back = read(replace(tenant(), trims=trims), first.states, **CLOSED, **user)
    assert all(
        record["remote_deleted_at"] is None for rows in back.records.values() for record in rows
    )


def test_one_job_under_two_keys_is_one_job() -> None:
    def of(job_id: str, locale: str, **more: Any) -> dict[str, Any]:
        return {"jobId": job_id, "siteType": "external", "locale": locale, **more}

    team = {"hiringManagerEmail": "hm@x.io"}
    printed = read(
        Recruiting(
            [
                applied(1, 1, " R-1\t", "Fair"),
                applied(2, 2, "R-1", "Fair"),
                applied(3, 3, " ", "x"),
            ],
            jobs=[of("R-1", "en_US", **team), of(" R-1 ", "de_DE", title="Eins", **team)],
            closed_jobs=[of("R-1 ", "aa_AA")],
        ),
        **CLOSED,
    )
    (job,) = printed.records["jobs"]
    assert (job["remote_id"], job["name"], job["status"]) == ("R-1", "Eins", "OPEN")
    assert job["id"] == IDS.of("jobs", "R-1")
    assert [member["job_id"] for member in printed.records["job_hiring_team_members"]] == [
        job["id"]
    ]
    applications = sorted(printed.records["applications"], key=lambda record: record["remote_id"])
    assert [a["job_id"] for a in applications] == [job["id"], job["id"], None]
    assert [a["remote_job_id"] for a in applications] == ["R-1", "R-1", None]


def test_a_padded_key_of_an_earlier_state_becomes_a_tombstone() -> None:
    """States of versions that did not trim hold keys with their white space."""
    given = Recruiting(jobs=[{"jobId": " R-1", "siteType": "external"}])
    state = StreamState.parse(
        read(given, streams=["jobs"]).states["jobs"], tenant=tenant_tag(GATEWAY, "phenom")
    )
    earlier = replace(
        state, snapshot=Snapshot.from_records({f" {key}": d for key, d in state.snapshot})
    )
    second = read(given, {"jobs": earlier.dump()}, streams=["jobs"])
    found = {record["id"]: record["remote_deleted_at"] for record in second.records["jobs"]}
    assert set(found) == {IDS.of("jobs", "R-1"), IDS.of("jobs", " R-1")}
    assert found[IDS.of("jobs", "R-1")] is None
    assert found[IDS.of("jobs", " R-1")] is not None
    assert not read(given, second.states, streams=["jobs"]).records


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\t", None])
def test_a_blank_key_is_no_key(blank: Any) -> None:
    one = applied(1, 1, "JR-1", "Fair")
    listed = [replace(one, row={**one.row, "id": blank, "place": n}) for n in range(3)]
    printed = read(
        Recruiting(
            listed,
            jobs=[{"jobId": blank, "title": "x"}],
            employees=[{"id": blank}],
            groups=[{"value": blank, "id": blank}],
        ),
        **USER,
    )
    assert set(printed.records) == {"roles"}
    log = "\n".join(printed.log)
    for stream, count in (("jobs", 1), ("employees", 1), ("groups", 1), ("applications", 3)):
        assert f"{stream}: {count} rows without a key were skipped" in log


@pytest.mark.parametrize("trims", [True, False], ids=["trims", "knows its own alone"])
@pytest.mark.parametrize("plain", [True, False], ids=["asked by plain ids", "by padded ones"])
def test_documents_are_listed_under_the_trimmed_ids(plain: bool, trims: bool) -> None:
    given = replace(padded_tenant(" {}\t".format, asked_by_plain_ids=plain), trims=trims)
    config = source_config({**CONFIG, **USER})

    def listed(tenant: Recruiting) -> list[dict[str, Any]]:
        with tenant.served(), Gateway(config) as gateway:
            return [document.as_json() for document in DocumentSearch(config, gateway, (), ())]

    assert listed(given) == listed(tenant())
    keys = read(given, **USER).by_remote_id("candidate_documents")
    assert {each["document_id"] for each in listed(given)} == set(keys)
