"""Hiring statuses in many words, and the outcomes that they mean."""

from __future__ import annotations

import pytest

from source_phenom.models.outcomes import Outcomes


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (
            "DECLINED",
            (
                "Rejected|rejected|REJECTED|Declined|Withdrawn|withdrawn_by_candidate|Not Selected|"
                "NOT_SELECTED|not-selected|NotSelected|notselected|Offer Declined|offerDeclined|"
                "Not Hired|Never joined|No longer hired|Offer Not Accepted|Rejected - No Visa|"
                "Hiring Manager Rejected|Candidate Withdrew|Self-Withdrawn|Withdrawal|Rejection|"
                "Auto-Reject|Not selected - position filled|Offer accepted, then declined|"
                "Rejected (another candidate hired)|  rejected  "
            ),
        ),
        (
            "HIRED",
            (
                "Hired|HIRED|hired|Joined|Onboarded|Offer Accepted|OFFER_ACCEPTED|offer-accepted|"
                "offerAccepted|Accepted Offer|Offer Accepted - Pending Background Check|"
                "Hired (internal)"
            ),
        ),
        (
            None,
            (
                "New|In Review|Phone Screen|Interview|Offer Extended|On Hold|Onboarding|Pre-hire|"
                "Hiring Manager Review|Selected for Interview|Application Accepted|Not Rejected|"
                "Not Yet Hired|To Be Hired|Pending Rejection|Awaiting withdrawal|Not yet selected|"
                "Other Candidate Hired|Position filled, another candidate hired|Hired elsewhere|"
                "Shortlisted|Angenommen|面接|---|42"
            ),
        ),
    ],
)
def test_common_words(outcome: str | None, statuses: str) -> None:
    outcomes = Outcomes({})
    found = {status: outcomes.of(status) for status in statuses.split("|")}
    assert found == dict.fromkeys(found, outcome)


def test_the_tenants_own_words_come_first() -> None:
    outcomes = Outcomes({"Talent Pool": "DECLINED", "hired": "PENDING", "内定": "HIRED"})
    statuses = {
        "TALENT_POOL": "DECLINED",
        "talent pool!": "DECLINED",
        "Hired": "PENDING",
        "内定": "HIRED",
        "Joined": "HIRED",
        "Talent": None,
    }
    assert {status: outcomes.of(status) for status in statuses} == statuses
