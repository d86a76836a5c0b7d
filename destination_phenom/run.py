"""``destination-phenom``: spec, check, discover and write, as the Airbyte protocol has them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from destination_phenom.config import destination_config
from phenom_api import __version__
from phenom_protocol import messages
from phenom_protocol.connection import configuration, print_check
from phenom_protocol.entry import Session, read_json, run
from phenom_protocol.signals import exit_on_signals

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

    return print_check(arguments, session, destination_config, check_connection)


def discover(arguments: argparse.Namespace, session: Session) -> int:
    from destination_phenom.operations import operations

    configuration(arguments, session, destination_config)
    session.output.write(messages.destination_catalog(operations()))
    return 0


def write(arguments: argparse.Namespace, session: Session) -> int:
    from destination_phenom.write import standard_input
    from destination_phenom.write import write as write_records

    exit_on_signals()
    config = configuration(arguments, session, destination_config)
    catalog = read_json(arguments.catalog, "catalog")
    return write_records(config, catalog, session, standard_input())


if __name__ == "__main__":
    main()
