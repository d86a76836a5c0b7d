"""`python -m phenom_sandbox`: serves a local tenant and prints a source configuration for it."""

from __future__ import annotations

import argparse
import sys

from phenom_sandbox.applications import ASCENDING, ORDERS
from phenom_sandbox.local import CannotServe, serve_forever
from phenom_sandbox.server import Access

_HIGHEST_PORT = 65_535


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to {_HIGHEST_PORT}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 up")
    return int(text)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m phenom_sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=0, help="0 takes a free port")
    parser.add_argument("--output", help="write the configuration to this file")
    parser.add_argument("--jobs", type=_count, default=300, help="open jobs")
    parser.add_argument("--applications", type=_count, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--order",
        choices=ORDERS,
        default=ASCENDING,
        help="order of the application listing by time of creation",
    )
    parser.add_argument("--api-key", help="require this api-key header")
    options = parser.parse_args(arguments)
    try:
        serve_forever(
            port=options.port,
            jobs=options.jobs,
            applications=options.applications,
            seed=options.seed,
            order=options.order,
            host=options.host,
            access=Access(api_key=options.api_key),
            output=options.output,
        )
    except CannotServe as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
