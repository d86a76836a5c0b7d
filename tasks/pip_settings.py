"""The user's settings of pip, as uv understands them: uv itself does not read them.

Files and precedence are those of https://pip.pypa.io/en/stable/topics/configuration/. A setting of
uv always wins over the one of pip.
"""

from __future__ import annotations

import configparser
import os
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_INDEX_IN_TOML = re.compile(r"^\s*(\[\[)?(pip\.)?(index|index-url|extra-index-url)\b", re.MULTILINE)
_YES = ("1", "true", "yes", "on", "y", "t")


def files(environ: Mapping[str, str], *, prefix: str = sys.prefix) -> Iterator[Path]:
    """pip's configuration files. A later one wins."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path(environ.get("HOME") or "/nonexistent")
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
        library = home / "Library" / "Application Support" / "pip"
        user = library if library.is_dir() else home / ".config" / "pip"
    else:
        for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
            yield Path(folder, "pip", "pip.conf")
        yield Path("/etc/pip.conf")
        user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip")
    if not (named and Path(named).exists()):
        yield home / ".pip" / "pip.conf"
        yield user / "pip.conf"
    yield Path(prefix, "pip.conf")
    if named:
        yield Path(named)


def settings(environ: Mapping[str, str], *, prefix: str = sys.prefix) -> dict[str, str]:
    """What pip would use for ``pip install``, by the option's long name without dashes."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for path in files(environ, prefix=prefix):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path)
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue  # pip says what is wrong with its files
        for name, found in sections.items():
            if parser.has_section(name):
                found.update(parser.items(name))
    variables = {key[4:]: value for key, value in environ.items() if key.startswith("PIP_")}
    merged = {}
    for found in (*sections.values(), variables):
        for key, value in found.items():
            if value:  # pip ignores empty ones
                merged[key.lower().replace("_", "-").removeprefix("--")] = value
    return merged


def for_uv(environ: Mapping[str, str], *, prefix: str = sys.prefix) -> dict[str, str]:
    """The environment with which uv reaches what pip would reach."""
    pip = settings(environ, prefix=prefix)
    words = {key: value.split() for key, value in pip.items()}
    found: dict[str, str] = {}
    if not _has_index(environ):
        if "index-url" in pip:
            found["UV_DEFAULT_INDEX"] = pip["index-url"]
        if "extra-index-url" in pip:
            found["UV_INDEX"] = " ".join(words["extra-index-url"])
            # As with pip, a version may come from any of them. The hashes make that safe.
            found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        if pip.get("no-index", "").lower() in _YES:
            found["UV_NO_INDEX"] = "1"
    if "find-links" in pip:
        found["UV_FIND_LINKS"] = ",".join(words["find-links"])
    if "trusted-host" in pip:
        found["UV_INSECURE_HOST"] = " ".join(words["trusted-host"])
    if pip.get("keyring-provider") in ("import", "subprocess"):
        found["UV_KEYRING_PROVIDER"] = "subprocess"
    if timeout := pip.get("timeout") or pip.get("default-timeout"):
        found["UV_HTTP_TIMEOUT"] = timeout.partition(".")[0]
    if "retries" in pip:
        found["UV_HTTP_RETRIES"] = pip["retries"]
    if "client-cert" in pip:
        found["SSL_CLIENT_CERT"] = pip["client-cert"]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") if "proxy" in pip else ():
        found[name] = found[name.lower()] = pip["proxy"]
    found = {key: value for key, value in found.items() if not environ.get(key)}
    return {**environ, **found, **_certificates(environ, pip)}


def _certificates(environ: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """Like pip: its own setting first, then that of requests, then the system's certificates."""
    named = pip.get("cert") or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    if named and Path(named).is_dir():
        return {"SSL_CERT_DIR": named}
    if named and Path(named).is_file():
        return {"SSL_CERT_FILE": named}
    if any(environ.get(name) for name in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS")):
        return {}
    system = ssl.get_default_verify_paths()
    # Without a store of the system, uv uses its own certificates.
    if sys.platform == "darwin" or system.cafile or system.capath:
        return {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    return {}


def _has_index(environ: Mapping[str, str]) -> bool:
    """Whether uv's own settings name a package index."""
    if any(environ.get(name) for name in _INDEXES):
        return True
    if environ.get("UV_NO_CONFIG"):
        return False
    home = environ.get("HOME") or "/nonexistent"
    folders = (environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "/etc/xdg", "/etc")
    paths = [Path(folder, "uv", "uv.toml") for folder in folders]
    if named := environ.get("UV_CONFIG_FILE"):
        paths = [Path(named)]
    texts = (path.read_text(errors="replace") for path in paths if path.is_file())
    return any(map(_INDEX_IN_TOML.search, texts))
