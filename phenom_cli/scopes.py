"""``phenom scopes``: prints the scope check as a table or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from phenom_cli.configuration import config_option, read_config, source_settings
from phenom_cli.help import Command
from phenom_cli.interactive_gateway import show_warnings
from phenom_cli.printing import console, plain, print_error, print_json, spinner
from phenom_cli.terminal import print_wrapped

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


@click.command(cls=Command)
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
    denied          Phenom has to grant a permission, or the
                    credentials are wrong
    not configured  a key of the configuration is missing
    failed          no usable answer: check the network and
                    the address

    Exit code 0 if every model that a sync without ph_user_id reads is reachable or empty, else 1.
    What needs an acting user (ph_user_id) does not count, nor do the actions.

    \b
    Examples (with C for tenant.json):
      phenom scopes --config C
      phenom scopes --config C --json |
          jq -r '.[].ask | select(. != "")'
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
        show(checked, console(), has_api_key=config.api_key is not None)
    missing = [scope for scope in checked if scope.required and scope.result not in PASSED]
    if missing:
        names = ", ".join(scope.name for scope in missing)
        # The permissions to ask for are already listed below the table.
        causes = " ".join(dict.fromkeys(scope.message for scope in missing if not scope.ask))
        print_error(f"required models cannot be read: {names}. {causes}".rstrip())
        sys.exit(1)


def show(scopes: Sequence[Scope], console: Console, *, has_api_key: bool) -> None:
    """A table, and below it what to do, once for all rows that need it."""
    from rich.text import Text

    from phenom_cli.table import TableColumn, print_table

    rows: list[tuple[Text, ...]] = []
    remarks: dict[tuple[str, str, str], list[str]] = {}
    for scope in scopes:
        status = f" ({scope.http_status})" if scope.http_status is not None else ""
        result = Text(f"{scope.result}{status}", style=_COLOURS[scope.result])
        rows.append((plain(scope.name), result, plain(scope.endpoint)))
        if scope.ask or scope.message:
            remarks.setdefault((scope.result, scope.ask, scope.message), []).append(scope.name)
    heads = ("model, columns or action", "result", "endpoint")
    print_table(console, [TableColumn(head) for head in heads], rows)
    for (result_of_all, ask, message), names in remarks.items():
        click.echo()
        named = plain(f"{', '.join(names)}: ")
        print_wrapped(console, named.append(result_of_all, style=_COLOURS[result_of_all]))
        for line in filter(None, (message, ask and f"Ask Phenom for: {ask}.")):
            print_wrapped(console, plain(line), indent="  ")
    statuses = {scope.http_status for scope in scopes if scope.result != "not configured"}
    if not has_api_key and statuses == {403}:
        click.echo()
        print_wrapped(console, Text("Everything is denied: the gateway may want an api_key."))
