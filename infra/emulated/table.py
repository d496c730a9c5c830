"""Every resource type the program uses, and what makes and deletes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.config.aws_keys import REACH
from infra.emulated import access, compute, messaging, names, storage, watching, web
from infra.emulated.kind import Clients, Inputs, Kind
from infra.graph.monitor import Made

PROVIDER_PROPERTIES = frozenset(
    [
        # How AWS is reached and as whom: an emulator has one address, and one who may do all.
        *REACH,
        "assumeRoles",
        "allowedAccountIds",
        "defaultTags",
        "endpoints",
        "region",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRequestingAccountId",
    ]
)


def _put_provider(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    """A provider is no thing in the account: its region is checked, its tags are passed on."""
    if inputs.get("region", clients.region) != clients.region:
        raise ValueError(f"its region is not the one being provisioned, {clients.region}")
    # A provider's configuration is all texts, JSON inside.
    accounts: str = inputs.get("allowedAccountIds") or "[]"
    refuse_another_account(clients, json.loads(accounts))
    return Made("provider", {})


def refuse_another_account(clients: Clients, allowed: Sequence[str]) -> None:
    """
    Make sure that the credentials are those of an account that is allowed; any, if none is named.

    Raises:
        ValueError: they are of another; names both.
    """
    if allowed and clients.account not in allowed:
        raise ValueError(
            f"the credentials are those of account {clients.account}, and penstock:accounts "
            f"allows {', '.join(allowed)} only: take others, or correct the key"
        )


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
