"""The destination's configuration (specification, section 6).

``spec.yaml`` publishes the same keys.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from phenom_api.connection import Connection, HeaderText, Text, load


class DestinationConfig(Connection):
    """All settings of the destination."""

    locale: HeaderText = "en_US"
    site_type: HeaderText = "external"
    default_source: Text = "Airbyte"
    on_rejected_record: Literal["fail", "skip"] = "fail"
    results_path: Text | None = None
    max_attachment_bytes: int = Field(default=10_485_760, ge=1)
    num_workers: int = Field(default=4, ge=1, le=50)


def destination_config(config: Any) -> DestinationConfig:
    """Validate; raises :class:`phenom_api.errors.InvalidConfig` that names the wrong keys."""
    return load(DestinationConfig, config)
