"""Sends the request of ``phenom passthrough`` and prints the answer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click

from phenom_api.answers import redact_secrets
from phenom_api.errors import PhenomError
from phenom_api.gateway import Answer, Gateway, Operation
from phenom_cli.answer_output import BinaryBody, printable_body, printable_headers
from phenom_cli.configuration import connection_settings, source_settings
from phenom_cli.interactive_gateway import interactive_gateway
from phenom_cli.listing_reader import ListingReader
from phenom_cli.printing import print_json, print_json_lines, print_warning, spinner
from phenom_cli.private_files import owner_only
from phenom_cli.request_parts import Body, full_url, header_fields, path_and_params

RETRIED_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Retried if an answer got lost. POST and PATCH are not, because they could act twice."""

_SHORTEST_SECRET = 5
_LONGEST_TYPE = 80
"""Characters of a Content-Type that a message shows."""


def send(
    settings: dict[str, Any],
    method: str,
    path: str,
    params: Sequence[str],
    headers: Sequence[str],
    body: Body,
    *,
    output: str | None,
    paginate: bool,
) -> None:
    """Raises click.ClickException if there is no answer that can be printed.

    :param params: each ``NAME=VALUE``. :param headers: each ``NAME: VALUE``.
    """
    connection = connection_settings(settings)
    address, query = path_and_params(path, connection.gateway_url, params)
    fields = _merged(body.headers, header_fields(headers))
    if output is not None:
        _check_output(output)
        fields = _merged({"Accept": "*/*"}, fields)
    shown = _without_people(address)
    operation = Operation(method, shown, f"access to {shown}", address=address)
    with interactive_gateway(connection) as gateway:
        try:
            if paginate:
                page_size = source_settings(settings).page_size
                _print_rows(gateway, operation, query, fields, page_size)
            else:
                answer = _answer(gateway, operation, query, fields, body.data)
                _print_answer(gateway, answer, query, output)
        except PhenomError as error:
            raise click.ClickException(error.message) from None


def _without_people(path: str) -> str:
    """A path for messages, which must not name a person."""
    return "/".join("<e-mail>" if "@" in unquote(part) else part for part in path.split("/"))


def _check_output(file: str) -> None:
    """Raises click.BadParameter now, because a request cannot be taken back later."""
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
    """The gateway's last answer, of any status; PhenomError if there was none."""
    try:
        return gateway.send(
            operation,
            params=params,
            headers=headers,
            data=data,
            retry_lost=operation.method in RETRIED_METHODS,
        )
    except PhenomError as error:
        if error.answer is None:
            raise
        print_warning(error.message)
        return error.answer


def _print_answer(
    gateway: Gateway, answer: Answer, params: Mapping[str, Sequence[str]], output: str | None
) -> None:
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
            data = printable_body(answer, secrets)
        except BinaryBody:
            # Without the type's parameters, which can hold a file name with a person's name.
            kind = answer.headers.get("Content-Type", "of no known type")[:_LONGEST_TYPE]
            kind = kind.partition(";")[0]
            what = f"The body of the answer is binary ({kind}, {len(answer.content):,} bytes)"
            if succeeded:
                raise click.ClickException(
                    f"{what}. The request succeeded with {answer.status}; use --output FILE to"
                    " write the body to a file."
                ) from None
            print_warning(f"{what} and not shown.")
    print_json(
        {
            "url": redact_secrets(full_url(answer.url, params), secrets),
            "status": answer.status,
            "headers": printable_headers(answer.headers, secrets),
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
    """:param page_size: the limit, unless the parameters have one."""
    others = dict(params)
    reader = ListingReader(
        gateway,
        operation,
        others,
        headers,
        offset=_pop_number(others, "offset", 0, 0),
        page_size=_pop_number(others, "limit", page_size, 1),
    )
    count = 0
    with spinner("Reading ...") as show:
        for page in reader:
            print_json_lines(page, lambda text: redact_secrets(text, _secrets(gateway)))
            count += len(page)
            of_all = f" of {reader.expected:,}" if reader.expected is not None else ""
            show(f"{count:,}{of_all} rows ...")
    click.echo(f"{count:,} rows.", err=True)
    outcome = reader.outcome
    if outcome is None:
        return
    if outcome.total not in (None, outcome.rows):
        print_warning(f"the gateway counts {outcome.total:,} rows but lists {outcome.rows:,}.")
    if outcome.ignores_offset:
        print_warning(
            "the gateway ignores offset: it sends the first page again and again. There may be"
            " more rows."
        )
    elif outcome.repeats:
        print_warning("after these rows the gateway lists them again; reading ended there.")
    elif outcome.open_seams:
        print_warning("the list changed while it was read; rows may be missing.")


def _pop_number(params: dict[str, list[str]], name: str, default: int, minimum: int) -> int:
    """Takes a whole number out of the parameters."""
    if name not in params:
        return default
    try:
        number = int(params.pop(name)[-1])
    except ValueError:
        number = minimum - 1
    if number < minimum:
        raise click.BadParameter(
            f"{name} must be a whole number from {minimum} up.", param_hint="-p"
        )
    return number


def _secrets(gateway: Gateway) -> tuple[str, ...]:
    """What must not be printed. Masking a very short secret would mask half of the data."""
    held = (*gateway.connection.secrets(), gateway.tokens.held or "")
    return tuple(secret for secret in held if len(secret) >= _SHORTEST_SECRET)


def _merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """All headers; of two names that differ only in case, the later one counts."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in layer.items():
            merged[name.lower()] = (name, value)
    return dict(merged.values())
