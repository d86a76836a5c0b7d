"""What decides what a row comes to, of a configuration and a run: nothing secret, picklable."""

from __future__ import annotations

from datetime import datetime
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


class MappingOptions(NamedTuple):
    """The keys of the configuration that they are named after.

    :param now: of the run. :param created_sources: see :attr:`SourceConfig.created_sources`.
    """

    integration_id: str
    now: datetime
    field_overrides: tuple[FieldOverride, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    created_sources: frozenset[str] | None = None

    @classmethod
    def of(cls, config: SourceConfig, now: datetime) -> MappingOptions:
        return cls(
            config.integration_id,
            now,
            tuple(
                FieldOverride(each.model, each.field, tuple(each.paths), each.keep_default)
                for each in config.field_overrides
            ),
            tuple(
                CustomField(each.model, each.key, each.path) for each in config.custom_fields or ()
            ),
            config.created_sources,
        )
