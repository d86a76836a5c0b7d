"""The programs that build and run images: docker, podman and buildah."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from images import ROOT, CannotBuild

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_MOUNTED_AT = "/config"
_LONGEST_SECONDS = 600
"""For one program. None takes a minute on a machine that has nothing else to do."""

Completed = subprocess.CompletedProcess[bytes]


@dataclass(frozen=True)
class Recipe:
    """What is built: a stage of the Dockerfile, under a name."""

    stage: str
    image: str
    base: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    more: Sequence[str] = ()
    """Further arguments for the build command."""


class Container(ABC):
    """Runs programs of one image. `folder` is where the program sees the files given to it."""

    folder = _MOUNTED_AT

    @abstractmethod
    def __call__(
        self, *arguments: str, stdin: bytes = b"", tmp: bool = False, program: str | None = None
    ) -> Completed:
        """Runs the image's program, or `program`, as the image's user.

        The root file system is read-only; `tmp` gives it a /tmp that can be written to.
        """


class Tool(ABC):
    """One of the three programs."""

    probe: Sequence[str]
    """Arguments with which it fails if it cannot work here."""

    def __init__(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._environment = {**os.environ, **self.defaults(), **(environment or {})}

    def defaults(self) -> Mapping[str, str]:
        """Environment variables, where they are not set."""
        return {}

    def why_unusable(self) -> str | None:
        """What is missing, or None."""
        if shutil.which(self.name) is None:
            return "it is not installed"
        done = self.call(*self.probe)
        if done.returncode == 0:
            return None
        words = done.stderr.decode(errors="replace").strip().splitlines()
        return f"`{self.name} {' '.join(self.probe)}` says: {words[-1] if words else 'nothing'}"

    def call(self, *arguments: str, stdin: bytes = b"") -> Completed:
        """Runs it and keeps its output.

        :raises CannotBuild: if it does not end.
        """
        return self.execute([self.name, *arguments], stdin)

    def execute(self, command: Sequence[str], stdin: bytes = b"") -> Completed:
        """Runs another program with the tool's environment, as `call` does."""
        try:
            return subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                env=self._environment,
                timeout=_LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            beginning = " ".join(command[:4])
            raise CannotBuild(f"`{beginning} …` had not ended after {_LONGEST_SECONDS} s") from None

    def output(self, *arguments: str) -> str:
        """What it prints.

        :raises CannotBuild: if it fails.
        """
        done = self.call(*arguments)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise CannotBuild(f"`{self.name} {arguments[0]}` failed: {said}")
        return done.stdout.decode().strip()

    def build(self, recipe: Recipe) -> None:
        """Builds an image; what the tool prints goes to standard error.

        :raises CannotBuild: if it fails.
        """
        arguments = [
            "build",
            *self.build_options(),
            "--target",
            recipe.stage,
            "--tag",
            recipe.image,
        ]
        if recipe.base:
            arguments += ["--build-arg", f"BASE={recipe.base}"]
        # Only the names: the values are taken from the environment, and are in no layer.
        for name in _PROXIES:
            if name in self._environment:
                arguments += ["--build-arg", name]
        for name, value in recipe.labels.items():
            arguments += ["--label", f"{name}={value}"]
        for secret in recipe.secrets:
            arguments += ["--secret", secret]
        command = [self.name, *arguments, *recipe.more, str(ROOT)]
        if subprocess.run(command, stdout=2, env=self._environment).returncode != 0:
            raise CannotBuild(
                f"{self.name} could not build the image of the {recipe.stage}; "
                "the lines above say why."
            )

    def build_options(self) -> Sequence[str]:
        """Further arguments that the tool needs."""
        return ()

    def has(self, image: str) -> bool:
        """Whether the image is on this machine."""
        return self.call("inspect", "--type", "image", image).returncode == 0

    def size(self, image: str) -> str:
        """The size of the image with its base, for people."""
        return self.output("images", "--format", "{{.Size}}", image)

    @abstractmethod
    def add_base(self, archive: Path, image: str) -> None:
        """Makes an image of a tar archive with a whole file system."""

    @abstractmethod
    def container(self, image: str, files: Path) -> Any:
        """A context with a `Container` of the image that sees the folder `files`."""


class DockerLike(Tool):
    """docker, and podman, which has the same commands."""

    def add_base(self, archive: Path, image: str) -> None:
        self.output("import", str(archive), image)

    @contextmanager
    def container(self, image: str, files: Path) -> Iterator[Container]:
        yield _FreshContainer(self, image, files)

    def run_options(self) -> Sequence[str]:
        """Further arguments that the tool needs to run a container."""
        return ()


