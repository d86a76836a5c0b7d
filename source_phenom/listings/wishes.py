"""What of a configuration decides what a row comes to: nothing secret, and easily handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from source_phenom.config import SourceConfig


class FieldOverride(NamedTuple):
    """As in the configuration."""

    model: str
    field: str
    paths: tuple[str, ...]
    keep_default: bool


class CustomField(NamedTuple):
    """As in the configuration."""

    model: str
    key: str
    path: str


class Wishes(NamedTuple):
    """The keys of the configuration that they are named after."""

    integration_id: str
    field_overrides: tuple[FieldOverride, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    only_created_applications: bool = False
    application_sources: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: SourceConfig) -> Wishes:
        return cls(
            config.integration_id,
            tuple(
                FieldOverride(each.model, each.field, tuple(each.paths), each.keep_default)
                for each in config.field_overrides
            ),
            tuple(
                CustomField(each.model, each.key, each.path) for each in config.custom_fields or ()
            ),
            config.only_created_applications,
            tuple(config.application_sources),
        )
