"""Which settings of pip go into the build, and how."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from images.package_index import PackageIndex, of_this_machine, package_index


def read(index: PackageIndex) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(index.pip_conf)
    return dict(parser["global"])


def test_without_settings_there_is_no_secret() -> None:
    index = package_index({}, {})
    assert index == PackageIndex()
    assert index.secrets() == []
    assert index.environment() == {}


def test_only_settings_that_say_where_packages_come_from() -> None:
    index = package_index(
        {"target": "/somewhere", "user": "true", "trusted-host": "a.example b"},
        {},
    )
    assert read(index) == {"trusted-host": "a.example b"}


def test_folders_of_this_machine_are_left_out() -> None:
    index = package_index(
        {
            "extra-index-url": "file:///opt/simple\nhttps://user:secret%40@a.example.com/simple",
            "find-links": "/opt/wheels",
        },
        {},
    )
    assert read(index) == {"extra-index-url": "https://user:secret%40@a.example.com/simple"}
    assert index.left_out == ("extra-index-url", "find-links")


def test_the_secrets_name_a_variable_and_a_file(tmp_path: Path) -> None:
    """The settings may hold a password: they are in no argument."""
    certificates = tmp_path / "ca.pem"
    certificates.write_text("-----BEGIN CERTIFICATE-----")
    index = package_index(
        {"index-url": "https://user:secret@a.example.com", "cert": str(certificates)},
        {"REQUESTS_CA_BUNDLE": "/another.pem"},
    )
    assert index.certificates == certificates.resolve()
    text = " ".join(index.secrets())
    assert f"id=ca,src={certificates.resolve()}" in text
    assert "secret@" not in text
    (variable,) = index.environment()
    assert f"id=pip_conf,env={variable}" in text


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_of_the_environment(tmp_path: Path, name: str) -> None:
    certificates = tmp_path / "ca.pem"
    certificates.touch()
    assert package_index({}, {name: str(certificates)}).certificates == certificates.resolve()
    assert package_index({}, {name: str(tmp_path / "missing.pem")}).certificates is None


def test_the_settings_of_this_machine(tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://a.example.com/%20simple\ntimeout = 7\n")
    index = of_this_machine({"PIP_CONFIG_FILE": str(settings), "PIP_TIMEOUT": "8"})
    assert read(index)["index-url"] == "https://a.example.com/%20simple"
    assert read(index)["timeout"] == "8"
