"""``phenom passthrough``: any request to the gateway, as the connector would send it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click

from phenom_cli.configuration import config_option

if TYPE_CHECKING:
    from phenom_api.gateway import Answer, Gateway, Operation

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Sent again where an answer got lost; POST and PATCH could have their effect twice."""

SHORTEST_SECRET = 5
_LONGEST_TYPE = 80
"""Characters of a Content-Type that are shown."""


@click.command()
@config_option
@click.argument("method", type=click.Choice(METHODS, case_sensitive=False), metavar="METHOD")
@click.argument("path")
@click.option(
    "-p",
    "--param",
    "pairs",
    metavar="NAME=VALUE",
    multiple=True,
    help="Query parameter; may come several times.",
)
@click.option(
    "-H",
    "--header",
    "lines",
    metavar="'NAME: VALUE'",
    multiple=True,
    help="Header; may come several times.",
)
@click.option(
    "-d",
    "--data",
    metavar="JSON|@FILE",
    help="JSON body, or @ and the file that holds it (@- is standard input).",
)
@click.option(
    "--raw",
    metavar="FILE",
    help="A file (- is standard input) as the body, byte for byte. Its name decides the"
    " Content-Type unless -H does.",
)
@click.option(
    "-F",
    "--form",
    "forms",
    metavar="NAME=VALUE|NAME=@FILE",
    multiple=True,
    help="Part of a multipart/form-data body; may come several times.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the body of a successful answer to this file. A new one is readable by you alone.",
)
@click.option(
    "--paginate",
    is_flag=True,
    help="Follow offset and limit to the end and print the rows as JSON lines (GET only).",
)
def passthrough(
    config_file: str,
    method: str,
    path: str,
    pairs: Sequence[str],
    lines: Sequence[str],
    data: str | None,
    raw: str | None,
    forms: Sequence[str],
    output: str | None,
    paginate: bool,
) -> None:
    """Send any request to the gateway and print its answer.

    METHOD is GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. PATH begins with a slash and is
    looked for below gateway_url. Authentication, throttling and retries are those of the
    connector; only POST and PATCH are not repeated where the gateway may have acted already.

    Prints one JSON object {url, status, headers, data}. data is the body: JSON as it is, other
    text as a string, null for none; credentials are masked. An error status of the gateway is an
    answer like any other, with exit code 0. Exit code 1 if there is no answer that could be
    printed, or if --paginate could not read all pages.

    \b
    Examples (with C for tenant.json):
      phenom passthrough --config C GET /jobs-api/v1/jobs -p limit=1
      phenom passthrough --config C GET /jobs-api/v1/jobs --paginate > jobs.jsonl
      phenom passthrough --config C GET /apply/v2/applications/status \\
          -H 'email: ada@example.com' -H 'jobId: JR-1' -H 'locale: en_US'
      phenom passthrough --config C POST /candidates-api/v1/candidates/search/ \\
          -d '{"from": 0, "size": 10}'
      phenom passthrough --config C PATCH /candidates-api/... -F file=@cv.pdf
    """
    from phenom_api.errors import PhenomError
    from phenom_api.gateway import Operation
    from phenom_cli.configuration import connection_settings, read_config, source_settings
    from phenom_cli.interactive_gateway import patient_gateway
    from phenom_cli.request_parts import body, header_fields, path_and_params

    settings = read_config(config_file)
    connection = connection_settings(settings)
    below, params = path_and_params(path, connection.gateway_url, pairs)
    content = body(data, raw, forms)
    headers = _merged(content.headers, header_fields(lines))
    if output is not None:
        headers = _merged({"Accept": "*/*"}, headers)
    shown = _without_people(below)
    operation = Operation(method.upper(), shown, f"access to {shown}", address=below)
    if paginate and (operation.method != "GET" or content.data is not None or output is not None):
        raise click.UsageError("--paginate goes with GET, without a body and without --output.")
    if output is not None:
        _refuse_output(output)
    with patient_gateway(connection) as gateway:
        try:
            if paginate:
                page_size = source_settings(settings).page_size
                _print_rows(gateway, operation, params, headers, page_size)
            else:
                answer = _answer(gateway, operation, params, headers, content.data)
                _print_answer(gateway, answer, params, output)
        except PhenomError as error:
            raise click.ClickException(error.message) from None


def _without_people(path: str) -> str:
    """A path for messages, which name nobody."""
    return "/".join("<e-mail>" if "@" in unquote(part) else part for part in path.split("/"))


def _refuse_output(file: str) -> None:
    """Raises click.BadParameter: afterwards a request that was sent could not be taken back."""
    folder = Path(file).absolute().parent
    problem = ""
    if not file:
        problem = "names no file."
    elif not folder.is_dir():
        problem = f"the folder of {file} does not exist."
    elif not Path(file).exists() and not os.access(folder, os.W_OK):
        problem = f"the folder of {file} is not writable."
    if problem:
        raise click.BadParameter(problem, param_hint="--output")


