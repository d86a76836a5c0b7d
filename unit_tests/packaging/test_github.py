"""What GitHub reads: workflows, dependabot, templates, owners; and the hooks for a commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from phenom_api import __version__

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
FIELDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def loaded(path: Path) -> dict[str, Any]:
    """The YAML of a file; the key ``on`` of a workflow is the text, not the boolean."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return found


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = loaded(workflow)["jobs"]
    return found


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(workflow).values():
        yield from job.get("steps", [])


def is_installed(program: str) -> bool:
    """Whether it is beside this Python, where ``./run setup`` installs the locked versions."""
    return Path(sys.executable).with_name(program).exists()


def test_actionlint_finds_nothing() -> None:
    """``./run check`` asks zizmor."""
    if shutil.which("actionlint") is None:
        pytest.skip("actionlint is not installed; the workflow CI runs it")
    done = subprocess.run(
        ["actionlint", *map(str, WORKFLOWS)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(workflow: Path) -> None:
    """By a commit, and the comment behind it names the release."""
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.+)", text)
    assert used
    for action in used:
        local = action.startswith("./") and (ROOT / action.split()[0]).exists()
        assert local or re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), (
            action
        )


def test_an_action_has_one_version() -> None:
    texts = [workflow.read_text(encoding="utf-8") for workflow in WORKFLOWS]
    used = {pin for text in texts for pin in re.findall(r"uses: ([\w.-]+/[\w.-]+)@(\S+)", text)}
    names = [name for name, _ in used]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_an_end_and_few_permissions(workflow: Path) -> None:
    assert loaded(workflow)["permissions"] == {"contents": "read"}
    for name, job in jobs(workflow).items():
        assert "uses" in job or int(job["timeout-minutes"]) <= 120, name
    for step in steps(workflow):
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] == "false"


def test_every_python_is_tested() -> None:
    (ci,) = (workflow for workflow in WORKFLOWS if workflow.name == "ci.yml")
    declared = metadata.metadata("phenom-airbyte").get_all("Classifier") or []
    pythons = [text.rpartition(" ")[2] for text in declared if re.search(r":: 3\.\d+$", text)]
    assert pythons
    assert jobs(ci)["test"]["strategy"]["matrix"]["python"] == pythons


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_programs_of_the_project_exist(workflow: Path) -> None:
    """What a workflow runs out of ``.venv``, and the commands of ``./run``."""
    usage = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True).stdout
    commands = re.findall(r"^  ([\w-]+) ", usage, re.MULTILINE)
    for step in steps(workflow):
        script = step.get("run", "")
        for command in re.findall(r"\./run ([\w-]+)", script):
            assert command in commands
        for program in re.findall(r"\.venv/bin/([\w-]+)", script):
            assert is_installed(program), program


@pytest.mark.parametrize(("tag", "exit_code"), [(f"v{__version__}", 0), ("v0.0.0", 1)])
def test_a_release_needs_the_tag_of_its_version(tag: str, exit_code: int) -> None:
    (release,) = (workflow for workflow in WORKFLOWS if workflow.name == "release.yml")
    (step,) = (step for step in steps(release) if step.get("name") == "The tag is the version")
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=ROOT, env={**os.environ, "GITHUB_REF_NAME": tag}
    )
    assert done.returncode == exit_code


def test_hooks_run_what_is_installed() -> None:
    (local,) = loaded(ROOT / ".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        assert hook["language"] == "system"
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/")
        assert is_installed(Path(program).name), program


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.name)
def test_issue_forms(form: Path) -> None:
    described = loaded(form)
    if form.name == "config.yml":
        assert described["blank_issues_enabled"] in ("true", "false")
        return
    assert described["name"]
    assert described["description"]
    ids = [field["id"] for field in described["body"] if field["type"] != "markdown"]
    assert len(set(ids)) == len(ids) > 0
    for field in described["body"]:
        assert field["type"] in FIELDS
        attributes = field["attributes"]
        assert attributes.get("value") or attributes.get("label")
        # GitHub refuses options that are not text.
        assert field["type"] != "dropdown" or all(attributes["options"])


def test_dependabot_looks_at_what_is_there() -> None:
    dependabot = loaded(GITHUB / "dependabot.yml")
    assert dependabot["version"] == "2"
    watched = {each["package-ecosystem"]: each["directory"] for each in dependabot["updates"]}
    assert watched == {"github-actions": "/", "docker": "/", "pip": "/requirements"}
    assert (ROOT / "Dockerfile").is_file()
    assert list((ROOT / "requirements").glob("*.txt"))


def test_owners_own_paths_that_exist() -> None:
    lines = (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    assert rules
    for pattern, *owners in rules:
        assert pattern == "*" or (ROOT / pattern.strip("/")).exists()
        assert owners
        assert all(owner.startswith("@") for owner in owners)
