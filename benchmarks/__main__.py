"""``python -m benchmarks``: measures, and writes tables of the results into ``README.md``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks import deltas, loading, marts, ours, readers, report
from benchmarks.results import Results


class Benchmark(NamedTuple):
    """A benchmark and its defaults.

    :param applications: sizes of the tenant. :param runs: None: the benchmark has its own default.
    :param minutes: that it takes with its defaults on 2 cores.
    """

    measure: Callable[[argparse.Namespace, Results], None]
    text: str
    minutes: int
    applications: Sequence[int] = (200_000,)
    runs: int | None = 3


BENCHMARKS: dict[str, Benchmark] = {
    "startup": Benchmark(
        ours.startup, "spec, check, discover and an import of the CDK", 1, (2_000,), 9
    ),
    "state": Benchmark(ours.state, "size and speed of a stream's state", 2, (1_000_000,), 1),
    "quiet": Benchmark(ours.quiet, "a sync that finds nothing new", 1),
    "privacy": Benchmark(ours.privacy, "reading with names and with pseudonyms", 2),
    "memory": Benchmark(ours.memory, "peak memory of a full read", 2, (200_000, 1_000_000), 1),
    "loading": Benchmark(
        loading.measure, "phenom sync, PyAirbyte and dlt, into warehouses", 10, (100_000,), 1
    ),
    "marts": Benchmark(
        marts.measure, "dbt build and phenom report, in warehouses", 5, (100_000,), 1
    ),
    "deltas": Benchmark(
        deltas.measure, "syncs that read only what is new", 14, (200_000, 1_000_000)
    ),
    "readers": Benchmark(readers.measure, "the connector and its peers", 16, runs=None),
}


def main(argv: Sequence[str] | None = None) -> None:
    minutes = sum(benchmark.minutes for benchmark in BENCHMARKS.values())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure speed and memory. Every run is written to benchmarks/results/ as soon"
        " as it has ended; an interrupted command goes on where it was with --continue.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, benchmark in BENCHMARKS.items():
        time = "a minute" if benchmark.minutes == 1 else f"{benchmark.minutes} minutes"
        text = f"{benchmark.text}; about {time}"
        command = commands.add_parser(name, help=text, description=benchmark.measure.__doc__)
        command.add_argument(
            "--applications",
            nargs="+",
            type=int,
            metavar="N",
            default=benchmark.applications,
            help=f"sizes of the tenant (default: {' '.join(map(str, benchmark.applications))})",
        )
        command.add_argument(
            "--runs",
            type=int,
            metavar="N",
            default=benchmark.runs,
            help=f"runs of each command (default: {benchmark.runs or readers.RUNS_TEXT})",
        )
        command.add_argument(
            "--continue",
            dest="continued",
            action="store_true",
            help="keep the runs in results/ and make only those that are missing",
        )
        if name == "readers":
            readers.add_arguments(command)
        if name == "deltas":
            deltas.add_arguments(command)
    everything = commands.add_parser(
        "all", help=f"all of these, then the report; about {minutes} minutes"
    )
    everything.add_argument(
        "--continue", dest="continued", action="store_true", help="make only the missing runs"
    )
    commands.add_parser("report", help="write the tables into benchmarks/README.md")
    options = parser.parse_args(argv)
    if options.command == "all":
        for name in BENCHMARKS:
            main([name, "--continue"] if options.continued else [name])
    if options.command in ("all", "report"):
        report.write()
        return
    results = Results(options.command, continued=options.continued)
    BENCHMARKS[options.command].measure(options, results)
    print("\n".join(report.SECTIONS[options.command]()))


if __name__ == "__main__":
    main()
