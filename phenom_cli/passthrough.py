"""``phenom passthrough``: sends any request to the gateway, as the connectors would send it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from phenom_cli.configuration import config_option, read_config
from phenom_cli.help import Command

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@click.command(cls=Command)
@config_option
@click.argument("method", type=click.Choice(_METHODS, case_sensitive=False), metavar="METHOD")
@click.argument("path")
@click.option(
    "-p",
    "--param",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    help="Query parameter; can be repeated.",
)
@click.option(
    "-H",
    "--header",
    "headers",
    metavar="'NAME: VALUE'",
    multiple=True,
    help="Header; can be repeated.",
)
@click.option(
    "-d",
    "--data",
    metavar="JSON|@FILE",
    help="Body as JSON, or @ and the name of a file with JSON (@- reads standard input).",
)
@click.option(
    "--raw",
    metavar="FILE",
    help="Send this file (- is standard input) as the body, byte for byte. The file's name decides"
    " the Content-Type, unless -H gives one.",
)
@click.option(
    "-F",
    "--form",
    "forms",
    metavar="NAME=VALUE|NAME=@FILE",
    multiple=True,
    help="Part of a multipart/form-data body; can be repeated.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the body of a successful answer to this file. Only you can read a new file.",
)
@click.option(
    "--paginate",
    is_flag=True,
    help="Read all pages of a listing by offset and limit, and print its rows as JSON lines"
    " (only with GET).",
)
def passthrough(
    config_file: str,
    method: str,
    path: str,
    params: Sequence[str],
    headers: Sequence[str],
    data: str | None,
    raw: str | None,
    forms: Sequence[str],
    output: str | None,
    paginate: bool,
) -> None:
    """Send any request to the gateway and print its answer.

    METHOD is GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. PATH begins with a slash and is
    appended to gateway_url. The connector's authentication, throttling and retries are used. POST
    and PATCH are not retried if the gateway may have acted already.

    Prints one JSON object: {url, status, headers, data}. data is the body: JSON as it is, other
    text as a string, null if it is empty. Credentials are masked.

    Exit code 0 if there is an answer, even one with an error status. Exit code 1 if there is none,
    if it cannot be printed, or if --paginate could not read all pages.

    \b
    Examples (with C for tenant.json):
      phenom passthrough --config C \\
          GET /jobs-api/v1/jobs -p limit=1
      phenom passthrough --config C \\
          GET /jobs-api/v1/jobs --paginate > jobs.jsonl
      phenom passthrough --config C \\
          GET /apply/v2/applications/status \\
          -H 'email: ada@example.com' \\
          -H 'jobId: JR-1' -H 'locale: en_US'
      phenom passthrough --config C \\
          POST /candidates-api/v1/candidates/search/ \\
          -d '{"from": 0, "size": 10}'
      phenom passthrough --config C \\
          PATCH /candidates-api/... -F file=@cv.pdf
    """
    from phenom_cli import gateway_request, request_parts

    settings = read_config(config_file)
    body = request_parts.body(data, raw, forms)
    if paginate and (method != "GET" or body.data is not None or output is not None):
        raise click.UsageError("--paginate goes with GET, without a body and without --output.")
    gateway_request.send(
        settings, method, path, params, headers, body, output=output, paginate=paginate
    )
