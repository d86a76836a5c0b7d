"""What ``phenom sync`` asks of its worker, as one JSON object on the worker's stdin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phenom_cli.warehouse.states import LOCAL_TENANT, Tenant


@dataclass(frozen=True)
class Request:
    command: str
    """The connector."""
    config: dict[str, Any]
    integration_id: str
    tenant_tag: str | None
    """See :class:`phenom_cli.warehouse.states.Tenant`."""
    place: str
    """The warehouse as a person may see it: without its password."""
    duckdb_path: str | None
    postgres_url: str | None
    postgres_schema: str
    secrets: list[str]
    streams: list[str] | None
    full_refresh: bool
    folder: str
    """A private folder for temporary files, which the caller removes."""

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.integration_id, self.tenant_tag)

    @property
    def made_up(self) -> bool:
        """The data come from the local tenant, which must not mix with a real one's."""
        return self.integration_id == LOCAL_TENANT
