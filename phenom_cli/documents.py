"""``phenom documents``: lists and downloads the files of candidates."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from phenom_cli.configuration import config_option, read_config, source_settings
from phenom_cli.help import Group
from phenom_cli.interactive_gateway import interactive_gateway
from phenom_cli.printing import print_error, print_json, spinner

if TYPE_CHECKING:
    from phenom_api.gateway import Gateway
    from phenom_cli.candidate_files import DocumentSearch, Downloader, DownloadResult

_MAX_PROBLEMS = 20
"""On standard error; the lines of JSON show every document that failed."""

Command = TypeVar("Command", bound=Callable[..., None])


@click.group(cls=Group)
def documents() -> None:
    """List and download the files of candidates.

    These are CVs, cover letters and other attachments. Phenom shows them to an acting user only:
    set ph_user_id in the configuration.
    """


def _id_options(command: Command) -> Command:
    """Adds ``--candidate`` and ``--document``."""
    of_candidate = click.option(
        "--candidate",
        "candidate_ids",
        metavar="ID",
        multiple=True,
        help="Only files of the candidate with this id in Phenom (candidates.remote_id); can be"
        " repeated. Without it, files of everybody who has an application (with"
        " only_created_applications, one that it keeps).",
    )
    of_document = click.option(
        "--document",
        "document_ids",
        metavar="ID",
        multiple=True,
        help="Only the document with this id (candidate_documents.remote_id); can be repeated.",
    )
    return of_candidate(of_document(command))


@documents.command("list")
@config_option
@_id_options
def list_documents(
    config_file: str, candidate_ids: Sequence[str], document_ids: Sequence[str]
) -> None:
    """List the files of candidates.

    Prints a line of JSON for each file: {candidate_id, document_id, name, type}. Nothing is
    downloaded.

    Exit code 0 if every candidate and document that you asked for was found, else 1.

    \b
    Examples (with C for tenant.json):
      phenom documents list --config C \\
          --candidate 65f0c1d2a1b2c3d4e5000001
      phenom documents list --config C |
          jq -r 'select(.type == "Resume").name'
    """
    count = 0
    with (
        _search(config_file, candidate_ids, document_ids) as (search, _),
        spinner("Searching ...") as show,
    ):
        for document in search:
            print_json(document.as_json())
            count += 1
            show(f"{count:,} documents ...")
    click.echo(f"{count:,} document{'' if count == 1 else 's'}.", err=True)
    _report_problems(search)


def _check_folder(_: click.Context, __: click.Parameter, value: str) -> Path:
    if not value.strip():
        raise click.BadParameter("names no folder.")
    return Path(value)


@documents.command()
@config_option
@_id_options
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False),
    callback=_check_folder,
    help="Folder for the files; it is created if it does not exist.",
)
@click.option("--overwrite", is_flag=True, help="Also download files that the folder already has.")
def download(
    config_file: str,
    candidate_ids: Sequence[str],
    document_ids: Sequence[str],
    folder: Path,
    overwrite: bool,
) -> None:
    """Download files of candidates into a folder.

    Each file is written to DIR/<candidate's id>/<attachment's id>-<name>, and only you can read
    it. Characters that a file name cannot have become _. An id that is too long is cut and ends
    with = and a digest.

    A file that the folder already has is kept. So an interrupted download continues when you run
    the command again.

    Prints a line of JSON for each file: {candidate_id, document_id, name, type, status, file,
    bytes, error}. The status is downloaded, kept or failed.

    Phenom's links to files are valid for minutes, so each is asked for just before it is used. The
    files are downloaded over https (plain http only from a local tenant), and no credentials are
    sent to the storage.

    A candidate or a file that fails does not stop the others. Exit code 0 if the folder has every
    file that you asked for, else 1; standard error names what failed.

    \b
    Examples (with C for tenant.json):
      phenom documents download --config C --to cvs
      phenom documents download --config C --to cvs \\
          --candidate 65f0c1d2a1b2c3d4e5000001
    """
    from phenom_cli.candidate_files import Downloader

    counts: Counter[str] = Counter()
    failed: list[str] = []
    size = 0
    with (
        _search(config_file, candidate_ids, document_ids) as (search, gateway),
        spinner("Searching ...") as show,
    ):
        downloader = Downloader(gateway, search, folder, overwrite=overwrite)
        for result in _results(downloader, folder):
            print_json(result.as_json())
            counts[result.status] += 1
            size += result.size if result.status == "downloaded" else 0
            show(f"{counts.total():,} documents, {_readable(size)} ...")
            if result.status == "failed":
                failed.append(f"document {result.document.document_id}: {result.error}")
    click.echo(
        f"{counts['downloaded']:,} downloaded ({_readable(size)}), {counts['kept']:,} kept, "
        f"{counts['failed']:,} failed.",
        err=True,
    )
    _report_problems(search, failed)


@contextmanager
def _search(
    config_file: str, candidate_ids: Sequence[str], document_ids: Sequence[str]
) -> Iterator[tuple[DocumentSearch, Gateway]]:
    """The search, and the gateway it uses; an error of the gateway ends the command."""
    from phenom_api.errors import PhenomError
    from phenom_cli.candidate_files import DocumentSearch

    config = source_settings(read_config(config_file))
    if config.ph_user_id is None:
        raise click.ClickException(
            "Phenom shows the files of candidates to an acting user only: set ph_user_id in the"
            " configuration."
        )
    with interactive_gateway(config) as gateway:
        try:
            yield DocumentSearch(config, gateway, candidate_ids, document_ids), gateway
        except PhenomError as error:
            raise click.ClickException(error.message) from None


def _results(downloader: Downloader, folder: Path) -> Iterator[DownloadResult]:
    try:
        yield from downloader
    except OSError as error:
        raise click.ClickException(
            f"The folder {folder} cannot be written to: {error.strerror}."
        ) from None


def _report_problems(search: DocumentSearch, failed: Sequence[str] = ()) -> None:
    """Names what failed or was not found; exits with 1 if there was anything."""
    problems = [f"Phenom has no {what} {key}." for what, key in search.missing()]
    problems += [
        f"the files of candidate {key} cannot be listed: {error}"
        for key, error in search.unread.items()
    ]
    problems += failed
    for problem in problems[:_MAX_PROBLEMS]:
        print_error(problem)
    if len(problems) > _MAX_PROBLEMS:
        click.echo(f"And {len(problems) - _MAX_PROBLEMS:,} more.", err=True)
    if problems:
        sys.exit(1)


def _readable(size: int) -> str:
    """``1.2 MB``."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size} bytes"
