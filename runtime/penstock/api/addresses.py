"""
Which network addresses are public, so that a request to an address that somebody configured cannot
reach what only this network can.

A name is checked where it is connected to (`Context.public_http`): what it resolves to may change
between a check and the connection (DNS rebinding).
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""RFC 4291, 2.4: all that is routed. Leaves out IPv4-mapped and NAT64 (64:ff9b::/96) addresses."""
_NOT_PUBLIC = (
    IPv6Network("2001::/23"),  # special purposes, Teredo among them, which carries an IPv4 address
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("2002::/16"),  # 6to4: carries an IPv4 address
    IPv4Network("192.0.0.0/24"),  # special purposes
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # Azure's own endpoint in every virtual network
)
"""What `is_global` takes for global in some or all versions of Python."""


def is_public(text: str) -> bool:
    """
    Whether an IP address is one that anybody on the internet can reach.

    Not public: private, loopback, link-local (cloud metadata among them), shared (CGNAT),
    multicast and reserved addresses, and every IPv6 address that carries an IPv4 address. What is
    no IP address is not public.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (
        address.scope_id is not None or address not in _GLOBAL_UNICAST
    ):
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _NOT_PUBLIC)
