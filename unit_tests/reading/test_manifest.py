"""The manifest agrees with the configuration's model, the schemas, and the requests of a read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

from phenom_api import candidates, listings, scim
from phenom_api.errors import InvalidConfig
from source_phenom import manifest
from source_phenom.config import SourceConfig, source_config
from source_phenom.manifest import DeclaredStream
from source_phenom.operations import operations
from unit_tests.reading.protocol import CONFIG, GATEWAY, read
from unit_tests.reading.recruiting import Applied, Recruiting

LISTINGS = {stream.listing for stream in manifest.streams()}
SPEC: dict[str, Any] = manifest.specification()["connectionSpecification"]


def test_spec_has_the_keys_of_the_model() -> None:
    assert set(SPEC["properties"]) == set(SourceConfig.model_fields)
    required = {name for name, field in SourceConfig.model_fields.items() if field.is_required()}
    assert set(SPEC["required"]) == required


def test_spec_has_the_defaults_of_the_model() -> None:
    config = source_config({key: CONFIG[key] for key in SPEC["required"]})
    for key, described in SPEC["properties"].items():
        if key not in SPEC["required"]:
            assert getattr(config, key) == described.get("default"), key


def test_secrets_are_marked() -> None:
    secret = {key for key, described in SPEC["properties"].items() if "airbyte_secret" in described}
    assert secret == {"client_secret", "api_key", "pseudonym_key"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"__anything": 1},
        {"unknown": 1},
        {"page_size": 0},
        {"page_size": 1001},
        {"page_size": "100"},
        {"num_workers": 51},
        {"site_types": []},
        {"site_types": "external"},
        {"hard_deletes": "yes"},
        {"field_overrides": [{"model": "jobs", "field": "name", "paths": ["a"]}]},
        {"field_overrides": [{"model": "jobs", "field": "name", "paths": []}]},
        {"field_overrides": [{"model": "nope", "field": "name", "paths": ["a"]}]},
        {"custom_fields": [{"model": "jobs", "key": "a", "path": "b"}]},
        {"custom_fields": [{"model": "jobs", "key": "a"}]},
        {"outcome_mapping": [{"status": "Talent pool", "outcome": "DECLINED"}]},
        {"outcome_mapping": [{"status": "Talent pool", "outcome": "declined"}]},
        {"outcome_mapping": [{"status": "", "outcome": "HIRED"}]},
        {"outcome_mapping": [{"status": "Talent pool"}]},
        {"max_file_megabytes": 1500},
        {"max_file_megabytes": 1501},
        {"max_file_megabytes": 0},
        {"full_reconcile_days": 1},
        {"full_reconcile_days": 0},
        {"full_reconcile_days": 1.5},
    ],
)
def test_spec_and_model_accept_and_refuse_the_same(change: dict[str, Any]) -> None:
    config = {**CONFIG, **change}
    validator = jsonschema.Draft7Validator(SPEC)
    try:
        source_config(config)
        accepted = True
    except Exception:
        accepted = False
    assert validator.is_valid(config) == accepted


@pytest.mark.parametrize("stream", manifest.stream_names())
def test_schemas_describe_every_column(stream: str) -> None:
    schema = manifest.schema(stream)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["additionalProperties"] is True
    for name, column in schema["properties"].items():
        assert column["description"], name
        nullable = "null" in column["type"]
        assert nullable != (name in {"id", "remote_id", "changed_at"}), name


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        (["Talent pool"], "'outcome_mapping.0' must be a valid dictionary"),
        ({"Talent pool": "Declined"}, "outcome' must be 'PENDING', 'HIRED' or 'DECLINED'"),
        ({"--": "HIRED"}, "status has no letter or digit to recognise it by"),
        (
            {"Talent pool": "DECLINED", "TALENT_POOL": "PENDING"},
            "has different outcomes for 'Talent pool' and 'TALENT_POOL'",
        ),
    ],
)
def test_outcomes_that_cannot_be_mapped(mapping: Any, complaint: str) -> None:
    with pytest.raises(InvalidConfig, match=complaint):
        source_config({**CONFIG, "outcome_mapping": mapping})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"Page-Size": 5}, "'Page-Size' is not a known key (did you mean 'page_size'?)"),
        ({"include_closed": True}, "(did you mean 'include_closed_jobs'?)"),
        (
            {"field_overrides": [{"model": "jobs", "field": "category", "path": ["a"]}]},
            "'field_overrides.0.path' is not a known key (did you mean 'paths'?)",
        ),
        (
            {"custom_fields": [{"model": "jobs", "key": "a", "path": "b", "zzz": 1}]},
            "is not a known key. The known keys in 'custom_fields' are: key, model, path.",
        ),
        (
            {"outcome_mapping": [{"Status": "Talent pool", "outcome": "HIRED"}]},
            "'outcome_mapping.0.Status' is not a known key (did you mean 'status'?)",
        ),
    ],
)
def test_an_unknown_key_is_reported_with_a_suggestion(
    change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidConfig) as refused:
        source_config({**CONFIG, **change})
    assert complaint in refused.value.message
    assert refused.value.message.count("The known keys") <= 1


def test_outcomes_can_be_mapped_the_short_way() -> None:
    listed = [{"status": "Talent pool", "outcome": "DECLINED"}]
    short = source_config({**CONFIG, "outcome_mapping": {"Talent pool": "DECLINED"}})
    assert short == source_config({**CONFIG, "outcome_mapping": listed})


def sent(recruiting: Recruiting, stream: str, folder: Path) -> set[tuple[str, str, frozenset[str]]]:
    """Methods, paths and names of parameters of the requests that a read of a stream sends."""
    config = {"ph_user_id": "acting-user", "include_closed_jobs": True}
    with recruiting.served() as gateway:
        outcome = read(folder, config, streams=[stream], files=True)
        history = list(gateway.request_history)
    assert outcome.code == 0, outcome.failures
    base = urlsplit(GATEWAY).path
    return {
        (
            request.method,
            urlsplit(request.url).path.removeprefix(base),
            frozenset(name for name, _ in parse_qsl(urlsplit(request.url).query)),
        )
        for request in history
    }


@pytest.mark.parametrize("stream", manifest.streams(), ids=lambda stream: stream.name)
def test_a_read_sends_the_requests_of_the_manifest(
    stream: DeclaredStream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    row = {"id": "0" * 24, "candidateData": {"id": "c1"}, "jobApplicationData": {"jobId": "JR-1"}}
    applied = Applied(row, user_id="c1", files=({"attachmentId": "a1", "attachmentName": "cv"},))
    recruiting = Recruiting([applied], jobs=[{"jobId": "JR-1"}])
    requests = sent(recruiting, stream.name, tmp_path)
    for name, declared in stream.requests.items():
        path = declared["path"].format(candidateId="c1", attachmentId="a1")
        parameters = frozenset(declared["request_parameters"])
        assert (declared["http_method"], path, parameters) in requests, name


def test_the_manifest_names_the_operations_that_others_use() -> None:
    """The writer and the command line do not read this manifest, but must use the same paths."""
    assert {listing: operations(manifest.streams_of(listing)) for listing in LISTINGS} == {
        "jobs": {"open_jobs": listings.OPEN_JOBS, "closed_jobs": listings.CLOSED_JOBS},
        "applications": {
            "applications": listings.APPLICATIONS,
            "activities_of_candidate": candidates.HISTORY,
            "documents_of_candidate": candidates.ATTACHMENTS,
            "file_of_document": candidates.PRE_SIGNED_URL,
        },
        "employees": {"users": scim.USERS},
        "groups": {"groups": scim.GROUPS},
    }


def test_nothing_in_the_manifest_is_unused() -> None:
    definitions = manifest.manifest()["definitions"]
    used = set(re.findall(r"#/definitions/(\w+)", manifest.PATH.read_text(encoding="utf-8")))
    assert used == set(definitions)
    assert set(manifest.checked_streams()) <= set(manifest.stream_names(acting_user=False))


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("source_phenom.manifest", "pydantic requests numpy airbyte_cdk"),
        ("source_phenom.run", "requests numpy airbyte_cdk"),
        ("source_phenom.check", "numpy airbyte_cdk"),
        ("source_phenom.reading.read", "airbyte_cdk"),
    ],
)
def test_a_command_imports_no_more_than_it_needs(module: str, absent: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not set(absent.split()) & set(done.stdout.split())
