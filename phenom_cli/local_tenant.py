"""The local tenant that ``phenom sync`` and ``phenom sandbox`` start."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from phenom_cli.warehouse.states import LOCAL_TENANT

JOBS = 200
APPLICATIONS = 2_000
# The default is always the same tenant, so that a second sync finds what the first one read.
SEED = 1
ORDERS = ("ascending", "descending", "none")
"""As in phenom_sandbox, which is not imported before it is needed."""
# Below the ports that systems choose for outgoing connections.
FIRST_PORT, PORTS = 20_000, 10_000


@contextmanager
def local_tenant(warehouse: str) -> Iterator[dict[str, Any]]:
    """Runs a local tenant of the default size; yields its source configuration.

    The port is derived from ``warehouse``. A state is valid for one gateway URL: the same port lets
    the next sync of that warehouse be incremental. Syncs of other warehouses can run meanwhile.
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
                click.echo(f"Port {port} is in use: taking another one.", err=True)
                local = running.enter_context(sandbox.running(**data))
        except sandbox.CannotServe as error:
            raise click.ClickException(str(error)) from None
        # Its own integration_id tells made-up rows from those of a real tenant.
        yield {**local.config, "integration_id": LOCAL_TENANT}


def serve(
    port: int, jobs: int, applications: int, seed: int, output: str | None, order: str
) -> None:
    """Serves a local tenant until interrupted; prints its configuration, or writes it to a file."""
    sandbox = _sandbox()
    try:
        sandbox.serve_forever(port, jobs, applications, seed, output=output, order=order)
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
