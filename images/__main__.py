"""``./run image``: builds both images and tests them."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence

import phenom_sandbox
from images import CannotBuild, debian_base, package_index, smoke_test, tools
from phenom_api import __version__

_TESTS = {"source": smoke_test.source, "destination": smoke_test.destination}

_DESCRIPTION = """\
Builds the images of both connectors with docker, podman or buildah, and runs all their commands
against a local tenant: not as root, on a read-only file system. docs/images.md is the manual."""

_EPILOG = """\
examples:
  ./run image                                       both images on Airbyte's base image
  ./run image --base registry.example.com/python    on another base image
  ./run image --with buildah --base debian          on a base made here of Debian's packages
  ./run image --connector source --no-test -- --no-cache
"""


def main(arguments: Sequence[str]) -> int:
    """Return the exit code. Progress goes to stderr, the names of the images to stdout."""
    asked = _parser().parse_args(arguments)
    # buildah gives it to the folders of an image, and the image's user has to enter them.
    os.umask(0o022)
    # So that containers and files of this run are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        build_and_test(asked)
    except (CannotBuild, smoke_test.SmokeTestFailed) as error:
        _say(f"Error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("Interrupted.")
        return 130
    return 0


def build_and_test(asked: argparse.Namespace) -> None:
    index = package_index.of_this_machine()
    tool = tools.find(asked.tool, index.environment())
    for setting in index.left_out:
        _say(f"pip's {setting} names a folder of this machine, which the build cannot see.")
    base = asked.base
    if base == "debian":
        _say(f"The base: {debian_base.IMAGE}")
        base = debian_base.make(tool, asked.mirror)
    for connector in [asked.connector] if asked.connector else _TESTS:
        image = f"{asked.repository}/{connector}-phenom:{asked.tag}"
        _say(f"Building {image} with {tool.name} ...")
        started = time.monotonic()
        labels = {"io.airbyte.version": __version__}
        tool.build(tools.Recipe(connector, image, base, labels, index.secrets(), asked.more))
        _say(f"Built in {time.monotonic() - started:.0f} s: {tool.size(image)} with its base.")
        if not asked.no_test:
            test(tool, connector, image)
        sys.stdout.write(f"{image}\n")
        sys.stdout.flush()


def test(tool: tools.Tool, connector: str, image: str) -> None:
    _say(f"Testing {image} ...")
    with (
        tools.readable_folder() as files,
        phenom_sandbox.running(jobs=40, applications=200) as local,
        tool.container(image, files) as container,
    ):
        smoke_test.confinement(container, _say)
        _TESTS[connector](container, files, local, _say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run image",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--with",
        dest="tool",
        choices=tools.NAMES,
        help="the program that builds and runs them (default: the first of these that works)",
    )
    parser.add_argument("--connector", choices=list(_TESTS), help="only one (default: both)")
    parser.add_argument(
        "--base",
        metavar="IMAGE",
        help="another base image, with python3 and its modules venv and pip; 'debian' makes one "
        "with debootstrap (default: Airbyte's, which the Dockerfile names)",
    )
    parser.add_argument(
        "--mirror", default=debian_base.MIRROR, help="Debian's packages (default: %(default)s)"
    )
    parser.add_argument(
        "--repository", default="phenom-airbyte", help="before the name (default: %(default)s)"
    )
    parser.add_argument("--tag", default="dev", help="behind the name (default: %(default)s)")
    parser.add_argument("--no-test", action="store_true", help="only build")
    parser.add_argument(
        "more", nargs="*", metavar="-- ARGUMENT", help="further arguments for the build command"
    )
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