class Docker(DockerLike):
    """Secrets need BuildKit, which old versions have to be asked for."""

    probe = ("version", "--format", "{{.Server.Version}}")

    def defaults(self) -> Mapping[str, str]:
        return {"DOCKER_BUILDKIT": "1"}


class Podman(DockerLike):
    """By itself it makes /tmp and other folders writable in a read-only container."""

    probe = ("info",)

    def run_options(self) -> Sequence[str]:
        return ("--read-only-tmpfs=false",)


class _FreshContainer(Container):
    """Every program has a container of its own, which is removed afterwards."""

    def __init__(self, tool: DockerLike, image: str, files: Path) -> None:
        self._tool = tool
        self._image = image
        self._files = files

    def __call__(
        self, *arguments: str, stdin: bytes = b"", tmp: bool = False, program: str | None = None
    ) -> Completed:
        # The local tenant listens on this machine's loopback address. Labels are SELinux's.
        options = ["--rm", "--interactive", "--read-only", "--network=host", "--cap-drop=ALL"]
        options += ["--security-opt=no-new-privileges", "--security-opt=label=disable"]
        options += [f"--volume={self._files}:{_MOUNTED_AT}:ro", *self._tool.run_options()]
        options += ["--tmpfs=/tmp"] if tmp else []
        options += [f"--entrypoint={program}"] if program else []
        return self._tool.call("run", *options, self._image, *arguments, stdin=stdin)


class Buildah(Tool):
    """buildah works without a daemon, and in a container. It builds, but hardly runs images."""

    probe = ("info",)

    def defaults(self) -> Mapping[str, str]:
        # The only isolation that needs no other program and works in a container too.
        return {"BUILDAH_ISOLATION": os.environ.get("BUILDAH_ISOLATION", "chroot")}

    def build_options(self) -> Sequence[str]:
        # Layers are kept: the second image has all but the last ones of the first.
        return ("--layers",)

    def add_base(self, archive: Path, image: str) -> None:
        container = self.output("from", "scratch")
        try:
            self.output("add", "--quiet", container, str(archive), "/")
            self.output("commit", "--quiet", container, image)
        finally:
            self.call("rm", container)

    @contextmanager
    def container(self, image: str, files: Path) -> Iterator[Container]:
        settings = json.loads(self.output("inspect", "--type", "image", image))["OCIv1"]["config"]
        name = self.output("from", "--pull-never", image)
        try:
            yield _MountedContainer(self, name, files, settings)
        finally:
            self.call("rm", name)


class _MountedContainer(Container):
    """One container, with its files mounted anew for each program."""

    def __init__(self, tool: Buildah, name: str, files: Path, settings: dict[str, Any]) -> None:
        self._tool = tool
        self._name = name
        self._files = files
        self._settings = settings
        self._is_root = os.geteuid() == 0
        if self._is_root:
            tool.output("mount", name)

    def __call__(
        self, *arguments: str, stdin: bytes = b"", tmp: bool = False, program: str | None = None
    ) -> Completed:
        command = [
            *("sh", str(ROOT / "images" / "run_read_only.sh")),
            *(self._name, str(self._files), "yes" if tmp else "no"),
            *(self._settings["User"], self._settings["WorkingDir"], *self._settings["Env"]),
            *([program] if program else self._settings["Entrypoint"]),
            *arguments,
        ]
        mounts_of_its_own = ["unshare", "--mount", *command]
        if self._is_root:
            return self._tool.execute(mounts_of_its_own, stdin)
        return self._tool.call("unshare", *mounts_of_its_own, stdin=stdin)


_TOOLS: dict[str, type[Tool]] = {"docker": Docker, "podman": Podman, "buildah": Buildah}
NAMES = tuple(_TOOLS)


def find(wanted: str | None, environment: Mapping[str, str] | None = None) -> Tool:
    """The tool with this name, or the first that works here.

    :param environment: variables for the tool in addition to those of this process.
    :raises CannotBuild: says for each tool what is missing.
    """
    reasons = []
    for name in [wanted] if wanted else NAMES:
        tool = _TOOLS[name](name, environment)
        reason = tool.why_unusable()
        if reason is None:
            return tool
        reasons.append(f"  {name}: {reason}")
    first = f"{wanted} cannot be used:" if wanted else "docker, podman or buildah is needed:"
    remedy = (
        "Start the daemon of docker, or install one of them (on Debian and Ubuntu: "
        "apt-get install buildah)."
    )
    raise CannotBuild("\n".join([first, *reasons, remedy]))


@contextmanager
def readable_folder() -> Iterator[Path]:
    """A folder for files that the image's user has to read, whatever user that is here."""
    with tempfile.TemporaryDirectory(prefix="phenom-image-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
