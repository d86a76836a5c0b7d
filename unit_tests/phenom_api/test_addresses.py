"""Where files may be fetched from, by who names the host."""

from __future__ import annotations

import pytest

from phenom_api.addresses import is_public, may_be_storage


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.255.255",
        "::ffff:10.0.0.1",
    ],
)
def test_the_gateway_may_name_storage_in_a_private_network(address: str) -> None:
    assert may_be_storage(address)
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "2a00:1450:4001::1", "64:ff9b::808:808"]
)
def test_storage_may_be_public(address: str) -> None:
    assert may_be_storage(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "fd00::1",
        "100.100.100.200",
        "100.64.0.1",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "::ffff:10.0.0.1%eth0",
        "010.0.0.1",
        "nonsense",
    ],
)
def test_other_addresses_are_no_storage(address: str) -> None:
    assert not may_be_storage(address)
