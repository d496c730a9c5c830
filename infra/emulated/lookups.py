"""What the program looks up in the account instead of making it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.emulated.kind import Clients
from infra.graph.values import Unrealisable

Lookup = Callable[[Clients, Mapping[str, Any]], Mapping[str, Any]]


def lookup(clients: Clients, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Answer a function of the provider.

    Raises:
        Unrealisable: no such function is known here, or what it looks for is not there.
    """
    if token not in LOOKUPS:
        raise Unrealisable(f"{token}: no handler knows this function")
    return LOOKUPS[token](clients, arguments)


def _caller_identity(clients: Clients, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    account = clients.account
    arn = f"arn:aws:iam::{account}:root"
    return {"id": account, "accountId": account, "arn": arn, "userId": account}


def _zone(clients: Clients, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(arguments["name"]).rstrip(".")
    zones = clients("route53").list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    for zone in zones:
        if zone["Name"].rstrip(".") == name:
            zone_id = zone["Id"].rsplit("/", 1)[-1]
            return {"id": zone_id, "zoneId": zone_id, "name": name}
    raise Unrealisable(f"there is no hosted zone {name}: create it, or correct the domain")


LOOKUPS: Mapping[str, Lookup] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:route53/getZone:getZone": _zone,
}
