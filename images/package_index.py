"""The package index of this machine, for the build.

The build runs where pip's settings of this machine do not exist. They are given to it as build
secrets: a secret can be read while one step runs, and is in no layer. They are not written into a
file here either.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks import pip_settings

_ONE_VALUE = ("index-url", "proxy", "timeout", "default-timeout", "retries")
_ADDRESSES = ("extra-index-url", "find-links")
_KEPT = (*_ONE_VALUE, *_ADDRESSES, "trusted-host")
"""The settings of pip that say where packages come from. All others stay here."""

_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

_VARIABLE = "PHENOM_IMAGE_PIP_CONF"


@dataclass(frozen=True)
class PackageIndex:
    """What the build must know to install packages.

    `pip_conf` is the text of a configuration file for pip, empty if pip has no settings here.
    `certificates` is a file of certification authorities, or None. `left_out` names settings that
    the build cannot use.
    """

    pip_conf: str = ""
    certificates: Path | None = None
    left_out: tuple[str, ...] = ()

    def secrets(self) -> list[str]:
        """Values of ``--secret``, which docker, podman and buildah understand alike."""
        secrets = []
        if self.pip_conf:
            secrets.append(f"id=pip_conf,env={_VARIABLE}")
        if self.certificates:
            secrets.append(f"id=ca,src={self.certificates}")
        return secrets

    def environment(self) -> dict[str, str]:
        """The variables that the secrets name."""
        return {_VARIABLE: self.pip_conf} if self.pip_conf else {}


def of_this_machine(environment: Mapping[str, str] = os.environ) -> PackageIndex:
    """The index that pip uses here, by its files and by environment variables."""
    return package_index(pip_settings.settings(environment), environment)


def package_index(settings: Mapping[str, str], environment: Mapping[str, str]) -> PackageIndex:
    """
    :param settings: of pip, by the option's long name without dashes.
    """
    lines, left_out = [], []
    for key in _KEPT:
        words = settings.get(key, "").split()
        usable = [each for each in words if key not in ("index-url", *_ADDRESSES) or _is_url(each)]
        if usable:
            lines.append(f"{key} = {' '.join(usable)}")
        if usable != words:
            left_out.append(key)
    pip_conf = "\n".join(["[global]", *lines, ""]) if lines else ""
    named = [
        settings.get("cert", ""),
        *(environment.get(each, "") for each in _CERTIFICATE_VARIABLES),
    ]
    files = [Path(each).resolve() for each in named if each and Path(each).is_file()]
    return PackageIndex(pip_conf, files[0] if files else None, tuple(left_out))


def _is_url(address: str) -> bool:
    """A folder of this machine does not exist in the build."""
    return "://" in address and not address.startswith("file:")
