"""The source's configuration (contract section 2); ``manifest.yaml`` publishes the same keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from phenom_api.connection import Connection, Text, load

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


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class FieldOverride(_Part):
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


class CustomField(_Part):
    """Member ``key`` of ``custom_fields``, out of the remote ``path``."""

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


class SourceConfig(Connection):
    """Everything the source can be told."""

    site_types: NonEmptyTexts = Field(default_factory=lambda: ["external"])
    include_closed_jobs: bool = False
    locale: Text | None = None
    only_created_applications: bool = False
    application_sources: list[Text] = Field(default_factory=list)
    field_overrides: list[FieldOverride] = Field(default_factory=list)
    custom_fields: list[CustomField] | None = None
    hard_deletes: bool = False
    page_size: int = Field(default=100, ge=1, le=1000)


def source_config(config: Any) -> SourceConfig:
    """Validate; raises :class:`phenom_api.errors.InvalidConfig` that names the wrong keys."""
    return load(SourceConfig, config)
