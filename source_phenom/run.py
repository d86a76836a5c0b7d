"""``source-phenom``: spec, check, discover and read, as the Airbyte protocol has them."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from phenom_api import __version__
from phenom_protocol import messages
from phenom_protocol.connection import configuration, print_check
from phenom_protocol.entry import ProtocolError, Session, read_json, read_messages, run
from source_phenom import manifest
from source_phenom.config import source_config
from source_phenom.streams.events import Event, Failure, Records, State, StreamProgress


def main(argv: Sequence[str] | None = None) -> None:
    """Console script; exits with 0, or 1 when a command or a stream failed."""
    sys.exit(
        run(
            "source-phenom",
            "Airbyte source for Phenom: jobs, people and applications.",
            {
                "spec": (spec, "print what can be configured", ()),
                "check": (check, "try the connection", ("config",)),
                "discover": (discover, "print the streams and their schemas", ("config",)),
                "read": (read, "print the records", ("config", "catalog", "state?")),
            },
            argv,
            __version__,
        )
    )


def spec(_: argparse.Namespace, session: Session) -> int:
    session.output.write(messages.spec(manifest.specification()))
    return 0


def check(arguments: argparse.Namespace, session: Session) -> int:
    from source_phenom.check import check as check_connection

    return print_check(arguments, session, source_config, check_connection)


def discover(arguments: argparse.Namespace, session: Session) -> int:
    config = configuration(arguments, session, source_config)
    offered = manifest.stream_names(acting_user=config.ph_user_id is not None)
    session.output.write(
        messages.catalog(
            [
                manifest.discovered(
                    stream, hard_deletes=config.hard_deletes, with_files=config.may_include_files
                )
                for stream in offered
            ]
        )
    )
    return 0


def read(arguments: argparse.Namespace, session: Session) -> int:
    # NumPy would start a thread per processor, for algebra that we do not use.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from phenom_api.gateway import Gateway
    from source_phenom.gc_tuning import collect_seldom
    from source_phenom.reading.configured import selections
    from source_phenom.reading.read import read as read_streams

    config = configuration(arguments, session, source_config)
    catalog = read_json(arguments.catalog, "catalog")
    state = read_messages(arguments.state, "state") if arguments.state else []
    try:
        selected = selections(catalog, state, config)
    except ValueError as error:
        raise ProtocolError(str(error)) from None
    collect_seldom()
    with Gateway(config) as gateway:
        return _print(read_streams(config, selected, gateway=gateway), session)


def _print(events: Iterable[Event], session: Session) -> int:
    """Print events as messages, with the record counts that states carry."""
    output, unclaimed = session.output, Counter[str]()
    failed = False
    for event in events:
        match event:
            case Records(stream, data, files):
                now = messages.now_millis()
                if files:
                    output.write_records_with_files(stream, data, files, now)
                else:
                    output.write_records(stream, data, now)
                unclaimed[stream] += len(data)
            case State(stream, blob):
                output.write(messages.state(stream, blob, unclaimed.pop(stream, 0)))
            case StreamProgress(stream, status):
                output.write(messages.stream_status(stream, status, messages.now_millis()))
            case Failure(stream, message, detail, failure_type):
                failed = True
                output.write(
                    messages.error(
                        session.log.masked(message),
                        session.log.masked(detail),
                        failure_type,
                        messages.now_millis(),
                        stream=stream,
                    )
                )
    return 1 if failed else 0


if __name__ == "__main__":
    main()
