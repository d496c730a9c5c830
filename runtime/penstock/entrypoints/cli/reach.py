"""Whether a stack's API can be reached: its name, its certificate, its answer."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from penstock.api import GatewayUnavailable, Http

Reached = tuple[str, str, str | None]
"""What was looked at, what was found, and what to do if it is not well."""
_SECONDS = 10.0
_LEFT = timedelta(days=21)
"""ACM renews 60 days before the end; with less than this left it has failed."""


async def domain(url: str, now: datetime) -> Sequence[Reached]:
    """The name's addresses and certificate; nothing to look at where there is no TLS."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        return [("certificate", "none is needed here", None)]
    host, port = parts.hostname, parts.port or 443
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        todo = "look at the zone's records, and that the registrar names the zone's servers"
        return [("name", f"{host} has no address", todo)]
    kinds = sorted({"IPv6" if one[0] is socket.AF_INET6 else "IPv4" for one in found})
    named: Reached = ("name", f"{host} has {', '.join(kinds)}", None)
    return [named, await certificate(host, port, now)]


async def certificate(
    host: str, port: int, now: datetime, trust: ssl.SSLContext | None = None
) -> Reached:
    """The certificate that is shown for the name, and how long it is good."""
    trust = trust or ssl.create_default_context()
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=trust)
    except ssl.SSLCertVerificationError as exc:
        return (
            "certificate",
            exc.verify_message,
            "look at it in ACM: is it issued, for this name?",
        )
    except (OSError, TimeoutError):
        return ("certificate", "no TLS connection", "look at the domain name in API Gateway")
    shown = writer.get_extra_info("peercert")
    writer.close()
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    todo = None if until - now > _LEFT else "see in ACM why it was not renewed: its DNS record"
    return ("certificate", f"good until {until:%Y-%m-%d}", todo)


async def health(http: Http, url: str) -> Reached:
    """What GET /health answers."""
    todo = "look at the api function's log and its alarms"
    try:
        answer = await http.request("GET", f"{url}/health", timeout=_SECONDS)
    except GatewayUnavailable as exc:
        return ("api", f"no answer: {exc}", todo)
    return ("api", f"/health answered {answer.status}", None if answer.status == 200 else todo)
