"""Decides to which IP addresses we may connect if somebody else chose the host.

The blocks follow the IANA registries of special-purpose addresses. They are listed here because
``is_global`` of ``ipaddress`` differs between Python versions.
"""

from __future__ import annotations

import ipaddress

_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a provider's customers; metadata of Alibaba Cloud
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's own services
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; metadata of Oracle Cloud
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""The private networks of RFC 1918."""
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All public IPv6 addresses. Loopback, private, link-local and multicast are outside of it."""
_NOT_PUBLIC_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which leads to any IPv4 address
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which leads to any IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""The prefix of public translators to IPv4; ``64:ff9b:1::/48`` is for private ones."""


def is_public(address: str) -> bool:
    """Whether an address is on the public internet."""
    try:
        parsed: _IPAddress = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None:
            return False
        embedded = _embedded(parsed)
        if embedded is None:
            return parsed in _GLOBAL_UNICAST and not any(parsed in net for net in _NOT_PUBLIC_V6)
        parsed = embedded
    return not any(parsed in net for net in _NOT_PUBLIC)


def may_be_storage(address: str) -> bool:
    """Whether an address may belong to a file storage that the tenant's gateway names.

    It may be public or private: storage can have an endpoint inside a private cloud network. For
    URLs that anybody can write, use :func:`is_public`.
    """
    if is_public(address):
        return True
    try:
        parsed: _IPAddress = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None or parsed.ipv4_mapped is None:
            return False
        parsed = parsed.ipv4_mapped
    return any(parsed in net for net in _PRIVATE)


def is_loopback(address: str) -> bool:
    """Whether an address means this machine."""
    try:
        parsed: _IPAddress = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None:
            return False
        parsed = parsed.ipv4_mapped or parsed
    return parsed.is_loopback


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, to be checked instead; None without one."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
