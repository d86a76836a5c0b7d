"""What ``./run`` installs, and when; failures, interruptions, and two at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.environments import THIS_PYTHON
from unit_tests.tasks.clone import Clone, small_clone

VENV = f"venv --quiet --python {THIS_PYTHON} ROOT/.venv"
CHECKED = "--no-deps --require-hashes --only-binary :all:"
INTO = "pip install --python ROOT/.venv/bin/python"
SYNC = f"{INTO} {CHECKED} --requirement ROOT/requirements/sync.txt"
TESTS = (
    f"{INTO} {CHECKED} --requirement ROOT/requirements/connector.txt"
    " --requirement ROOT/requirements/vendor-sdk.txt"
)
PROJECT = f"{INTO} --quiet --no-deps --no-index --no-build-isolation --editable ."


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    clone = small_clone(tmp_path)
    yield clone
    clone.end()


def test_a_look_installs_what_it_needs_and_no_more(clone: Clone, tmp_path: Path) -> None:
    done = clone.run("sync", "--streams", "jobs, users", cwd=tmp_path)
    assert done.stdout == f"phenom sync --streams jobs, users in {tmp_path}\n"
    assert clone.calls() == [VENV, SYNC, PROJECT]
    assert done.stderr.startswith("Installing .venv with Python 3.")
    assert "  Resolved 2 packages\n" in done.stderr
    assert "package==1.0" not in done.stderr
    assert ".venv is ready after " in done.stderr

    again = clone.run("sync", cwd=tmp_path)
    assert (again.stdout, again.stderr) == (f"phenom sync in {tmp_path}\n", "")
    assert clone.calls() == []


def test_tests_are_added_to_it(clone: Clone) -> None:
    clone.run("sync")
    clone.calls()
    done = clone.run("check")
    assert clone.calls() == [TESTS]
    # The stand-in installs no programs. A check that cannot run is no success.
    assert done.returncode == 1
    assert done.stderr.endswith(f"Error: No such file or directory: {clone.root}/.venv/bin/ruff\n")
    clone.run("sync")
    assert clone.calls() == []


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ("requirements/sync.txt", [VENV, SYNC, PROJECT]),
        ("requirements/connector.txt", []),
        ("setup.py", [PROJECT]),
        ("phenom_api/__init__.py", [PROJECT]),
        ("another_package/__init__.py", [PROJECT]),
    ],
)
def test_a_change_is_installed(clone: Clone, change: str, calls: list[str]) -> None:
    clone.run("sync")
    clone.calls()
    (clone.root / change).parent.mkdir(exist_ok=True)
    with (clone.root / change).open("a") as file:
        file.write("# changed\n")
    clone.run("sync")
    assert clone.calls() == calls


def test_a_changed_lock_of_the_tests_makes_a_new_environment(clone: Clone) -> None:
    """So that no package of the old versions stays."""
    clone.run("check")
    clone.calls()
    (clone.root / "requirements" / "vendor-sdk.txt").write_text("# changed\n")
    clone.run("sync")
    assert clone.calls() == []
    clone.run("check")
    everything = SYNC.replace("sync.txt", "connector.txt --requirement ROOT/requirements/sync.txt")
    vendor = " --requirement ROOT/requirements/vendor-sdk.txt"
    assert clone.calls() == [VENV, everything + vendor, PROJECT]


def test_an_environment_without_its_python_is_made_again(clone: Clone) -> None:
    clone.run("sync")
    (clone.stand_in / "python").rename(clone.stand_in / "elsewhere")
    clone.calls()
    (clone.root / ".venv" / "bin" / "python").unlink()
    clone.run("sync")
    assert clone.calls() == [VENV, SYNC, PROJECT]


def test_a_moved_clone_is_installed_again(clone: Clone) -> None:
    clone.run("sync")
    moved = Clone(clone.root.with_name("moved"), clone.stand_in)
    clone.root.rename(moved.root)
    moved.calls()
    moved.run("sync")
    assert moved.calls() == [VENV, SYNC, PROJECT]


def test_a_chosen_python_replaces_another(clone: Clone) -> None:
    clone.run("sync")
    stamp = clone.root / ".venv" / ".installed"
    made_with = next(line for line in stamp.read_text().splitlines() if line.startswith("python "))
    stamp.write_text(stamp.read_text().replace(made_with, "python 3.10.0 /usr"))
    clone.calls()
    path = f"{clone.stand_in}/bin:{os.environ['PATH']}"
    clone.run("sync", variables={"PHENOM_PYTHON": "", "PATH": path})
    assert clone.calls() == []
    clone.run("sync")
    assert clone.calls() == [VENV, SYNC, PROJECT]
    assert made_with in stamp.read_text()


def test_a_python_that_cannot_be_used(clone: Clone) -> None:
    done = clone.run("sync", variables={"PHENOM_PYTHON": "/bin/sh"})
    assert done.returncode == 1
    assert "PHENOM_PYTHON is /bin/sh, which is not a Python 3.10 to 3.13" in done.stderr


def test_a_failure_names_its_cause(clone: Clone) -> None:
    (clone.stand_in / "failure").write_text("error: no such host\n")
    done = clone.run("sync")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "  error: no such host\nError: .venv could not be installed" in done.stderr
    (clone.stand_in / "failure").unlink()
    clone.calls()
    assert clone.run("sync").returncode == 0
    assert clone.calls() == [VENV, SYNC, PROJECT]


def test_a_folder_that_cannot_be_written(clone: Clone) -> None:
    (clone.root / ".venv.lock").mkdir()
    done = clone.run("sync")
    assert done.returncode == 1
    assert done.stderr == f"Error: Is a directory: {clone.root / '.venv.lock'}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(clone: Clone, number: signal.Signals) -> None:
    clone.hold()
    process = clone.start("sync")
    clone.wait_for_uv()
    process.send_signal(number)
    # The pipe of standard error is closed when uv, which has it too, has ended.
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stdout == ""
    assert ".venv is incomplete. The next ./run makes it again." in stderr
    assert stderr.endswith("Interrupted. Everything that was started has ended.\n")
    clone.release_all()
    clone.calls()
    assert clone.run("sync").returncode == 0
    assert clone.calls() == [VENV, SYNC, PROJECT]


def test_the_second_waits_for_the_first(clone: Clone) -> None:
    clone.hold()
    first = clone.start("sync")
    clone.wait_for_uv()
    second = clone.start("sync")
    assert second.stderr is not None
    assert (
        second.stderr.readline()
        == "Another ./run is installing. Waiting until it has finished ...\n"
    )
    clone.release()
    clone.wait_for_uv()
    clone.release()
    assert first.communicate(timeout=60)[0].startswith("phenom sync in ")
    assert second.communicate(timeout=60)[0].startswith("phenom sync in ")
    assert clone.calls() == [VENV, SYNC, PROJECT]


def test_a_killed_run_blocks_nobody(clone: Clone) -> None:
    """uv goes on until it has finished; then the next run installs."""
    clone.hold()
    first = clone.start("sync")
    clone.wait_for_uv()
    first.kill()
    second = clone.start("sync")
    assert second.stderr is not None
    assert second.stderr.readline().startswith("Another ./run is installing.")
    clone.release()
    for _ in range(2):
        clone.wait_for_uv()
        clone.release()
    assert second.communicate(timeout=60)[0].startswith("phenom sync in ")
    first.communicate(timeout=60)
    assert clone.calls() == [VENV, SYNC, VENV, SYNC, PROJECT]
