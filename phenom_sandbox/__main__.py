"""`python -m phenom_sandbox`: serves a local tenant and prints a source configuration for it."""

from __future__ import annotations

import argparse

from phenom_sandbox.local import serve_forever
from phenom_sandbox.server import Access


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m phenom_sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--jobs", type=int, default=300, help="open jobs")
    parser.add_argument("--applications", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--api-key", help="demand this api-key header")
    options = parser.parse_args(arguments)
    serve_forever(
        port=options.port,
        jobs=options.jobs,
        applications=options.applications,
        seed=options.seed,
        host=options.host,
        access=Access(api_key=options.api_key),
    )


if __name__ == "__main__":
    main()