def _answer(
    gateway: Gateway,
    operation: Operation,
    params: Mapping[str, Any],
    headers: Mapping[str, str],
    data: bytes | None,
) -> Answer:
    """The gateway's last word, whatever its status; PhenomError where it never said any."""
    from phenom_api.errors import PhenomError

    try:
        return gateway.send(
            operation,
            params=params,
            headers=headers,
            data=data,
            retry_lost=operation.method in REPEATABLE,
        )
    except PhenomError as error:
        if error.answer is None:
            raise
        click.echo(f"Warning: {error.message}", err=True)
        return error.answer


def _print_answer(
    gateway: Gateway, answer: Answer, params: Mapping[str, Sequence[str]], output: str | None
) -> None:
    from phenom_api.answers import redact_secrets
    from phenom_cli.answer_shown import Binary, shown_data, shown_headers
    from phenom_cli.printing import print_json
    from phenom_cli.private_files import owner_only
    from phenom_cli.request_parts import full_url

    secrets = _secrets(gateway)
    succeeded = 200 <= answer.status < 300
    data: Any = None
    if output is not None and succeeded:
        try:
            with open(output, "wb", opener=owner_only) as file:
                file.write(answer.content)
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from None
        data = {"file": output, "bytes": len(answer.content)}
    else:
        try:
            data = shown_data(answer, secrets)
        except Binary:
            # Without its parameters, which can name a person's file.
            kind = answer.headers.get("Content-Type", "of no known type")[:_LONGEST_TYPE]
            kind = kind.partition(";")[0]
            what = f"The body of the answer is binary ({kind}, {len(answer.content):,} bytes)"
            if succeeded:
                raise click.ClickException(
                    f"{what}. The request succeeded with {answer.status}; with --output FILE its"
                    " answer goes to a file."
                ) from None
            click.echo(f"Warning: {what} and not shown.", err=True)
    print_json(
        {
            "url": redact_secrets(full_url(answer.url, params), secrets),
            "status": answer.status,
            "headers": shown_headers(answer.headers, secrets),
            "data": data,
        },
        indent=2,
    )


def _print_rows(
    gateway: Gateway,
    operation: Operation,
    params: Mapping[str, list[str]],
    headers: Mapping[str, str],
    page_size: int,
) -> None:
    """:param page_size: what to ask for where the parameters name no limit."""
    from phenom_api.answers import redact_secrets
    from phenom_cli.printing import print_json_lines, status
    from phenom_cli.rows import Rows

    rest = dict(params)
    rows = Rows(
        gateway,
        operation,
        rest,
        headers,
        offset=_number(rest, "offset", 0, 0),
        page_size=_number(rest, "limit", page_size, 1),
    )
    count = 0
    with status("Reading ...") as show:
        for page in rows:
            print_json_lines(page, lambda text: redact_secrets(text, _secrets(gateway)))
            count += len(page)
            of_all = f" of {rows.expected:,}" if rows.expected is not None else ""
            show(f"{count:,}{of_all} rows ...")
    click.echo(f"{count:,} rows.", err=True)
    outcome = rows.outcome
    if outcome is not None and outcome.total not in (None, outcome.rows):
        click.echo(
            f"Warning: the gateway counts {outcome.total:,} rows but lists {outcome.rows:,}.",
            err=True,
        )
    if outcome is not None and outcome.ignores_offset:
        click.echo(
            "Warning: the gateway ignores offset: every page is the first one again. There may be"
            " more rows.",
            err=True,
        )
    elif outcome is not None and outcome.repeats:
        click.echo(
            "Warning: behind these rows the gateway lists them again; reading ended there.",
            err=True,
        )
    elif outcome is not None and outcome.open_seams:
        click.echo("Warning: rows moved while they were read; some may be missing.", err=True)


def _number(params: dict[str, list[str]], name: str, default: int, least: int) -> int:
    """Takes a whole number out of the parameters."""
    if name not in params:
        return default
    try:
        number = int(params.pop(name)[-1])
    except ValueError:
        number = least - 1
    if number < least:
        raise click.BadParameter(f"{name} must be a whole number from {least} up.", param_hint="-p")
    return number


def _secrets(gateway: Gateway) -> tuple[str, ...]:
    """What must not be printed. Too short a text would blank out half the data instead."""
    held = (*gateway.connection.secrets(), gateway.tokens.held or "")
    return tuple(secret for secret in held if len(secret) >= SHORTEST_SECRET)


def _merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """Headers of which later ones win, whatever the case of their names."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in layer.items():
            merged[name.lower()] = (name, value)
    return dict(merged.values())
