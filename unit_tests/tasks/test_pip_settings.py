"""pip's settings, translated for uv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.pip_settings import for_uv, settings

INDEX = "https://user:secret@index.example.com/simple"


def translated(folder: Path, **variables: str) -> dict[str, str]:
    """What is added for uv. The folder is the user's home; the machine's files do not count."""
    environ = {"HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, **variables}
    found = for_uv(environ)
    defaults = ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS")
    return {key: text for key, text in found.items() if key not in {*environ, *defaults}}


@pytest.mark.parametrize(
    ("pip", "uv"),
    [
        ({}, {}),
        ({"PIP_INDEX_URL": ""}, {}),
        ({"PIP_INDEX_URL": INDEX}, {"UV_DEFAULT_INDEX": INDEX}),
        (
            {"PIP_EXTRA_INDEX_URL": f"{INDEX}\nfile:///packages/simple"},
            {
                "UV_INDEX": f"{INDEX} file:///packages/simple",
                "UV_INDEX_STRATEGY": "unsafe-best-match",
            },
        ),
        (
            {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "a b"},
            {"UV_NO_INDEX": "1", "UV_FIND_LINKS": "a,b"},
        ),
        ({"PIP_NO_INDEX": "false"}, {}),
        ({"PIP_TRUSTED_HOST": "a:8080\nb"}, {"UV_INSECURE_HOST": "a:8080 b"}),
        ({"PIP_TIMEOUT": "90"}, {"UV_HTTP_TIMEOUT": "90"}),
        ({"PIP_DEFAULT_TIMEOUT": "7.5"}, {"UV_HTTP_TIMEOUT": "7"}),
        ({"PIP_RETRIES": "9"}, {"UV_HTTP_RETRIES": "9"}),
        ({"PIP_KEYRING_PROVIDER": "import"}, {"UV_KEYRING_PROVIDER": "subprocess"}),
        ({"PIP_KEYRING_PROVIDER": "disabled"}, {}),
        ({"PIP_CLIENT_CERT": "/me.pem"}, {"SSL_CLIENT_CERT": "/me.pem"}),
        (
            {"PIP_PROXY": "http://proxy:3128"},
            {
                name: "http://proxy:3128"
                for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
                for name in (upper, upper.lower())
            },
        ),
        # What uv is told itself wins.
        ({"PIP_INDEX_URL": INDEX, "UV_DEFAULT_INDEX": "https://other.example.com"}, {}),
        ({"PIP_EXTRA_INDEX_URL": INDEX, "UV_INDEX_URL": "https://other.example.com"}, {}),
        ({"PIP_TIMEOUT": "90", "UV_HTTP_TIMEOUT": "5"}, {}),
        # Of no use for uv.
        ({"PIP_CONSTRAINT": "c.txt", "PIP_TARGET": "/x", "PIP_USER": "1"}, {}),
    ],
    ids=str,
)
def test_variables(pip: dict[str, str], uv: dict[str, str], tmp_path: Path) -> None:
    assert translated(tmp_path, **pip) == uv


@pytest.mark.parametrize("named", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates(named: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    assert translated(tmp_path, **{named: str(file)}) == {}
    file.touch()
    assert translated(tmp_path, **{named: str(file)}) == {"SSL_CERT_FILE": str(file)}
    assert translated(tmp_path, **{named: str(tmp_path)}) == {"SSL_CERT_DIR": str(tmp_path)}


def test_pips_own_certificates_are_those_of_the_index(tmp_path: Path) -> None:
    for name in ("index.pem", "all.pem"):
        (tmp_path / name).touch()
    environ = {
        "PIP_CERT": str(tmp_path / "index.pem"),
        "SSL_CERT_FILE": str(tmp_path / "all.pem"),
    }
    assert for_uv(environ)["SSL_CERT_FILE"] == environ["PIP_CERT"]


@pytest.mark.parametrize(
    ("file", "text", "uv"),
    [
        (".config/uv/uv.toml", f'[[index]]\nurl = "{INDEX}"\n', {}),
        (".config/uv/uv.toml", f'[pip]\nindex-url = "{INDEX}"\n', {}),
        (".config/uv/uv.toml", 'cache-dir = "index"\n', {"UV_DEFAULT_INDEX": INDEX}),
    ],
)
def test_file_of_uv(file: str, text: str, uv: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    assert translated(tmp_path, PIP_INDEX_URL=INDEX) == uv


FILES = [
    "xdg/pip/pip.conf",
    ".pip/pip.conf",
    ".config/pip/pip.conf",
    "prefix/pip.conf",
]
"""From the weakest to the strongest. On a Mac, pip looks for the first elsewhere."""


@pytest.mark.skipif(sys.platform == "darwin", reason="the files are in other folders there")
def test_files_in_their_order(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}

    def found(**variables: str) -> dict[str, str]:
        return settings({**environ, **variables}, prefix=str(tmp_path / "prefix"))

    for number, name in enumerate(FILES):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[global]\nindex-url = {number}\nkey_{number} = yes\n[other]\nx = y\n")
        assert found()["index-url"] == str(number)
    assert {"key-0", "key-1", "key-2", "key-3"} <= set(found())
    assert "x" not in found()

    named = tmp_path / "named.conf"
    assert found(PIP_CONFIG_FILE=str(named))["index-url"] == "3"
    named.write_text("[install]\nindex-url = %named\n")
    with_file = found(PIP_CONFIG_FILE=str(named))
    assert with_file["index-url"] == "%named"
    assert "key-1" not in with_file, "a named file replaces those of the user"
    assert found(PIP_INDEX_URL="variable", PIP_CONFIG_FILE=str(named))["index-url"] == "variable"
    assert found(PIP_CONFIG_FILE=os.devnull) == {"config-file": os.devnull}


def test_a_broken_file_is_left_to_pip(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text("index-url = x\n")
    environ = {"HOME": str(tmp_path), "PIP_INDEX_URL": "y"}
    assert settings(environ)["index-url"] == "y"


def test_pip_reads_the_same(tmp_path: Path) -> None:
    """The installed pip itself, asked for its settings."""
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex_url = a\nretries = 3\nproxy =\n"
        "[install]\n--find-links = b\n  c\nretries = 4\n"
    )
    environ = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path / "none"),
        "PIP_TRUSTED_HOST": "d",
    }
    asked = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(asked, env=environ, capture_output=True, text=True)
    told = {}
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        told[key.partition(".")[2]] = value.strip("'").replace("\\n", "\n")
    assert settings(environ) == {key: value for key, value in told.items() if value}
