"""``destination-phenom``: spec, check, discover and write, as the Airbyte protocol has them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from destination_phenom.config import DestinationConfig, destination_config
from phenom_api import __version__
from phenom_api.errors import InvalidConfig
from phenom_protocol import messages
from phenom_protocol.entry import ProtocolError, Session, read_json, run

SPEC = Path(__file__).with_name("spec.yaml")


def main(argv: Sequence[str] | None = None) -> None:
    """Console script; exits with 0, or 1 when a command failed."""
    sys.exit(
        run(
            "destination-phenom",
            "Airbyte destination for Phenom: creates candidates and applications.",
            {
                "spec": (spec, "print what can be configured", ()),
                "check": (check, "try the connection", ("config",)),
                "discover": (discover, "print the actions and their schemas", ("config",)),
                "write": (write, "carry out the records on stdin", ("config", "catalog")),
            },
            argv,
            __version__,
        )
    )


def spec(_: argparse.Namespace, session: Session) -> int:
    session.output.write(messages.spec(yaml.safe_load(SPEC.read_bytes())))
    return 0


def check(arguments: argparse.Namespace, session: Session) -> int:
    from destination_phenom.check import check as check_connection

    try:
        succeeded, message = check_connection(_config(arguments, session))
    except ProtocolError as error:
        succeeded, message = False, error.message
    session.output.write(
        messages.connection_status(succeeded, message and session.log.masked(message))
    )
    return 0


def discover(arguments: argparse.Namespace, session: Session) -> int:
    from destination_phenom.operations import operations

    _config(arguments, session)
    session.output.write(messages.destination_catalog(operations()))
    return 0


def write(arguments: argparse.Namespace, session: Session) -> int:
    from destination_phenom.write import standard_input
    from destination_phenom.write import write as write_records

    config = _config(arguments, session)
    catalog = read_json(arguments.catalog, "catalog")
    return write_records(config, catalog, session, standard_input())


def _config(arguments: argparse.Namespace, session: Session) -> DestinationConfig:
    try:
        config = destination_config(read_json(arguments.config, "config"))
    except InvalidConfig as error:
        raise ProtocolError(error.message) from None
    session.log.hide(config.secrets())
    return config


if __name__ == "__main__":
    main()
