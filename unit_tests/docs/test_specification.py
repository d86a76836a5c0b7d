"""The tables of `docs/specification.md` against the programs: commands, keys, streams, statuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from destination_phenom.outcomes import WriteStatus
from destination_phenom.records import OPERATIONS
from phenom_cli.main import phenom

PAGE = Path(__file__).resolve().parents[2] / "docs" / "specification.md"
MODULES = {"source-phenom": "source_phenom.run", "destination-phenom": "destination_phenom.run"}
NUMBERED = re.compile(r"^#{2,3} (\d(?:\.\d)?)\.? (.+)$", re.MULTILINE)


def sections() -> dict[str, str]:
    """The text of every section and subsection by its number, without that of the next one."""
    parts = NUMBERED.split(PAGE.read_text(encoding="utf-8"))
    return dict(zip(parts[1::3], parts[3::3], strict=True))


def table(number: str) -> dict[str, list[str]]:
    """The rows of a section's table: the text in the first cell's backticks, and all cells."""
    rows = [line for line in sections()[number].splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    assert cells, number
    return {row[0].strip("`"): row for row in cells}


def output(program: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program], *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    message: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return message


def configuration(program: str) -> dict[str, Any]:
    spec: dict[str, Any] = output(program, "spec")["spec"]["connectionSpecification"]
    return spec


def test_sections_are_numbered_in_order() -> None:
    numbers = list(sections())
    assert numbers == sorted(numbers)
    whole = [number for number in numbers if "." not in number]
    assert whole == [str(number) for number in range(1, 8)]


@pytest.mark.parametrize("program", MODULES)
def test_protocol_commands(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program], "--help"], capture_output=True, text=True
    )
    _, _, listed = done.stdout.partition("positional arguments:")
    commands = re.findall(r"^    (\w+) ", listed.partition("options:")[0], re.MULTILINE)
    described = [
        command.split()[1] for command in table("1.1") if command.startswith(f"{program} ")
    ]
    assert described == commands


@pytest.mark.parametrize("command", [name for name in table("1.1") if " spec" not in name])
def test_protocol_options(command: str) -> None:
    program, name = command.split()
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program], name, "--help"], capture_output=True, text=True
    )
    taken = set(re.findall(r"--\w+", done.stdout)) - {"--help", "--debug"}
    assert set(re.findall(r"--\w+", table("1.1")[command][1])) == taken


def test_commands_of_phenom() -> None:
    assert list(table("1.2")) == [f"phenom {name}" for name in phenom.commands]


@pytest.mark.parametrize(
    ("number", "program"), [("2", "source-phenom"), ("6.1", "destination-phenom")]
)
def test_configuration(number: str, program: str) -> None:
    spec = configuration(program)
    rows = table(number)
    assert list(rows) == list(spec["properties"])
    for key, (_, kind, default) in rows.items():
        declared = spec["properties"][key]
        given = default.strip("`")
        assert (given == "required") == (key in spec["required"]), key
        if "default" in declared:
            wanted = declared["default"]
            assert given == (wanted if isinstance(wanted, str) else json.dumps(wanted)), key
        else:
            assert given in ("", "required"), key
        assert ("secret" in kind) == declared.get("airbyte_secret", False), key
        if "enum" in declared:
            assert re.findall(r"`(\w+)`", kind) == declared["enum"], key
        else:
            assert kind.startswith(declared["type"]), key
        bounds = [declared[bound] for bound in ("minimum", "maximum") if bound in declared]
        assert [int(bound) for bound in re.findall(r"\d+", kind)] == bounds, key


def test_streams(tmp_path: Path) -> None:
    def discovered(**more: str) -> dict[str, dict[str, Any]]:
        file = tmp_path / "config.json"
        keys = {"client_id": "a", "client_secret": "b", "token_url": "https://login.example.com"}
        file.write_text(json.dumps(keys | more), encoding="utf-8")
        catalog = output("source-phenom", "discover", "--config", str(file))["catalog"]
        return {stream["name"]: stream for stream in catalog["streams"]}

    everything = discovered(ph_user_id="recruiter-1")
    rows = table("3")
    assert set(rows) == set(everything)
    assert {name for name, row in rows.items() if row[1] == "no"} == set(discovered())
    for stream in everything.values():
        assert stream["source_defined_primary_key"] == [["id"]]
        assert stream["default_cursor_field"] == ["changed_at"]
        assert stream["supported_sync_modes"] == ["full_refresh", "incremental"]
    named = re.findall(r"`(\w+)\.(\w+)`", " ".join(row[0] for row in table("3.2").values()))
    assert named
    for name, column in named:
        assert column in everything[name]["json_schema"]["properties"], f"{name}.{column}"


def test_statuses_of_results() -> None:
    assert tuple(table("6.4")) == get_args(WriteStatus)


def test_actions() -> None:
    (named,) = re.findall(r"The actions are `(\w+)` and `(\w+)`", sections()["6.2"])
    assert sorted(named) == sorted(OPERATIONS)
