"""``phenom sync``: starts the worker in the environment it needs and shows what it does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from phenom_cli.address import Warehouse, parse_warehouse
from phenom_cli.configuration import read_config
from phenom_cli.display import display, results_table
from phenom_cli.interpreter import pyairbyte_python
from phenom_cli.local_tenant import local_tenant
from phenom_cli.printing import console, print_rendered
from phenom_cli.warehouse.hearing import told_together
from phenom_cli.warehouse.states import DEFAULT_INTEGRATION_ID

WORKER = Path(__file__).with_name("warehouse_worker.py")
SECRET_KEYS = ("client_secret", "api_key")
SECONDS_TO_STOP = 15


def sync(
    config_file: str | None, warehouse: str, streams: list[str] | None, full_refresh: bool
) -> int:
    """Runs one sync and prints its table; the exit code is 0 only if every stream was read.

    Raises click.ClickException when nothing could be loaded.
    """
    target = parse_warehouse(warehouse)
    python = sys.executable if target.postgres_url is None else pyairbyte_python()
    with _tenant(config_file, target) as config, _private_folder() as folder:
        _check_streams(streams or [], config, is_local=config_file is None)
        request = {
            "command": _source_command(),
            "config": config,
            **_identity(config),
            "place": target.place,
            "duckdb_path": str(target.duckdb_path) if target.duckdb_path else None,
            "postgres_url": target.postgres_url,
            "postgres_schema": target.postgres_schema,
            "secrets": _secrets(config, target),
            "streams": streams,
            "full_refresh": full_refresh,
            "folder": folder,
        }
        rows = _worked_off(python, request)
    print_rendered(console(), results_table(rows))
    failed = {row["stream"]: row["failure"] for row in rows if row["failure"]}
    for sentence in told_together(failed, len(rows)):
        click.echo(f"Error: {sentence}", err=True)
    click.echo(f"The tables are in {target.place}", err=True)
    return 1 if failed else 0


def _check_streams(streams: list[str], config: dict[str, Any], *, is_local: bool) -> None:
    """Raises click.ClickException for a stream that this configuration does not have."""
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
            where = (
                "in the configuration of a local tenant, which phenom sandbox prints (it accepts"
                " any)"
                if is_local
                else "in the configuration"
            )
            raise click.ClickException(
                f"The stream {name} is read on behalf of an acting user: set ph_user_id {where},"
                " or leave the stream out of --streams."
            )


def _worked_off(python: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the worker's ``result``; raises click.ClickException with its ``error``."""
    process = subprocess.Popen(
        [python, "-I", "-W", "ignore", str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    rows: list[dict[str, Any]] | None = None
    error: dict[str, Any] = {"message": "The sync's worker ended without a word.", "advice": ""}
    try:
        with display() as shown:
            for event in _conversation(process, request):
                if event["event"] == "result":
                    rows = event["rows"]
                elif event["event"] == "error":
                    error = event
                else:
                    shown.show(event)
        process.wait()
    finally:
        _stop(process)
    if rows is None:
        raise click.ClickException("\n".join(filter(None, (error["message"], error["advice"]))))
    return rows


def _conversation(
    process: subprocess.Popen[str], request: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the worker has no pipes")
    try:
        with process.stdin as pipe:
            json.dump(request, pipe)
    except BrokenPipeError:
        # The worker died at once; its exit speaks for it.
        return
    for line in process.stdout:
        yield json.loads(line)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _tenant(config_file: str | None, target: Warehouse) -> Iterator[dict[str, Any]]:
    """The configuration to sync."""
    if config_file is not None:
        yield read_config(config_file)
        return
    with local_tenant(str(target.duckdb_path or target.place)) as config:
        yield config


def _identity(config: dict[str, Any]) -> dict[str, str | None]:
    """The members of the worker's request that tell whose states are meant."""
    integration_id = str(config.get("integration_id") or DEFAULT_INTEGRATION_ID)
    return {
        "integration_id": integration_id,
        "tenant_tag": None if integration_id == DEFAULT_INTEGRATION_ID else _tenant_tag(config),
    }


def _tenant_tag(config: dict[str, Any]) -> str | None:
    # Only where it is needed: they cost a third of a second.
    from phenom_api.errors import InvalidConfig
    from source_phenom.config import source_config
    from source_phenom.snapshot import tenant_tag

    try:
        valid = source_config(config)
    except InvalidConfig:
        # The connector will say what is wrong with it.
        return None
    return tenant_tag(valid.gateway_url, valid.integration_id)


def _secrets(config: dict[str, Any], warehouse: Warehouse) -> list[str]:
    values = [config.get(key) for key in SECRET_KEYS] + [warehouse.password]
    return [value for value in values if isinstance(value, str)]


def _source_command() -> str:
    command = Path(sys.executable).with_name("source-phenom")
    if not command.is_file():
        raise click.ClickException(
            f"The connector {command} is not installed. ./run setup installs it."
        )
    return str(command)


@contextmanager
def _private_folder() -> Iterator[str]:
    """A folder that only this user can read: configuration and records pass through it."""
    folder = tempfile.mkdtemp(prefix="phenom-sync-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
