"""The results file and the summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from destination_phenom.outcomes import Outcome, Status
from destination_phenom.rejections import Problem
from destination_phenom.results import Result, ResultsFile, Summary
from phenom_api.errors import InvalidConfig


def result(status: Status, position: int = 1, *problems: Problem) -> Result:
    return Result((None, "create_application"), position, Outcome(status, "c", "a", problems))


def test_lines_are_there_at_once_and_are_added_to(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for run in ("first", "second"):
        file = ResultsFile(str(path), run)
        for position in (1, 2):
            file.write(result("created", position))
            last = path.read_bytes().splitlines()[-1]
            assert json.loads(last)["position"] == position
        file.sync()
        file.close()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [(each["run"], each["position"]) for each in lines] == [
        ("first", 1), ("first", 2), ("second", 1), ("second", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("before", [b'{"position":1}\n{"posi', b'{"position":1}\n', b"\n", b""])
def test_after_a_crash_a_new_line_begins(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(before)
    file = ResultsFile(str(path), "run")
    file.write(result("created", 7))
    file.close()
    assert path.read_bytes().startswith(before)
    *_, last = path.read_bytes().splitlines()
    assert json.loads(last)["position"] == 7


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "results.jsonl"):
        with pytest.raises(InvalidConfig, match="results_path cannot be written") as raised:
            ResultsFile(str(path), "run")
        assert raised.value.keys == ("results_path",)


def test_a_namespace_and_the_number_of_a_broken_line() -> None:
    named = Result(("n", "s"), 1, Outcome("created")).as_json()
    assert (named["namespace"], named["stream"]) == ("n", "s")
    broken = Result(None, None, Outcome("rejected"), 9).as_json()
    assert (broken["stream"], broken["position"], broken["line"]) == (None, None, 9)


def test_the_summary_counts_everything() -> None:
    summary = Summary()
    assert summary.lines() == ["No records came in."]
    lacking = Problem("attachments[0]", "is not in place")
    for status in ("created", "created", "already_applied", "already_exists", "unsettled"):
        summary.add(result(status))
    summary.add(result("created", 6, lacking))
    for position in range(7, 15):
        summary.add(result("rejected", position, Problem("candidate.last_name", "is required")))
    summary.add(Result(None, None, Outcome("rejected"), 3))
    assert " ".join(summary.lines()) == (
        "create_application: 14 records: 3 created, 1 had applied already, 1 existed already, "
        "8 rejected, 1 not decided; 1 of them lack an attachment. "
        "Lines of the input that are no messages: 1."
    )
    assert (summary.total, summary.rejected, summary.unsettled) == (15, 9, 1)
    said = summary.rejections()
    assert said.startswith("9 of 15 records were rejected. create_application record 7: candidate.")
    assert said.endswith("and 4 more.")
