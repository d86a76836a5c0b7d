"""A base image made on the spot of Debian's packages, for machines without Airbyte's base image."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from images import CannotBuild
from images.tools import Tool

IMAGE = "localhost/phenom-debian-base:bookworm"
MIRROR = "http://deb.debian.org/debian"

# Debian 12 has Python 3.11, as Airbyte's base image.
_SUITE = "bookworm"
_PACKAGES = "ca-certificates,python3,python3-pip"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NOT_NEEDED = ("./dev/*", "./proc/*", "./sys/*", "./var/cache/apt/*", "./var/lib/apt/lists/*")


def missing() -> list[str]:
    """What this machine lacks to make it."""
    lacking = [
        f"the program {each}" for each in ("debootstrap", "unshare", "tar") if not _has(each)
    ]
    if not _KEYRING.is_file():
        lacking.append(f"Debian's keys in {_KEYRING} (package debian-archive-keyring)")
    if os.geteuid() != 0:
        lacking.append("root, which debootstrap needs")
    return lacking


def make(tool: Tool, mirror: str = MIRROR) -> str:
    """Makes the image, unless it is there; takes a minute. Returns its name.

    :raises CannotBuild: if something is missing or debootstrap fails.
    """
    if tool.has(IMAGE):
        return IMAGE
    if lacking := missing():
        raise CannotBuild(
            f"the Debian base cannot be made here. Missing: {'; '.join(lacking)}. "
            "Name another base image with --base."
        )
    with tempfile.TemporaryDirectory(prefix="phenom-debian-") as name:
        root, archive = Path(name, "root"), Path(name, "root.tar")
        # In a mount namespace of its own, so that no mount of debootstrap can stay behind.
        options = ["--variant=minbase", f"--include={_PACKAGES}", f"--keyring={_KEYRING}"]
        _run("unshare", "--mount", "debootstrap", *options, _SUITE, str(root), mirror)
        excluded = [f"--exclude={each}" for each in _NOT_NEEDED]
        _run("tar", "--numeric-owner", *excluded, "-C", str(root), "-cf", str(archive), ".")
        tool.add_base(archive, IMAGE)
    return IMAGE


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-5:])
        raise CannotBuild(f"making the Debian base failed:\n{last}")


def _has(program: str) -> bool:
    return shutil.which(program) is not None
