"""The file behind ``--config``: a configuration of the source or of the destination."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from destination_phenom.config import DestinationConfig
    from phenom_api.connection import AnyConnection, Connection
    from source_phenom.config import SourceConfig

Command = TypeVar("Command", bound=Callable[..., Any])


def config_name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Refuses what names no file, without repeating it: it may hold secrets."""
    if value is not None and not value.strip():
        raise click.BadParameter("names no file.")
    if value is not None and value.lstrip().startswith("{"):
        raise click.BadParameter("takes the name of a file with the JSON, not the JSON itself.")
    return value


def config_option(command: Command) -> Command:
    """The option ``--config FILE`` of a command that needs a connection, as ``config_file``."""
    return click.option(
        "--config",
        "config_file",
        type=click.Path(),
        metavar="FILE",
        required=True,
        callback=config_name,
        help="JSON file with the configuration of the source or the destination (client_id,"
        " client_secret, token_url, ...); phenom sandbox prints one for a local tenant.",
    )(command)


def read_config(path: str) -> dict[str, Any]:
    """The JSON object in the file, not validated yet; raises click.ClickException."""
    from phenom_protocol.json_file import UnreadableFile, read_json_file

    try:
        config = read_json_file(path, f"The configuration {path}")
    except UnreadableFile as error:
        raise click.ClickException(error.message) from None
    if not isinstance(config, dict):
        raise click.ClickException(f"The configuration {path} is not a JSON object.")
    return config


def source_settings(raw: dict[str, Any]) -> SourceConfig:
    """What of a configuration concerns the source; raises click.ClickException."""
    from source_phenom.config import SourceConfig

    return _loaded(SourceConfig, raw)


def destination_settings(raw: dict[str, Any]) -> DestinationConfig:
    """What of a configuration concerns the destination; raises click.ClickException."""
    from destination_phenom.config import DestinationConfig

    return _loaded(DestinationConfig, raw)


def connection_settings(raw: dict[str, Any]) -> Connection:
    """What of a configuration concerns the connection; raises click.ClickException."""
    from phenom_api.connection import Connection

    return _loaded(Connection, raw)


def _loaded(model: type[AnyConnection], raw: dict[str, Any]) -> AnyConnection:
    """Keys that only the other side knows are passed over; a typing error is still one."""
    from destination_phenom.config import DestinationConfig
    from phenom_api.connection import load
    from phenom_api.errors import InvalidConfig
    from source_phenom.config import SourceConfig

    known = SourceConfig.model_fields.keys() | DestinationConfig.model_fields.keys()
    try:
        return load(model, raw, elsewhere=known - model.model_fields.keys())
    except InvalidConfig as error:
        raise click.ClickException(error.message) from None
