"""The option ``--config`` and its file: the configuration of the source or of the destination."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from phenom_protocol.json_file import UnreadableFile, read_json_file

if TYPE_CHECKING:
    from destination_phenom.config import DestinationConfig
    from phenom_api.connection import AnyConnection, Connection
    from source_phenom.config import SourceConfig

Command = TypeVar("Command", bound=Callable[..., Any])


def check_config_path(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Refuses what is not a file's name. The message does not repeat it: it may hold secrets."""
    if value is not None and not value.strip():
        raise click.BadParameter("names no file.")
    if value is not None and value.lstrip().startswith("{"):
        raise click.BadParameter("takes the name of a file with the JSON, not the JSON itself.")
    return value


def config_option(command: Command) -> Command:
    """Adds the option ``--config FILE`` to a command that needs one, as ``config_file``."""
    return click.option(
        "--config",
        "config_file",
        type=click.Path(),
        metavar="FILE",
        required=True,
        callback=check_config_path,
        help="JSON file with the configuration of the source or the destination (client_id,"
        " client_secret, token_url, ...). `phenom sandbox` prints one for a local tenant.",
    )(command)


def read_config(path: str) -> dict[str, Any]:
    """The JSON object in the file, not validated yet; raises click.ClickException."""
    try:
        config = read_json_file(path, f"The configuration {path}")
    except UnreadableFile as error:
        raise click.ClickException(error.message) from None
    if not isinstance(config, dict):
        raise click.ClickException(f"The configuration {path} is not a JSON object.")
    return config


# Pydantic and the models cost 0.2 s: they are imported when a configuration is validated.


def source_settings(raw: dict[str, Any]) -> SourceConfig:
    """The settings of the source in a configuration; raises click.ClickException."""
    from source_phenom.config import SourceConfig

    return _validated(SourceConfig, raw)


def destination_settings(raw: dict[str, Any]) -> DestinationConfig:
    """The settings of the destination in a configuration; raises click.ClickException."""
    from destination_phenom.config import DestinationConfig

    return _validated(DestinationConfig, raw)


def connection_settings(raw: dict[str, Any]) -> Connection:
    """The settings of the connection in a configuration; raises click.ClickException."""
    from phenom_api.connection import Connection

    return _validated(Connection, raw)


def _validated(model: type[AnyConnection], raw: dict[str, Any]) -> AnyConnection:
    """Ignores keys that only the other connector knows; a key that neither knows is an error."""
    from destination_phenom.config import DestinationConfig
    from phenom_api.connection import load
    from phenom_api.errors import InvalidConfig
    from source_phenom.config import SourceConfig

    known = SourceConfig.model_fields.keys() | DestinationConfig.model_fields.keys()
    try:
        return load(model, raw, elsewhere=known - model.model_fields.keys())
    except InvalidConfig as error:
        raise click.ClickException(error.message) from None
