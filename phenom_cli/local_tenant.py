"""The local tenant, as ``phenom sync`` and ``phenom sandbox`` start it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import click

from phenom_cli.warehouse.states import LOCAL_TENANT

JOBS = 200
APPLICATIONS = 2_000
# Always the same tenant, so that a second sync finds what the first one read.
SEED = 1
# Below the ports that systems give out by themselves.
FIRST_PORT, PORTS = 20_000, 10_000


class LocalTenant(NamedTuple):
    config: dict[str, Any]
    """A source configuration for it."""
    familiar: bool
    """It has the address that an earlier sync of this warehouse found it at."""


@contextmanager
def local_tenant(warehouse: str) -> Iterator[LocalTenant]:
    """A running local tenant of the default size, at an address that ``warehouse`` decides.

    The connector's state belongs to a gateway URL: the same port lets a second sync be incremental,
    and another port per warehouse lets several syncs run at a time.
    """
    sandbox = _sandbox()
    click.echo("No --config: syncing a local tenant with made-up data.", err=True)
    data = {"jobs": JOBS, "applications": APPLICATIONS, "seed": SEED}
    port = FIRST_PORT + zlib.crc32(warehouse.encode()) % PORTS
    with ExitStack() as running:
        try:
            local = running.enter_context(sandbox.running(port=port, **data))
        except OSError:
            click.echo(f"Port {port} is taken: everything is read again at another one.", err=True)
            local = running.enter_context(sandbox.running(**data))
            port = 0
        # A namespace of its own, so that made-up rows never pass for a real tenant's.
        config = {**local.config, "integration_id": LOCAL_TENANT}
        yield LocalTenant(config, familiar=port != 0)


def serve(port: int, jobs: int, applications: int, seed: int) -> None:
    """Serves a local tenant until it is interrupted; its configuration goes to stdout."""
    _sandbox().serve_forever(port=port, jobs=jobs, applications=applications, seed=seed)


def _sandbox() -> Any:
    try:
        import phenom_sandbox
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"The local tenant needs the package {error.name}:"
            " pip install 'phenom-airbyte[sandbox]'"
        ) from error
    return phenom_sandbox
