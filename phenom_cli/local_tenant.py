"""The local tenant, as ``phenom sync`` and ``phenom sandbox`` start it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from phenom_cli.warehouse.states import LOCAL_TENANT

JOBS = 200
APPLICATIONS = 2_000
# Always the same tenant, so that a second sync finds what the first one read.
SEED = 1
# Below the ports that systems give out by themselves.
FIRST_PORT, PORTS = 20_000, 10_000


@contextmanager
def local_tenant(warehouse: str) -> Iterator[dict[str, Any]]:
    """A source configuration for a local tenant of the default size, which is running.

    The connector's state belongs to a gateway URL: the same port for the same ``warehouse`` lets a
    second sync be incremental, another one per warehouse lets several syncs run at a time.
    """
    sandbox = _sandbox()
    click.echo("No --config: syncing a local tenant with made-up data.", err=True)
    data = {"jobs": JOBS, "applications": APPLICATIONS, "seed": SEED}
    port = FIRST_PORT + zlib.crc32(warehouse.encode()) % PORTS
    with ExitStack() as running:
        try:
            try:
                local = running.enter_context(sandbox.running(port=port, **data))
            except sandbox.CannotServe:
                click.echo(f"Port {port} is taken: another one is used.", err=True)
                local = running.enter_context(sandbox.running(**data))
        except sandbox.CannotServe as error:
            raise click.ClickException(str(error)) from None
        # A namespace of its own, so that made-up rows never pass for a real tenant's.
        yield {**local.config, "integration_id": LOCAL_TENANT}


def serve(port: int, jobs: int, applications: int, seed: int, output: str | None) -> None:
    """Serves a local tenant until it is interrupted; its configuration goes to stdout or a file."""
    sandbox = _sandbox()
    try:
        sandbox.serve_forever(port, jobs, applications, seed, output=output)
    except sandbox.CannotServe as error:
        raise click.ClickException(str(error)) from None


def _sandbox() -> Any:
    try:
        import phenom_sandbox
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"The local tenant needs the package {error.name}:"
            " pip install 'phenom-airbyte[sandbox]'"
        ) from error
    return phenom_sandbox
