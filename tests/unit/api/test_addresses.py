"""Which addresses are public."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.addresses import is_public

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - refused
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "example.com",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_only_this_network_can_reach_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "54.240.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_what_everybody_can_reach_is_public(address: str):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_form_of_an_ipv4_address_inside_an_ipv6_address_is_public(
    address: ipaddress.IPv4Address,
):
    inside = int(address)
    for carrier in (0, 0xFFFF << 32, 0x64FF9B << 96, 0x2002 << 112 | inside << 80):
        assert not is_public(str(ipaddress.IPv6Address(carrier | inside)))
