"""Every resource type the program uses, and what makes and deletes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.emulated import access, compute, messaging, names, storage, watching, web
from infra.emulated.kind import Clients, Inputs, Kind
from infra.monitor import Made

PROVIDER_PROPERTIES = frozenset(
    [
        "allowedAccountIds",
        "defaultTags",
        "endpoints",
        "region",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
    ]
)


def _put_provider(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    """A provider is no thing in the account: its region is checked, its tags are passed on."""
    if inputs.get("region", clients.region) != clients.region:
        raise ValueError(f"its region is not the one being provisioned, {clients.region}")
    accounts = inputs.get("allowedAccountIds", [])
    # A provider's configuration is all texts, JSON inside.
    if accounts and clients.account not in accounts:
        raise ValueError("this is another account than those in penstock:accounts")
    return Made("provider", {})


def _drop_provider(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    pass


TABLE: Mapping[str, Kind] = {
    "pulumi:providers:aws": Kind(
        _put_provider,
        _drop_provider,
        PROVIDER_PROPERTIES,
    ),
    **access.KINDS,
    **compute.KINDS,
    **messaging.KINDS,
    **names.KINDS,
    **storage.KINDS,
    **watching.KINDS,
    **web.KINDS,
}
