"""Updates the locked versions in ``requirements/``."""

from __future__ import annotations

from tasks import TaskError, say
from tasks.exclusive import exclusive
from tasks.uv_program import Uv

FILES = {
    "connector.txt": ("setup.py", "--extra", "tests"),
    # The others have the versions with which the tests run.
    "sync.txt": (
        *("setup.py", "--extra", "sandbox", "--extra", "warehouse"),
        *("--constraint", "requirements/connector.txt"),
    ),
    "image.txt": (
        *("setup.py", "--excludes", "requirements/image-left-out.in"),
        *("--constraint", "requirements/connector.txt"),
    ),
    "tests/pyairbyte.txt": ("requirements/tests/pyairbyte.in",),
    "analytics.txt": ("requirements/analytics.in",),
    "vendor-sdk.txt": ("--no-deps", "requirements/vendor-sdk.in"),
    "uv.txt": ("--no-deps", "requirements/uv.in"),
}
"""Each file, and what it is made from."""


def lock() -> int:
    with exclusive() as held:
        uv = Uv(held, for_locking=True)
        for name, sources in FILES.items():
            say(f"requirements/{name} ...")
            every_python = ("--upgrade", "--universal", "--python-version", "3.10")
            no_place = ("--no-header", "--no-emit-index-url", "--no-emit-find-links")
            output = ("--generate-hashes", "--output-file", f"requirements/{name}")
            if not uv("pip", "compile", "--quiet", *every_python, *no_place, *output, *sources):
                raise TaskError(f"requirements/{name} could not be made; the lines above say why.")
    say("requirements/ is updated. Review the difference, then run ./run test.")
    return 0
