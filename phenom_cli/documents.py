"""``phenom documents``: what files candidates have, and the files themselves."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from phenom_cli.configuration import config_option

if TYPE_CHECKING:
    from phenom_api.gateway import Gateway
    from phenom_cli.candidate_files import Done, Downloads, Search

_PROBLEMS_NAMED = 20
"""On standard error; those of documents are all in the lines of JSON."""

Command = TypeVar("Command", bound=Callable[..., None])


@click.group()
def documents() -> None:
    """List and download the files of candidates.

    CVs, cover letters and what else is attached. Needs an acting user: ph_user_id in the
    configuration.
    """


def _candidate_option(command: Command) -> Command:
    return click.option(
        "--candidate",
        "candidate_ids",
        metavar="ID",
        multiple=True,
        help="Phenom's id of a candidate (candidates.remote_id); may come several times. Without"
        " it, everybody who has an application (one that only_created_applications keeps).",
    )(command)


def _document_option(command: Command) -> Command:
    return click.option(
        "--document",
        "document_ids",
        metavar="ID",
        multiple=True,
        help="Only the document with this id (candidate_documents.remote_id, which is the"
        " candidate's and the attachment's id); may come several times.",
    )(command)


@documents.command("list")
@config_option
@_candidate_option
@_document_option
def list_documents(
    config_file: str, candidate_ids: Sequence[str], document_ids: Sequence[str]
) -> None:
    """List what files candidates have.

    Prints a line of JSON for each: {candidate_id, document_id, name, type}. Nothing is downloaded.

    Exit code 0 if everybody and everything that was named is there, else 1.

    \b
    Examples (with C for tenant.json):
      phenom documents list --config C --candidate 65f0c1d2a1b2c3d4e5000001
      phenom documents list --config C | jq -r 'select(.type == "Resume").name'
    """
    from phenom_cli.printing import print_json, status

    count = 0
    with (
        _search(config_file, candidate_ids, document_ids) as (search, _),
        status("Looking ...") as show,
    ):
        for document in search:
            print_json(document.as_json())
            count += 1
            show(f"{count:,} documents ...")
    click.echo(f"{count:,} document{'' if count == 1 else 's'}.", err=True)
    _exit_by(search)


def _folder(_: click.Context, __: click.Parameter, value: str) -> Path:
    if not value.strip():
        raise click.BadParameter("names no folder.")
    return Path(value)


@documents.command()
@config_option
@_candidate_option
@_document_option
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False),
    callback=_folder,
    help="Folder for the files; created if need be.",
)
@click.option("--overwrite", is_flag=True, help="Also download what is in the folder already.")
def download(
    config_file: str,
    candidate_ids: Sequence[str],
    document_ids: Sequence[str],
    folder: Path,
    overwrite: bool,
) -> None:
    """Download files of candidates into a folder.

    A file becomes DIR/<candidate's id>/<attachment's id>-<name>, readable by you alone; what does
    not belong into a file's name becomes _, and an id that is too long is cut and ends with = and
    a digest. A file that is there already is kept: run it again, and an interrupted download goes
    on where it was.

    Prints a line of JSON for each: {candidate_id, document_id, name, type, status, file, bytes,
    error}. The status is downloaded, kept or failed.

    A file's address is asked for when its turn comes, as it is good for minutes only. It is
    followed over https (plain http only from a local tenant), and no credentials go there.

    A candidate or a file that fails does not stop the others. Exit code 0 if everything that was
    asked for is in the folder, else 1, with what failed named at the end.

    \b
    Examples (with C for tenant.json):
      phenom documents download --config C --to cvs > downloaded.jsonl
      phenom documents download --config C --to cvs \\
          --candidate 65f0c1d2a1b2c3d4e5000001
    """
    from phenom_cli.candidate_files import Downloads
    from phenom_cli.printing import print_json, status

    counts: Counter[str] = Counter()
    failed: list[str] = []
    size = 0
    with (
        _search(config_file, candidate_ids, document_ids) as (search, gateway),
        status("Looking ...") as show,
    ):
        for done in _into(folder, Downloads(gateway, search, folder, overwrite=overwrite)):
            print_json(done.as_json())
            counts[done.status] += 1
            size += done.size if done.status == "downloaded" else 0
            show(f"{counts.total():,} documents, {_readable(size)} ...")
            if done.status == "failed":
                failed.append(f"document {done.document.document_id}: {done.error}")
    click.echo(
        f"{counts['downloaded']:,} downloaded ({_readable(size)}), {counts['kept']:,} kept, "
        f"{counts['failed']:,} failed.",
        err=True,
    )
    _exit_by(search, failed)


@contextmanager
def _search(
    config_file: str, candidate_ids: Sequence[str], document_ids: Sequence[str]
) -> Iterator[tuple[Search, Gateway]]:
    """Whatever the gateway refuses ends the command with its message."""
    from phenom_api.errors import PhenomError
    from phenom_cli.candidate_files import Search
    from phenom_cli.configuration import read_config, source_settings
    from phenom_cli.interactive_gateway import patient_gateway

    config = source_settings(read_config(config_file))
    if config.ph_user_id is None:
        raise click.ClickException(
            "The files of candidates are read on behalf of an acting user: set ph_user_id in the"
            " configuration."
        )
    with patient_gateway(config) as gateway:
        try:
            yield Search(config, gateway, candidate_ids, document_ids), gateway
        except PhenomError as error:
            raise click.ClickException(error.message) from None


def _into(folder: Path, downloads: Downloads) -> Iterator[Done]:
    try:
        yield from downloads
    except OSError as error:
        raise click.ClickException(
            f"The folder {folder} cannot be written to: {error.strerror}."
        ) from None


def _exit_by(search: Search, failed: Sequence[str] = ()) -> None:
    """Names what failed or is not there: exit code 1, if there is any of it."""
    problems = [f"Phenom has no {what} {key}." for what, key in search.missing()]
    problems += [
        f"the files of candidate {key} cannot be listed: {why}"
        for key, why in search.unread.items()
    ]
    problems += failed
    for problem in problems[:_PROBLEMS_NAMED]:
        click.echo(f"Error: {problem}", err=True)
    if len(problems) > _PROBLEMS_NAMED:
        click.echo(f"And {len(problems) - _PROBLEMS_NAMED:,} more.", err=True)
    if problems:
        sys.exit(1)


def _readable(size: int) -> str:
    """``1.2 MB``."""
    for unit, bytes_in_it in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_in_it:
            return f"{size / bytes_in_it:,.1f} {unit}"
    return f"{size} bytes"
