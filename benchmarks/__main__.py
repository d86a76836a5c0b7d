"""``python -m benchmarks``: measures, and makes tables and pictures of what was measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from benchmarks import loading, ours, readers, report
from benchmarks.results import Results

Measure = Callable[[argparse.Namespace, Results], None]

SIZED: dict[str, tuple[Measure, str, list[int], int]] = {
    "streams": (ours.streams, "both streams of the application listing", [200_000], 3),
    "quiet": (ours.quiet, "a sync that finds nothing new", [200_000], 3),
    "startup": (ours.startup, "spec, check, discover beside import airbyte_cdk", [20_000], 15),
    "memory": (ours.memory, "peak memory of a full read", [200_000, 1_000_000], 1),
    "state": (ours.state, "size and speed of the state", [1_000_000], 1),
    "loading": (
        loading.measure,
        "phenom sync beside PyAirbyte and dlt, into warehouses",
        [100_000],
        3,
    ),
}
"""Per measure: what it does, its description, sizes of the application listing, runs."""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures side by side; results/ keeps every run as soon as it is done.",
        epilog="A call that was broken off goes on where it was with --continue.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    peers = commands.add_parser("readers", help=(readers.__doc__ or "").splitlines()[0])
    readers.arguments(peers)
    peers.set_defaults(measures={"readers": readers.measure})
    for name, (measure, text, sizes, runs) in SIZED.items():
        command = commands.add_parser(name, help=text, description=measure.__doc__)
        command.add_argument("--applications", nargs="+", type=int, default=sizes)
        command.add_argument("--runs", type=int, default=runs)
        command.set_defaults(measures={name: measure})
    for command in commands.choices.values():
        command.add_argument(
            "--continue",
            dest="continued",
            action="store_true",
            help="keep the runs that results/ holds and make the missing ones",
        )
    commands.add_parser("all", help="everything with its defaults, continued; takes hours")
    commands.add_parser("report", help="tables in README.md and pictures out of results/")
    options = parser.parse_args(argv)
    if options.command in ("all", "report"):
        if options.command == "all":
            for name in (*SIZED, "readers"):
                main([name, "--continue"])
        report.write()
        return
    for name, measure in options.measures.items():
        measure(options, Results(name, continued=options.continued))
        print("\n".join(report.SECTIONS[name]()))


if __name__ == "__main__":
    main()
