"""``phenom scopes``: the scope test as a table or as JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from phenom_cli.configuration import config_option

if TYPE_CHECKING:
    from rich.console import Console

    from phenom_cli.scope_check import Scope

_COLOURS = {
    "reachable": "green",
    "empty": "yellow",
    "denied": "red",
    "not configured": "yellow",
    "failed": "red",
}


_NAME, _NAME_AND_RESULT = 26, 45
"""Characters of a name, and of what stands before the endpoint."""
_PIPE_WIDTH = 80


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def scopes(config_file: str, as_json: bool) -> None:
    """Test what the API client may do.

    One row per unified model, per group of columns that come from an API of their own, and per
    action, and what to ask Phenom for where something is missing. Nothing is created: the actions
    are tried with a question about somebody who does not exist, and with a request that has no
    content, which the gateway can only refuse.

    \b
    reachable       it works
    empty           it works, but there is nothing to make records of
    denied          Phenom has to grant a permission, or the credentials are wrong
    not configured  a key of the configuration is missing
    failed          no usable answer: the network, the address, the gateway itself

    Exit code 0 if every model that a sync without ph_user_id reads is reachable or empty, else 1.
    What an acting user (ph_user_id) opens does not count, nor do actions.

    \b
    Examples (with C for tenant.json):
      phenom scopes --config C
      phenom scopes --config C --json | jq -r '.[].ask | select(. != "")'
    """
    from phenom_cli.configuration import read_config, source_settings
    from phenom_cli.interactive_gateway import warnings_shown
    from phenom_cli.printing import console, print_json, status
    from phenom_cli.scope_check import DEFAULT_LOCALE, PASSED, scope_check

    raw = read_config(config_file)
    config = source_settings(raw)
    # Of a destination's configuration; a wrong one is reported by destination-phenom check.
    site_type = raw.get("site_type")
    with warnings_shown(), status("Asking the gateway ..."):
        found = scope_check(
            config,
            config.locale or DEFAULT_LOCALE,
            site_type if isinstance(site_type, str) and site_type else config.site_types[0],
        )
    if as_json:
        print_json([asdict(scope) for scope in found], indent=2)
    else:
        show(found, console(pipe_width=_PIPE_WIDTH), has_api_key=config.api_key is not None)
    missing = [scope for scope in found if scope.required and scope.result not in PASSED]
    if missing:
        names = ", ".join(scope.name for scope in missing)
        # Permissions to ask for are told with the table.
        causes = " ".join(dict.fromkeys(scope.message for scope in missing if not scope.ask))
        click.echo(f"Error: required models cannot be read: {names}. {causes}".rstrip(), err=True)
        sys.exit(1)


def show(found: Sequence[Scope], console: Console, *, has_api_key: bool) -> None:
    """A table that fits 80 columns, and below it what to do, once for all rows that need it.

    An endpoint is folded at its slashes, where there is no room for it.
    """
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from phenom_cli.printing import plain, print_rendered
    from phenom_cli.screen import visible_line

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model, columns or action", max_width=_NAME, overflow="fold")
    table.add_column("result")
    table.add_column("endpoint")
    remarks: dict[tuple[str, str, str], list[str]] = {}
    for scope in found:
        status = f" ({scope.http_status})" if scope.http_status is not None else ""
        table.add_row(
            plain(scope.name),
            Text(f"{scope.result}{status}", style=_COLOURS[scope.result]),
            Text(
                _at_slashes(visible_line(scope.endpoint), console.width - _NAME_AND_RESULT),
                overflow="fold",
            ),
        )
        if scope.ask or scope.message:
            remarks.setdefault((scope.result, scope.ask, scope.message), []).append(scope.name)
    print_rendered(console, table)
    for (result, ask, message), names in remarks.items():
        click.echo()
        heading = plain(f"{', '.join(names)}: ") + Text(result, style=_COLOURS[result])
        print_rendered(console, heading)
        for line in filter(None, (message, ask and f"Ask Phenom for: {ask}.")):
            print_rendered(console, Padding(plain(line), (0, 0, 0, 2)))
    statuses = {scope.http_status for scope in found if scope.result != "not configured"}
    if not has_api_key and statuses == {403}:
        click.echo()
        print_rendered(console, Text("Where all is denied, the gateway may want an api_key."))


def _at_slashes(endpoint: str, width: int) -> str:
    """Lines of at most ``width`` characters, as far as the path's parts allow."""
    lines = [""]
    for part in re.split(r"(?=/)", endpoint):
        if len(lines[-1]) + len(part) > width:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)
