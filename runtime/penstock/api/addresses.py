"""
Which network addresses are public, so that a request to an address that somebody configured cannot
reach what only this network can.

A name is checked where it is connected to (`Http`, `public=True`): what it resolves to may change
between a check and the connection (DNS rebinding).
"""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

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
_LOCAL_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa")


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


def literal(host: str) -> str | None:
    """
    The IP address that a host of a URL stands for, without asking any name server; None for a name.

    Decimal, octal, hexadecimal and short forms are read as the C library reads them: 2130706433,
    0x7f.1 and 0177.0.0.1 are all 127.0.0.1.
    """
    with suppress(ValueError):
        return str(ip_address(host))
    with suppress(OSError, UnicodeError):
        return str(IPv4Address(socket.inet_aton(host)))
    return None


def may_be_public(host: str) -> bool:
    """Whether a host of a URL may be public: an address that is, or a name that may lead to one."""
    address = literal(host)
    if address is not None:
        return is_public(address)
    name = host.rstrip(".").lower()
    return "." in name and not any(name == one or name.endswith(f".{one}") for one in _LOCAL_NAMES)
