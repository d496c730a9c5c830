"""Subscriptions from before Penstock, read from their gateway into the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum

from penstock.api import Gateway, ListsSubscriptions, Subscriptions, SubscriptionStatus
from penstock.bootstrap import Platform
from penstock.domain import rules
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.subscription import Access, Subscription, subscription_id
from penstock.errors import CommandRefused, Unconfirmable

_MOST_PAGES = 10_000


class Outcome(StrEnum):
    """What became of one subscription."""

    imported = "imported"
    known = "known"
    """The ledger has it already: nothing was asked or changed."""
    would_import = "would import"
    not_found = "not found"
    """The gateway knows none of that id."""
    unreadable = "unreadable"
    """The gateway shows something that we cannot read."""


@dataclass(frozen=True, slots=True)
class Imported:
    """
    One subscription, and what became of it.

    Attributes:
        because: why it could not be read.
    """

    id: str
    outcome: Outcome
    status: SubscriptionStatus | None = None
    access: Access | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """
    Reads subscriptions whole and commits them, each once.

    What the ledger has is left alone, so an import that was interrupted is resumed by running it
    again.

    Attributes:
        dry_run: read them, and commit nothing.
    """

    platform: Platform
    gateway: Gateway
    dry_run: bool = False

    async def __call__(self, reference: str) -> Imported:
        """
        Import one.

        Raises:
            GatewayUnavailable: no answer; run the import again.
            TransientError: the ledger or a topic gave none, likewise.
        """
        ref = Ref(EntityKind.subscription, subscription_id(self.gateway.name, reference))
        held = await self.platform.ledger.load(Subscription, ref.id)
        if held is not None:
            return Imported(ref.id, Outcome.known, held.status, held.access)
        try:
            return await (self._looked_at(ref, reference) if self.dry_run else self._made(ref))
        except Unconfirmable as exc:
            return Imported(ref.id, Outcome.unreadable, because=str(exc))

    async def _made(self, ref: Ref) -> Imported:
        learned = rules.Learned(imported=True)
        made = await self.platform.observe_subscription(ref, self.gateway.name, learned)
        if made is None:
            return Imported(ref.id, Outcome.not_found)
        await self.platform.finish.resume(made)
        return Imported(ref.id, Outcome.imported, made.status, made.access)

    async def _looked_at(self, ref: Ref, reference: str) -> Imported:
        gateway = self.gateway
        assert isinstance(gateway, Subscriptions)  # noqa: S101 - `importing` refuses any other
        seen = await gateway.read_subscription(reference, self.platform.world.clock.now())
        if seen is None:
            return Imported(ref.id, Outcome.not_found)
        return Imported(ref.id, Outcome.would_import, seen.status)


def importing(platform: Platform, name: str, *, dry_run: bool) -> Import:
    """
    An import from one gateway.

    Raises:
        CommandRefused: the stack has no such gateway, or its subscriptions cannot be read.
    """
    gateway = platform.gateways.get(name)
    if gateway is None:
        has = ", ".join(platform.gateways) or "none"
        raise CommandRefused(f"the stack has no gateway {name}; it has {has}")
    if not isinstance(gateway, Subscriptions):
        raise CommandRefused(f"{name} cannot be asked how a subscription stands")
    return Import(platform, gateway, dry_run)


async def listed(gateway: Gateway) -> AsyncIterator[str]:
    """
    The gateway's ids of all its subscriptions, each once.

    Raises:
        CommandRefused: the gateway lists none; says what to do.
        GatewayUnavailable: no answer.
    """
    seen: set[str] = set()
    for page in range(1, _MOST_PAGES):
        found = None
        if isinstance(gateway, ListsSubscriptions):
            found = await gateway.list_subscriptions(page)
        if found is None:
            raise CommandRefused(
                f"{gateway.name} does not list the subscriptions of this account: write their "
                "ids into a file, one a line, and give --file"
            )
        new = [one for one in found if one not in seen]
        if not new:
            return
        for one in new:
            yield one
        seen.update(new)


def written(lines: Iterable[str], gateway: str) -> list[str]:
    """The ids in a file, one a line, ours or the gateway's; # begins a comment."""
    ids = (line.partition("#")[0].strip().removeprefix(f"{gateway}-") for line in lines)
    return list(dict.fromkeys(one for one in ids if one))
