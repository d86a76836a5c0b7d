"""Rows nested deeper than JSON libraries allow: one column is null, and the sync goes on."""

from __future__ import annotations

import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from integration_tests.failures.running import read
from integration_tests.failures.servers import Talk, serving, whole
from phenom_sandbox import LocalTenant

LEVELS = [198, 253, 254, 255, 300, 600, 1010, 1030, 5_000, 100_000]
DELIVERED = 253
"""Levels of a column that every library reads and writes. The record itself is one more level."""


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def listing(rows: list[str]) -> Talk:
    """A gateway whose listings all have these rows."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        path = connection.recv(65536).split(b" ", 2)[1].decode()
        offset = int(parse_qs(urlsplit(path).query).get("offset", ["0"])[0])
        body = (
            f'{{"data": [{",".join(rows[offset:])}], "totalRecordsCount": {len(rows)}, '
            f'"pagination": {{"total": {len(rows)}}}}}'
        )
        connection.sendall(whole(body.encode()))

    return talk


@pytest.mark.parametrize("streams", [("jobs", "users"), ("applications",), ("candidates",)])
def test_rows_that_are_nested_deeply(local: LocalTenant, streams: tuple[str, ...]) -> None:
    rows = [
        f'''{{"id": "65a0c3f2e4b0a1b2c3d4{number:04x}", "jobId": "{number}",
        "candidateData": {{"id": "{number}", "firstName": "Ada"}},
        "customFieldData": {nested(levels)}, "additionalFields": {nested(levels)}}}'''
        for number, levels in enumerate(LEVELS)
    ]
    with serving(listing(rows)) as url:
        ran = read(local, {"gateway_url": url}, streams=streams)
        again = read(local, {"gateway_url": url}, streams=streams, state=ran.outcome.states)
    assert ran.code == again.code == 0
    (name, *_) = streams
    records = {int(record["remote_id"][-1]): record for record in ran.outcome.records[name]}
    assert sorted(records) == list(range(len(LEVELS)))
    for number, levels in enumerate(LEVELS):
        delivered = records[number]["custom_fields"]
        assert (delivered is not None) == (levels <= DELIVERED)
    odd = sum(levels > DELIVERED for levels in LEVELS)
    assert f"{name}.custom_fields: {odd} values of an unexpected type" in ran.warnings
    assert not again.outcome.records[name]


def test_a_deep_object_without_a_column(local: LocalTenant) -> None:
    rows = [f'{{"jobId": "{levels}", "strange": {nested(levels)}}}' for levels in LEVELS]
    with serving(listing(rows)) as url:
        ran = read(local, {"gateway_url": url}, streams=("jobs",))
    assert ran.code == 0
    assert {record["remote_id"] for record in ran.outcome.records["jobs"]} == set(map(str, LEVELS))
    (short,) = (row for row in ran.outcome.records["jobs"] if row["remote_id"] == "198")
    (field,) = (each for each in short["integration_fields"] if each["key"] == "a")
    assert field["id"].startswith("strange.a.a.")
