"""Loads one sync into a warehouse. Started by ``phenom sync``.

Run by path (``python -I warehouse_worker.py``), since this project is not installed in PyAirbyte's
environment. Reads a :class:`phenom_cli.warehouse.request.Request` as JSON on stdin and writes the
events of :mod:`phenom_cli.warehouse.events` on stdout; on stderr nothing but, with
``PHENOM_TRACEBACK=1``, where an error came from. Exit code 0 when a result was written.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
import types
from datetime import datetime, timezone
from pathlib import Path

PARTS = {
    "duckdb": ("DuckDB", "pip install 'phenom-airbyte[warehouse]' installs it."),
    "postgres": (
        "PyAirbyte",
        "./run setup installs it; PHENOM_PYAIRBYTE_PYTHON names the interpreter to use.",
    ),
}


def main() -> int:
    # The warehouse's files, temporary ones and those of the connector hold personal data.
    os.umask(0o077)
    _find_siblings()
    from phenom_cli.warehouse.events import Events
    from phenom_cli.warehouse.failures import SyncFailed
    from phenom_cli.warehouse.request import Request
    from phenom_cli.warehouse.run import Run

    request = Request(**json.load(sys.stdin))
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    errors = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8")
    _quieten(Path(request.folder))
    events = Events(told, request.secrets)
    # As an exception, so that the connector is ended too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        Run(request, events, time.monotonic, lambda: datetime.now(timezone.utc)).sync()
    except SyncFailed as failure:
        if os.environ.get("PHENOM_TRACEBACK"):
            traceback.print_exc(file=errors)
        events.emit("error", message=failure.message, advice=failure.advice)
        return 1
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as error:
        what, advice = PARTS["postgres" if request.postgres_url else "duckdb"]
        message = f"{what} is not installed for {sys.executable} ({error.name} is missing)."
        events.emit("error", message=message, advice=advice)
        return 1
    except Exception as error:
        if os.environ.get("PHENOM_TRACEBACK"):
            traceback.print_exc(file=errors)
        # The text of an exception that nobody foresaw may quote a row: only its name is told.
        events.emit(
            "error",
            message=f"The sync ended with an unexpected {type(error).__name__}.",
            advice="Run it again with PHENOM_TRACEBACK=1 to see where, and report that.",
        )
        return 1
    return 0


def _find_siblings() -> None:
    """Makes ``phenom_cli`` importable without putting the folder around it on the path."""
    if "phenom_cli" not in sys.modules:
        package = types.ModuleType("phenom_cli")
        package.__path__ = [str(Path(__file__).resolve().parent)]
        sys.modules["phenom_cli"] = package


def _quieten(folder: Path) -> None:
    """Keeps PyAirbyte off the network, out of the home directory and from printing."""
    os.environ.update(
        AIRBYTE_OFFLINE_MODE="1",
        DO_NOT_TRACK="1",
        AIRBYTE_NO_UV="1",
        AIRBYTE_PROJECT_DIR=str(folder),
        AIRBYTE_CACHE_ROOT=str(folder / "cache"),
        AIRBYTE_LOGGING_ROOT=str(folder / "logs"),
        # PyAirbyte makes its temporary files, the configuration among them, readable for everyone.
        AIRBYTE_TEMP_DIR=str(folder),
    )
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


if __name__ == "__main__":
    sys.exit(main())
