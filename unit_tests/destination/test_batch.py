"""Unexpected exceptions while a record is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from destination_phenom.actions import Actions
from destination_phenom.batch import Batch
from destination_phenom.config import destination_config
from destination_phenom.outcomes import WriteOutcome
from destination_phenom.preview import Preview
from destination_phenom.rejections import Rejected
from destination_phenom.results import ResultLine
from destination_phenom.states import StreamKey
from phenom_api.gateway import Gateway

STREAM: StreamKey = (None, "create_application")
OPERATION = "create_application"
CONFIG = destination_config(
    {"client_id": "c", "client_secret": "s", "token_url": "https://login.test"}
)


class UnreadableRow(Mapping[str, Any]):
    """A row that raises an exception when it is read."""

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Any:
        raise RuntimeError("Lovelace")

    def __len__(self) -> int:
        return 1


class FaultyActions:
    """Actions that raise an unexpected exception for one person."""

    def carry_out(self, operation: str, nested: Mapping[str, Any]) -> WriteOutcome:
        if nested["candidate"]["email_address"] == "ada@example.com":
            raise TypeError("Lovelace")
        return WriteOutcome("created")


def row(email: str) -> dict[str, Any]:
    return {"candidate.email_address": email}


@pytest.mark.parametrize("bad", [row("ada@example.com"), UnreadableRow()])
def test_an_unexpected_error_rejects_only_that_record(bad: Mapping[str, Any]) -> None:
    results: list[ResultLine] = []
    batch = Batch(cast(Actions, FaultyActions()), 2, report=results.append, echo=lambda *_: None)
    for each in (row("a@example.com"), bad, row("b@example.com")):
        batch.add_record(STREAM, OPERATION, each, 1)
    batch.finish()
    results.sort(key=lambda each: each.position or 0)
    assert [each.outcome.status for each in results] == ["created", "rejected", "created"]
    assert batch.failure is None
    error = results[1].outcome.error or ""
    assert "Error: test_batch.py" in error
    assert "Lovelace" not in error


def test_an_unexpected_error_in_a_dry_run() -> None:
    with Gateway(CONFIG) as gateway, pytest.raises(Rejected, match="RuntimeError") as raised:
        Preview(CONFIG, gateway).requests(OPERATION, UnreadableRow())
    assert "Lovelace" not in str(raised.value)
