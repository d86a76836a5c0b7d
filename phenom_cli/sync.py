"""``phenom sync``: loads a tenant into a warehouse, with a progress display."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phenom_cli.address import Warehouse, parse_warehouse
from phenom_cli.configuration import read_config
from phenom_cli.display import display, print_results
from phenom_cli.local_tenant import local_tenant
from phenom_cli.printing import console, print_error
from phenom_cli.warehouse.failures import SyncFailed
from phenom_cli.warehouse.monitor import failure_sentences
from phenom_cli.warehouse.states import DEFAULT_INTEGRATION_ID, TenantIdentity

if TYPE_CHECKING:
    from phenom_cli.warehouse.run import StreamResult
    from source_phenom.config import SourceConfig

PACKAGES = {"duckdb": "DuckDB", "psycopg": "psycopg, the PostgreSQL client,"}


def sync(
    config_file: str | None,
    warehouse: str,
    streams: list[str] | None,
    full_refresh: bool,
    *,
    acting_user: bool = False,
) -> int:
    """Runs one sync and prints its table. Returns the exit code: 0 if every stream was read.

    :param acting_user: whether the local tenant, which is read if there is no ``config_file``, is
        read on behalf of a user.

    Raises click.ClickException if the sync ended early.
    """
    target = parse_warehouse(warehouse)
    # The warehouse's files, also temporary ones, hold personal data.
    os.umask(0o077)
    with _tenant(config_file, target, acting_user) as config:
        _check_streams(streams or [], config, is_local=config_file is None)
        rows = [row._asdict() for row in _load(config, target, streams, full_refresh)]
    print_results(console(), rows)
    failed = {row["stream"]: row["failure"] for row in rows if row["failure"]}
    for sentence in failure_sentences(failed, len(rows)):
        print_error(sentence)
    click.echo(f"The tables are in {target.display_name}", err=True)
    return 1 if failed else 0


def _check_streams(streams: list[str], config: dict[str, Any], *, is_local: bool) -> None:
    """Raises click.ClickException for a stream that the configuration does not offer."""
    from source_phenom import manifest

    known = manifest.stream_names()
    offered = manifest.stream_names(acting_user=config.get("ph_user_id") is not None)
    unknown = [name for name in streams if name not in known]
    if unknown:
        sentences = [
            f"There is no stream {name}. {manifest.meant(name, known)}" for name in unknown
        ]
        raise click.ClickException(f"{''.join(sentences)}The streams are: {', '.join(known)}")
    for name in streams:
        if name not in offered:
            how = "add --acting-user" if is_local else "set ph_user_id in the configuration"
            raise click.ClickException(
                f"The stream {name} is read on behalf of an acting user: {how}, or leave the stream"
                " out of --streams."
            )


def _load(
    config: dict[str, Any], target: Warehouse, chosen: list[str] | None, full_refresh: bool
) -> list[StreamResult]:
    """One result per stream. Raises click.ClickException if the sync ended early."""
    from phenom_cli.warehouse.run import Request
    from phenom_cli.warehouse.run import sync as run
    from source_phenom import manifest
    from source_phenom.models.ids import UnifiedIds
    from source_phenom.personal_data import personal_data

    valid = _checked(config)
    offered = manifest.stream_names(acting_user=valid.ph_user_id is not None)
    request = Request(
        command=_source_command(),
        config=config,
        tenant=_identity(valid),
        unified_id=UnifiedIds(valid.integration_id).of,
        warehouse=target,
        streams=[
            manifest.discovered(name, hard_deletes=valid.hard_deletes, with_files=False)
            for name in offered
            if chosen is None or name in chosen
        ],
        full_refresh=full_refresh,
        hidden_key=personal_data(valid).hidden_key,
    )
    masked = _mask((*valid.secrets(), target.password))
    with display() as shown:

        def emit(event: dict[str, Any]) -> None:
            shown.show(
                {**event, "message": masked(event["message"])} if "message" in event else event
            )

        try:
            rows = run(request, emit, time.monotonic, lambda: datetime.now(timezone.utc))
        except SyncFailed as failure:
            if os.environ.get("PHENOM_TRACEBACK"):
                traceback.print_exc()
            for earlier in failure.earlier:
                print_error(masked(earlier))
            text = f"{failure.message} {failure.advice}".rstrip()
            raise click.ClickException(masked(text)) from None
        except ModuleNotFoundError as error:
            what = PACKAGES.get(str(error.name), str(error.name))
            raise click.ClickException(
                f"{what} is not installed: pip install 'phenom-airbyte[warehouse]' installs it."
            ) from None
    return [row._replace(failure=row.failure and masked(row.failure)) for row in rows]


@contextmanager
def _tenant(
    config_file: str | None, target: Warehouse, acting_user: bool
) -> Iterator[dict[str, Any]]:
    """The configuration of the tenant to sync; runs the local tenant if there is none."""
    if config_file is not None:
        yield read_config(config_file)
        return
    with local_tenant(str(target.duckdb_path or target.display_name)) as config:
        yield {**config, "ph_user_id": "local-user"} if acting_user else config


def _checked(config: dict[str, Any]) -> SourceConfig:
    from phenom_api.errors import InvalidConfig
    from source_phenom.config import source_config

    try:
        return source_config(config)
    except InvalidConfig as error:
        raise click.ClickException(error.message) from None


def _identity(config: SourceConfig) -> TenantIdentity:
    from source_phenom.snapshot import tenant_tag

    if config.integration_id == DEFAULT_INTEGRATION_ID:
        return TenantIdentity(config.integration_id)
    return TenantIdentity(
        config.integration_id, tenant_tag(config.gateway_url, config.integration_id)
    )


def _mask(secrets: tuple[str | None, ...]) -> Callable[[str], str]:
    from phenom_api.answers import redact_secrets

    # The longest first: a secret can be a part of another one.
    known = sorted((text for text in secrets if text and len(text) > 3), key=len, reverse=True)
    return lambda text: redact_secrets(text, known)


def _source_command() -> str:
    command = Path(sys.executable).with_name("source-phenom")
    if not command.is_file():
        raise click.ClickException(
            f"The connector {command} is not installed. ./run setup installs it."
        )
    return str(command)
