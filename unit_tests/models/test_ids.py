from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

import pytest

from source_phenom.models.ids import UnifiedIds


@pytest.mark.parametrize("integration_id", ["phenom", "tenant two", "Zürich"])
@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("jobs", "JR-100516"),
        ("jobs", "JOBID"),
        ("users", "åsa@example.com"),
        ("applications", "65920080c22eeb252edd8ab3"),
        ("job_user_role_assignments", "JR-1:a@example.com:RECRUITER"),
        ("candidates", "email:日本@example.com"),
    ],
)
def test_ids_are_the_uuid5_of_the_contract(integration_id: str, model: str, key: str) -> None:
    namespace = uuid5(NAMESPACE_URL, f"urn:phenom:{integration_id}")
    assert UnifiedIds(integration_id).of(model, key) == str(uuid5(namespace, f"{model}:{key}"))


def test_an_id_does_not_depend_on_the_ids_before_it() -> None:
    ids = UnifiedIds("phenom")
    first = ids.of("jobs", "1")
    ids.of("jobs", "2")
    assert ids.of("jobs", "1") == first
