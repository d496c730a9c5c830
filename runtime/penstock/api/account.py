"""
What the command line does with a gateway's account, on behalf of a person.

A plugin registers one class for it beside its gateway (`penstock_register_accounts`); what the
class can do is read off the Protocols below. Functions never import it, and no zip carries it:
keep it in a folder `account` of the plugin's package.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from penstock.api.answers import Authenticity
from penstock.domain.delivery import Delivery


@dataclass(frozen=True, slots=True)
class CheckedWebhook:
    """
    The verdict on a kept webhook.

    Attributes:
        note: what else helps a person to understand the verdict; may be empty.
    """

    answer: Authenticity
    note: str = ""


@runtime_checkable
class ChecksWebhooks(Protocol):
    """Judges whether the gateway signed a webhook that a person kept in files."""

    async def check_webhook(
        self, delivery: Delivery, webhook_id: str, certificates: Mapping[str, bytes] | None
    ) -> CheckedWebhook:
        """
        Judge a delivery as of the moment it says it was received.

        Args:
            webhook_id: the gateway's id of the webhook it was sent to.
            certificates: PEM files by name, which are then all there is: nothing is downloaded,
                and none of them becomes a trusted root. None to download what is needed.
        """
        ...


class StepState(StrEnum):
    """What a set-up found or did."""

    present = "present"
    """It is there as it should be: nothing was done."""
    created = "created"
    changed = "changed"
    planned = "planned"
    """A dry run: it would be created or changed."""
    differs = "differs"
    """It is there and is not as it should be, and a person has to decide: nothing was done."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing that a set-up looked at.

    Attributes:
        what: the thing in words: `plan Tea monthly`.
        id: the gateway's id of it, if it has one yet.
        note: what was or would be done, or what differs and what to do.
        secret: fields that belong in the gateway's secret now.
    """

    what: str
    state: StepState
    id: str | None = None
    note: str = ""
    secret: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@runtime_checkable
class Finds(Protocol):
    """Needs the gateway's secret, and can find a part of it itself."""

    @property
    def finds(self) -> Sequence[str]:
        """The fields of the secret that set-up finds; a person need not give them."""
        ...


@runtime_checkable
class SetsUp(Protocol):
    """Prepares an account: the products and plans it sells, and the webhook."""

    def read_wanted(self, document: object) -> Any:
        """
        Read the wanted products and plans from a file's content.

        Raises:
            SettingsError: names the field and the remedy.
        """
        ...

    def set_up(
        self, wanted: Any, webhook_url: str | None, *, dry_run: bool
    ) -> AsyncIterator[Step]:
        """
        Create what is missing, one step after another. What is there is found again by its own
        fields, so a second run changes nothing.

        Args:
            wanted: what `read_wanted` returned.
            webhook_url: where webhooks must go; None to leave webhooks alone.
            dry_run: only look.

        Raises:
            GatewayUnavailable: no answer; run it again.
            SettingsError: the credentials do not work here, or the gateway refuses something.
        """
        ...

    def left(self) -> Sequence[str]:
        """What only a person can do at the gateway, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Permitted:
    """
    One thing that the gateway's credentials must be allowed to do.

    Attributes:
        granted: None if the answer does not tell.
        note: what the gateway answered, and what to do.
    """

    name: str
    granted: bool | None
    note: str = ""


@runtime_checkable
class ChecksPermissions(Protocol):
    """Asks the gateway, without any effect, which permissions our credentials have."""

    async def permissions(self) -> Sequence[Permitted]:
        """
        Ask for each permission.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here.
        """
        ...


@runtime_checkable
class RegistersWebhooks(Protocol):
    """Registers the address of webhooks at the gateway, and compares what is registered."""

    async def register_webhook(self, url: str, *, dry_run: bool) -> Step:
        """
        Register a webhook for exactly the events that are handled, or correct the one there is.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here, or the gateway refuses the address.
        """
        ...

    async def webhook_drift(self, url: str) -> Sequence[str]:
        """
        The differences between what the gateway has registered and what it needs, one line each.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here.
        """
        ...
