"""JSON files given to commands: every command accepts the same, and has the same messages."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from destination_phenom import run as destination
from phenom_cli.main import phenom
from phenom_cli.request_parts import body
from source_phenom import run as source

CONFIG = {
    "client_id": "Jürgen",
    "client_secret": "do-not-print-me",
    "token_url": "http://127.0.0.1:9/token",
    "gateway_url": "http://127.0.0.1:9",
    "colour": "blue",
}
TEXT = json.dumps(CONFIG, ensure_ascii=False, indent=1)

WRONG = {
    "UTF-16": (TEXT.encode("utf-16"), "is in UTF-16 or UTF-32, not in UTF-8. Save it as UTF-8."),
    "UTF-16 without a mark": (TEXT.encode("utf-16-be"), "Save it as UTF-8"),
    "UTF-32": (TEXT.encode("utf-32"), "Save it as UTF-8"),
    "Latin-1": (TEXT.encode("latin-1"), "is not in UTF-8 (line 2), perhaps in Latin-1"),
    "empty": (b"", "is empty"),
    "blank, with a mark": (b"\xef\xbb\xbf \n", "is empty"),
    "cut off": (TEXT.encode()[:-2], "is not valid JSON (line 6): "),
    "a comma": (b'{"a": 1,\n "b": ,}', "(line 2): Expecting value at column 7"),
    "half a character": (b'{"client_id": "\\uD83D"}', "holds half of a surrogate pair"),
    "deep": (b"[" * 100_000, "is nested too deeply"),
    "no number": (b'{"page_size": -Infinity}', "it holds -Infinity, which is no number"),
    "a long number": (b'{"page_size": ' + b"9" * 5000 + b"}", "a number that is too long"),
}


def protocol(
    main: Callable[[list[str]], None], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> str:
    """Runs a connector's command; returns its messages."""
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(SystemExit):
            main(list(arguments))
    out.flush()
    written: Any = out.buffer
    return str(written.getvalue().decode())


def output(command: str, file: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints when it gets the file."""
    good = folder / "good.json"
    good.write_text(json.dumps({key: value for key, value in CONFIG.items() if key != "colour"}))
    catalog = folder / "catalog.json"
    catalog.write_text('{"streams": []}')
    match command.split():
        case ["source-phenom", "read", "--catalog"]:
            return protocol(
                source.main, monkeypatch, "read", "--config", str(good), "--catalog", file
            )
        case ["source-phenom", "read", "--state"]:
            options = ("--config", str(good), "--catalog", str(catalog))
            return protocol(source.main, monkeypatch, "read", *options, "--state", file)
        case ["source-phenom", name]:
            return protocol(source.main, monkeypatch, name, "--config", file)
        case ["destination-phenom", "write", "--catalog"]:
            options = ("--config", str(good), "--catalog", file)
            return protocol(destination.main, monkeypatch, "write", *options)
        case ["destination-phenom", name]:
            return protocol(destination.main, monkeypatch, name, "--config", file)
        case ["phenom", *words]:
            done = CliRunner().invoke(phenom, [*words, "--config", file])
            assert done.exit_code == 1
            return done.output
    raise AssertionError(command)


COMMANDS = [
    "source-phenom check",
    "source-phenom discover",
    "source-phenom read --catalog",
    "source-phenom read --state",
    "destination-phenom check",
    "destination-phenom write --catalog",
    "phenom scopes",
    "phenom fields",
    "phenom documents list",
    "phenom passthrough GET /x",
    "phenom sync",
    "phenom write --action create_candidate -",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", WRONG)
def test_unusable_files(
    command: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, message = WRONG[kind]
    file = tmp_path / "given.json"
    file.write_bytes(content)
    said = output(command, str(file), tmp_path, monkeypatch)
    assert message in said
    assert "given.json" in said
    assert "do-not-print-me" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_cannot_be_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file, reason in ((tmp_path / "absent", "No such file"), (tmp_path, "Is a directory")):
        said = output(command, str(file), tmp_path, monkeypatch)
        assert f"cannot be read: {reason}" in said
        assert str(file) in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_byte_order_mark_is_accepted(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read: each command rejects it for another reason."""
    about = {"--catalog": "catalog", "--state": "per-stream states"}
    file = tmp_path / "given.json"
    file.write_text(TEXT, encoding="utf-8-sig")
    monkeypatch.chdir(tmp_path)
    said = output(command, str(file), tmp_path, monkeypatch)
    assert about.get(command.split()[-1], "colour") in said


@pytest.mark.parametrize("kind", WRONG)
def test_a_body_for_the_gateway(kind: str, tmp_path: Path) -> None:
    content, message = WRONG[kind]
    file = tmp_path / "given.json"
    file.write_bytes(content)
    with pytest.raises(Exception, match=r"--raw FILE sends a file as it is") as refused:
        body(f"@{file}", None, [])
    assert message in str(refused.value)
    assert "given.json" in str(refused.value)


def test_a_body_is_sent_without_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1.10}')
    assert body(f"@{file}", None, []).data == b'{"a": 1.10}'
