"""``phenom scopes``: prints the scope check as a table or as JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from phenom_cli.configuration import config_option, read_config, source_settings
from phenom_cli.interactive_gateway import show_warnings
from phenom_cli.printing import console, plain, print_json, print_rendered, spinner
from phenom_cli.terminal import visible_line

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
_NAME_WIDTH, _BEFORE_ENDPOINT = 26, 45
"""Characters of the first column, and of all columns before the endpoint."""
_PIPE_WIDTH = 80


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def scopes(config_file: str, as_json: bool) -> None:
    """Test what the API client may do.

    Prints a row for each model, for each group of columns that another API fills, and for each
    action, and says what to ask Phenom for if a permission is missing.

    Nothing is created. The actions are tested by asking about an applicant who does not exist, and
    by a request without content, which the gateway always refuses.

    \b
    reachable       it works
    empty           it works, but Phenom has no data for it
    denied          Phenom has to grant a permission, or the credentials are wrong
    not configured  a key of the configuration is missing
    failed          no usable answer: check the network and the address

    Exit code 0 if every model that a sync without ph_user_id reads is reachable or empty, else 1.
    What needs an acting user (ph_user_id) does not count, nor do the actions.

    \b
    Examples (with C for tenant.json):
      phenom scopes --config C
      phenom scopes --config C --json | jq -r '.[].ask | select(. != "")'
    """
    from phenom_cli.scope_check import DEFAULT_LOCALE, PASSED, scope_check

    raw = read_config(config_file)
    config = source_settings(raw)
    # Only the destination has this key; destination-phenom check reports a wrong value.
    site_type = raw.get("site_type")
    with show_warnings(), spinner("Asking the gateway ..."):
        checked = scope_check(
            config,
            config.locale or DEFAULT_LOCALE,
            site_type if isinstance(site_type, str) and site_type else config.site_types[0],
        )
    if as_json:
        print_json([asdict(scope) for scope in checked], indent=2)
    else:
        show(checked, console(pipe_width=_PIPE_WIDTH), has_api_key=config.api_key is not None)
    missing = [scope for scope in checked if scope.required and scope.result not in PASSED]
    if missing:
        names = ", ".join(scope.name for scope in missing)
        # The permissions to ask for are already listed below the table.
        causes = " ".join(dict.fromkeys(scope.message for scope in missing if not scope.ask))
        click.echo(f"Error: required models cannot be read: {names}. {causes}".rstrip(), err=True)
        sys.exit(1)


def show(scopes: Sequence[Scope], console: Console, *, has_api_key: bool) -> None:
    """A table that fits 80 columns, and below it what to do, once for all rows that need it."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model, columns or action", max_width=_NAME_WIDTH, overflow="fold")
    table.add_column("result")
    table.add_column("endpoint")
    remarks: dict[tuple[str, str, str], list[str]] = {}
    for scope in scopes:
        status = f" ({scope.http_status})" if scope.http_status is not None else ""
        table.add_row(
            plain(scope.name),
            Text(f"{scope.result}{status}", style=_COLOURS[scope.result]),
            Text(
                _folded(visible_line(scope.endpoint), console.width - _BEFORE_ENDPOINT),
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
    statuses = {scope.http_status for scope in scopes if scope.result != "not configured"}
    if not has_api_key and statuses == {403}:
        click.echo()
        print_rendered(console, Text("Everything is denied: the gateway may want an api_key."))


def _folded(endpoint: str, width: int) -> str:
    """Folded at slashes into lines of at most ``width`` characters, as far as its parts allow."""
    lines = [""]
    for part in re.split(r"(?=/)", endpoint):
        if len(lines[-1]) + len(part) > width:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)
