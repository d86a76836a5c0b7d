"""Which addresses may be connected to where somebody else names the host.

The blocks are listed here, as what ``ipaddress`` calls global differs between Python versions.
They follow the IANA registries of special-purpose addresses.
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
"""All public IPv6 addresses are in here; loopback, private, link-local, multicast ones are not."""
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
"""The public prefix of translators to IPv4; ``64:ff9b:1::/48`` is for private ones."""


def is_public(address: str) -> bool:
    """Whether an address can only mean a machine of the public internet."""
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
    """Whether an address may be that of a file storage that the tenant's own gateway names.

    That is a public one, or one of a private network, where storage is reached through endpoints
    of a cloud's customer. For URLs that anybody can write, :func:`is_public` is the rule.
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
    """The IPv4 address to which an IPv6 address leads, as which it is judged."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
