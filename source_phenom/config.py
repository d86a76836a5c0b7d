"""The source's configuration (specification, section 2).

``manifest.yaml`` publishes the same keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from phenom_api.connection import Connection, Secret, Text, load
from source_phenom.models.outcomes import Outcome
from source_phenom.models.values import normalized_label

Model = Literal[
    "users",
    "jobs",
    "candidates",
    "applications",
    "roles",
    "job_user_role_assignments",
    "job_hiring_team_members",
]
NonEmptyTexts = Annotated[list[Text], Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class FieldOverride(_Section):
    """Feeds ``field`` of ``model`` from the first of ``paths`` that has a valid value."""

    model: Model
    field: Text
    paths: NonEmptyTexts
    keep_default: bool = True

    @model_validator(mode="after")
    def _can_be_fed(self) -> FieldOverride:
        from source_phenom.models.remapping import why_not_override

        _refuse(why_not_override(self.model, self.field))
        return self


class CustomField(_Section):
    """Feeds the member ``key`` of ``custom_fields`` from the remote ``path``."""

    model: Model
    key: Text
    path: Text

    @model_validator(mode="after")
    def _can_be_named(self) -> CustomField:
        from source_phenom.models.remapping import why_no_custom_field

        _refuse(why_no_custom_field(self.model))
        return self


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise ValueError(reason)


class StatusOutcome(_Section):
    """Applications whose hiring status is ``status`` have the outcome ``outcome``."""

    status: Text
    outcome: Outcome

    @model_validator(mode="after")
    def _can_be_recognised(self) -> StatusOutcome:
        _refuse(
            None
            if normalized_label(self.status)
            else "status has no letter or digit to recognise it by"
        )
        return self


def _listed(mapping: Any) -> Any:
    """The long form of the short form ``{status: outcome}``."""
    if not isinstance(mapping, Mapping):
        return mapping
    return [{"status": status, "outcome": outcome} for status, outcome in mapping.items()]


def _without_contradiction(mapping: list[StatusOutcome]) -> list[StatusOutcome]:
    seen: dict[str, StatusOutcome] = {}
    for entry in mapping:
        first = seen.setdefault(normalized_label(entry.status), entry)
        if first.outcome != entry.outcome:
            raise ValueError(
                f"has different outcomes for {first.status!r} and {entry.status!r}, which differ "
                "only in case and punctuation"
            )
    return mapping


OutcomeMapping = Annotated[
    list[StatusOutcome], BeforeValidator(_listed), AfterValidator(_without_contradiction)
]


_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|\+00:00)?)?", re.ASCII
)


def _utc_moment(written: str) -> str:
    try:
        if not _MOMENT.fullmatch(written):
            raise ValueError("not as it has to be written")
        # Python 3.10 reads neither Z nor a fraction of any length.
        moment = datetime.fromisoformat(re.sub(r"(?:\.\d+)?(?:Z|\+00:00)?$", "", written))
    except ValueError:
        raise ValueError(
            "must be a date such as 2025-01-31, or a date and time in UTC such as "
            "2025-01-31T08:00:00Z"
        ) from None
    return f"{moment.isoformat(timespec='seconds')}Z"


def second_of(moment: str) -> int | None:
    """The seconds since 1970 of a :data:`Moment`; None if the text is not one."""
    try:
        return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())
    except ValueError:
        return None


Moment = Annotated[str, AfterValidator(_utc_moment)]
"""A date, or a date and time in UTC; then as ``2025-01-31T08:00:00Z``."""

_SHORTEST_KEY = 16
"""Characters of ``pseudonym_key``."""


class SourceConfig(Connection):
    """The keys of the source's configuration."""

    site_types: NonEmptyTexts = Field(default_factory=lambda: ["external"])
    include_closed_jobs: bool = False
    locale: Text | None = None
    only_created_applications: bool = False
    application_sources: list[Text] = Field(default_factory=list)
    field_overrides: list[FieldOverride] = Field(default_factory=list)
    custom_fields: list[CustomField] | None = None
    outcome_mapping: OutcomeMapping = Field(default_factory=list)
    start_date: Moment | None = None
    full_scan_hours: int = Field(default=0, ge=0, le=8760)
    full_reconcile_days: int = Field(default=7, ge=1)
    personal_data: Literal["full", "pseudonymous"] = "full"
    pseudonym_key: Secret | None = Field(default=None, validate_default=True)
    hard_deletes: bool = False
    max_file_megabytes: int = Field(default=100, ge=1, le=1500)
    page_size: int = Field(default=100, ge=1, le=1000)

    @field_validator("pseudonym_key")
    @classmethod
    def _is_long_enough(cls, key: Secret | None, others: ValidationInfo) -> Secret | None:
        if key is None:
            if others.data.get("personal_data") == "pseudonymous":
                raise ValueError(
                    "is required with personal_data pseudonymous: choose a secret of at least "
                    f"{_SHORTEST_KEY} characters and keep it"
                )
        elif len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"must have at least {_SHORTEST_KEY} characters")
        return key

    def secrets(self) -> tuple[str, ...]:
        held = () if self.pseudonym_key is None else (self.pseudonym_key.get_secret_value(),)
        return super().secrets() + held

    @property
    def may_include_files(self) -> bool:
        """Whether files of candidates may be sent. Nothing in a file can be a pseudonym."""
        return self.personal_data == "full"

    @property
    def start_second(self) -> int | None:
        """``start_date`` in seconds since 1970."""
        return None if self.start_date is None else second_of(self.start_date)

    @property
    def created_sources(self) -> frozenset[str] | None:
        """The normalized sources of the applications that are read; None for all."""
        from source_phenom.models.applications import normalized_source

        if not self.only_created_applications:
            return None
        return frozenset(map(normalized_source, self.application_sources))


def source_config(config: Any) -> SourceConfig:
    """Validate a configuration.

    :raises phenom_api.errors.InvalidConfig: names the wrong keys.
    """
    return load(SourceConfig, config)
