from __future__ import annotations

from pathlib import Path

import pytest

from phenom_api.errors import InvalidConfig
from source_phenom.config import source_config
from unit_tests.reading.protocol import CONFIG, run_source

KEY = "k" * 16


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"personal_data": "pseudonymous"}, "pseudonym_key"),
        ({"personal_data": "pseudonymous", "pseudonym_key": None}, "pseudonym_key"),
        ({"personal_data": "pseudonymous", "pseudonym_key": KEY[1:]}, "pseudonym_key"),
        ({"personal_data": "pseudonymous", "pseudonym_key": " " * 16}, "pseudonym_key"),
        ({"pseudonym_key": "short"}, "pseudonym_key"),
        ({"personal_data": "hashed", "pseudonym_key": KEY}, "personal_data"),
    ],
)
def test_what_is_refused(given: dict[str, object], key: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig) as refused:
        source_config({**CONFIG, **given})
    assert refused.value.keys == (key,)
    assert "short" not in refused.value.message
    (status,) = run_source("check", tmp_path, config={**CONFIG, **given}).of("CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "FAILED"
    assert f"'{key}'" in status["connectionStatus"]["message"]


def test_the_key_is_a_secret() -> None:
    config = source_config({**CONFIG, "personal_data": "pseudonymous", "pseudonym_key": KEY})
    assert KEY in config.secrets()
    assert KEY not in repr(config)


def test_the_key_may_stay_in_the_configuration_of_full_mode() -> None:
    assert source_config({**CONFIG, "pseudonym_key": KEY}).personal_data == "full"
