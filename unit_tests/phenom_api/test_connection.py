"""Connection keys (specification, section 2): accepted values, and errors about all others."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_api.connection import Connection, load
from phenom_api.errors import InvalidConfig
from unit_tests.phenom_api.wire import API_KEY, CONFIG, SECRET


def connection(**keys: Any) -> Connection:
    return load(Connection, {**CONFIG, **keys})


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://login.test", "https://login.test/token"),
        ("https://login.test/", "https://login.test/token"),
        ("https://login.test:8443", "https://login.test:8443/token"),
        ("https://login.test/oauth/token", "https://login.test/oauth/token"),
        ("https://login.test/v1/", "https://login.test/v1/"),
        ("http://localhost:8080", "http://localhost:8080/token"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/token"),
        ("http://127.8.9.1/t", "http://127.8.9.1/t"),
        ("http://[::1]:8080", "http://[::1]:8080/token"),
    ],
)
def test_token_url(given: str, used: str) -> None:
    assert connection(token_url=given).token_url == used


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://api.test", "https://api.test"),
        ("https://api.test/", "https://api.test"),
        ("https://api.test/gw/v1/", "https://api.test/gw/v1"),
        ("http://localhost/gw", "http://localhost/gw"),
    ],
)
def test_gateway_url(given: str, used: str) -> None:
    assert connection(gateway_url=given).gateway_url == used


def test_the_gateway_of_phenom_is_the_default() -> None:
    keys = {key: value for key, value in CONFIG.items() if key != "gateway_url"}
    assert load(Connection, keys).gateway_url == "https://api.phenom.com"


@pytest.mark.parametrize("key", ["token_url", "gateway_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.test",
        "ftp://login.test",
        "https://",
        "https:///token",
        "https://login.test:port",
        "https://login.test:99999",
        "https://[::1",
        " https://login.test",
        "https://login.test/a b",
        "https://login.test/\x1b[31m",
        "https://login.test/\u202e",
        "https://user:hunter2@login.test",
        "https://login.test?x=1",
        "https://login.test#x",
        "http://login.test",
        "http://10.0.0.1",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        5,
        None,
    ],
)
def test_an_unusable_url_is_named(key: str, url: Any) -> None:
    with pytest.raises(InvalidConfig) as caught:
        connection(**{key: url})
    assert caught.value.keys == (key,)
    assert f"'{key}'" in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("client_id", ""),
        ("client_secret", "  "),
        ("client_secret", 5),
        ("api_key", "line\nbreak"),
        ("api_key", "ключ"),
        ("ph_user_id", "a\r\nb"),
        ("integration_id", ""),
        ("num_workers", 0),
        ("num_workers", 51),
        ("num_workers", "10"),
        ("num_workers", True),
        ("nonsense", 1),
    ],
)
def test_other_keys(key: str, value: Any) -> None:
    with pytest.raises(InvalidConfig) as caught:
        connection(**{key: value})
    assert caught.value.keys == (key,)


def test_every_wrong_key_is_named_at_once() -> None:
    with pytest.raises(InvalidConfig) as caught:
        load(Connection, {"token_url": "x", "num_workers": 0})
    assert set(caught.value.keys) == {"client_id", "client_secret", "token_url", "num_workers"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Client_ID", "client_id"),
        ("client-id", "client_id"),
        ("clientId", "client_id"),
        ("clientsecret", "client_secret"),
        ("gatway_url", "gateway_url"),
        ("gateway url ", "gateway_url"),
        ("worker", "num_workers"),
    ],
)
def test_an_unknown_key_that_resembles_a_known_one(written: str, meant: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        connection(**{written: 1})
    assert caught.value.message == (
        f"Invalid configuration: '{written}' is not a known key (did you mean '{meant}'?)."
    )


def test_the_known_keys_are_listed_once() -> None:
    with pytest.raises(InvalidConfig) as caught:
        connection(foo=1, bar=2, client_ids="x")
    assert caught.value.message == (
        "Invalid configuration: 'foo' is not a known key; 'bar' is not a known key; 'client_ids' is"
        " not a known key (did you mean 'client_id'?). The known keys are: api_key, client_id,"
        " client_secret, gateway_url, integration_id, num_workers, ph_user_id, token_url."
    )


def test_an_unknown_key_of_any_length() -> None:
    with pytest.raises(InvalidConfig) as caught:
        connection(**{"x" * 1_000_000: 1})
    assert len(caught.value.message) < 400


def test_keys_of_the_other_connector() -> None:
    assert load(Connection, {**CONFIG, "results_path": 5}, ["results_path"]).client_id == "client"
    with pytest.raises(InvalidConfig, match="did you mean 'results_path'"):
        load(Connection, {**CONFIG, "result_path": 5}, ["results_path"])


@pytest.mark.parametrize("config", [None, [], "x", 5])
def test_a_configuration_is_an_object(config: Any) -> None:
    with pytest.raises(InvalidConfig):
        load(Connection, config)


def test_keys_of_the_platform_are_ignored() -> None:
    assert connection(__injected=1).client_id == "client"


def test_secrets_are_not_in_repr() -> None:
    made = connection()
    assert SECRET not in repr(made) + str(made)
    assert API_KEY not in repr(made) + str(made)
    assert made.secrets() == (SECRET, API_KEY)
