"""
Settings that deployed functions could not use are refused: an address inside a network, or a file.

A plugin's schema says what a setting is by JSON Schema's own `format`: `uri` and `hostname` are
addresses that the plugin connects to, `file-path` is a file that it reads.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from infra.config.configured import Configured, Plugins
from infra.config.project import PROJECT
from infra.config.settings import StackSettings

_ROUTED = IPv6Network("2000::/3")
"""All IPv6 addresses that are routed on the internet (RFC 4291, 2.4)."""
_NO_PUBLIC_NAME = re.compile(
    r"(.*\.)?(localhost|local|internal|localdomain|home\.arpa|invalid|test|onion|alt)"
)
"""Names that the public DNS never has (RFC 6761, 6762, 7686, 8375, 9476; ICANN for internal)."""


def unreachable(settings: StackSettings, plugins: Plugins) -> Iterator[str]:
    """
    A line on each setting that names what no function reaches: its key, what it is, what to do.

    Gateways always run in functions; sinks do where functions consume the queues. Functions are in
    no VPC, and their file system is their zip.
    """
    used = [("gateways", one) for one in plugins.gateways.values()]
    if settings.enabled:
        used += [("sinks", one) for one in plugins.sinks.values()]
    for kind, one in used:
        for name, field in one.offer.settings.get("properties", {}).items():
            if because := _problem(one, name, field):
                yield f"{PROJECT}:{kind}.{one.name}.{name} {because}"


def _problem(one: Configured, name: str, field: Mapping[str, Any]) -> str | None:
    value = one.settings.get(name)
    if not value or not isinstance(value, str):
        return None
    formats = {part.get("format") for part in (field, *field.get("anyOf", ()))}
    if "file-path" in formats:
        return (
            "names a file, and functions have none of your files: remove it, or have a host of "
            f"your own deliver ({PROJECT}:consumers: serve)"
        )
    host = _host(value) if "uri" in formats else value if "hostname" in formats else None
    if host and not leads_out(host):
        return (
            "names a host on this machine or inside a network, which functions cannot reach: "
            f"name one that is on the internet{_example(field)}"
        )
    return None


def leads_out(host: str) -> bool:
    """
    Whether a host may be on the internet, as far as its text tells: what a name resolves to may
    still be private.

    Args:
        host: a name or an IP address in any form that resolvers take, such as 127.1 or 0x7f000001.
    """
    # As clients read them: full-width digits are digits, and an ideographic full stop is a dot.
    text = (
        unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip("[]").rstrip(".").lower()
    )
    try:
        address = ip_address(_dotted(text))
    except ValueError:
        # No name ends in a number: resolvers take what does for an address (WHATWG URL, 3.5).
        number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", text.rpartition(".")[2])
        return "." in text and not number and not _NO_PUBLIC_NAME.fullmatch(text)
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _ROUTED):
        return False
    return address.is_global and not address.is_multicast


def _dotted(text: str) -> str:
    """An IPv4 address in octal, in hexadecimal or cut short as four numbers; else the text."""
    try:
        return socket.inet_ntoa(socket.inet_aton(text))
    except OSError:
        return text


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _example(field: Mapping[str, Any]) -> str:
    return f", as in {field['examples'][0]}" if field.get("examples") else ""
