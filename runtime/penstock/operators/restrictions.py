"""
Keep a payment, a subscription, a payer or a gateway from moving money, and release it.

The functions' gate reads what is committed here, at most five seconds old. Calls under way end;
look-ups go on and facts are still recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.audit import Facts
from penstock.domain.operation import Operation, OperationState
from penstock.domain.payment import Payment
from penstock.domain.place import stamp
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.domain.subscription import Subscription
from penstock.errors import CommandRefused, LedgerConflict, OptionRefused, UnknownPayment
from penstock.operators.audited import Audited, said
from penstock.ports import Ledger, Restrictions

_PAGE = 50
_WRITES = 10
_LONGEST = 300
_ENTITIES = {
    RestrictionKind.payment: EntityKind.payment,
    RestrictionKind.subscription: EntityKind.subscription,
}
COMMANDS = {
    RestrictionKind.payment: "payments",
    RestrictionKind.subscription: "subscriptions",
    RestrictionKind.payer: "payers",
    RestrictionKind.gateway: "gateways",
}
"""The command group of each kind."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """
    What `restrict` found and did.

    Attributes:
        restriction: the one in force, which may have been put before; None in a dry run that
            would put the first, and where a repeated command's own was lifted since.
        anew: whether this command put it, or would.
        waiting: open operations of the entity itself that will not be submitted.
        under_way: those whose call is being made: it ends.
    """

    restriction: Restriction | None
    anew: bool
    waiting: tuple[Operation, ...] = ()
    under_way: tuple[Operation, ...] = ()

    @property
    def effect(self) -> str:
        """What the command did, in one line."""
        if self.anew:
            return "restricted"
        if self.restriction is None:
            return "was restricted before, and released since: nothing is done"
        return "was restricted already"


@dataclass(frozen=True, slots=True)
class Released:
    """
    What `release` found and did.

    Attributes:
        restriction: the one that was lifted, or would be; None where there was none.
        due: how many payments and subscriptions had held operations, which the sweep now sends.
        later: one that was put after the one that was meant; it and what it holds are left alone.
    """

    restriction: Restriction | None
    due: int
    later: Restriction | None = None

    @property
    def effect(self) -> str:
        """What the command did, in one line."""
        if self.later is not None:
            since = f"{self.later.in_force_since:%Y-%m-%d %H:%M:%S} UTC"
            return f"nothing is done: {self.later.actor} has restricted it again at {since}"
        if self.restriction is None and not self.due:
            return "not restricted: nothing to release"
        return f"released; {self.due} with held operations are sent by the sweep"


@dataclass(frozen=True, slots=True)
class Meant:
    """
    The restriction that a release is about.

    Attributes:
        since: when it was put; None for none: nothing was restricted.
    """

    since: datetime | None

    @classmethod
    def of(cls, restriction: Restriction | None) -> Meant:
        """That restriction."""
        return cls(restriction.since if restriction else None)

    @classmethod
    def read(cls, text: str) -> Meant:
        """What `text` gave."""
        return cls(datetime.fromisoformat(text) if text else None)

    @property
    def text(self) -> str:
        """The moment, or nothing."""
        return stamp(self.since) if self.since else ""


@dataclass(frozen=True, slots=True)
class Restrict:
    """`penstock payments|subscriptions|payers|gateways restrict`."""

    ledger: Ledger
    restrictions: Restrictions
    clock: Clock
    audited: Audited

    async def __call__(
        self,
        kind: RestrictionKind,
        value: str,
        because: str,
        *,
        since: datetime | None = None,
        dry_run: bool = False,
    ) -> Restricted:
        """
        Keep new calls that move or document money from being made.

        Args:
            since: when the command was first given; left out, now. Repeated with the same moment,
                it does not put again what another operator has lifted meanwhile.

        Raises:
            UnknownPayment: there is no payment or subscription of that id.
            CommandRefused: the reason or the value is none.
        """
        because, key = said(because), key_of(kind, value)
        if dry_run:
            known = await in_force(self.restrictions, key)
            return await self._seen(kind, value, known, anew=known is None)
        async with self.audited(f"{COMMANDS[kind]} restrict", [key], because) as trail:
            await self._entity(kind, value)
            now = self.clock.now()
            wanted = Restriction(kind, value, since or now, self.audited.actor, because, now)
            known = await self.restrictions.put(wanted)
            done = await self._seen(kind, value, known, anew=known == wanted)
            trail.effect = done.effect
            since_when: Facts = {"since": known.in_force_since.isoformat()} if known else {}
            trail.after = {"restricted": known is not None, **since_when}
            return done

    async def _seen(
        self, kind: RestrictionKind, value: str, known: Restriction | None, *, anew: bool
    ) -> Restricted:
        """How it stands now."""
        entity = await self._entity(kind, value)
        now = self.clock.now()
        waiting, under_way = list[Operation](), list[Operation]()
        for one in entity.operations if entity else ():
            begun = one.state is OperationState.submitting and one.leased(now)
            if one.open and one.kind in rules.RESTRICTABLE:
                (under_way if begun else waiting).append(one)
        return Restricted(known, anew, tuple(waiting), tuple(under_way))

    async def _entity(self, kind: RestrictionKind, value: str) -> Payment | Subscription | None:
        if kind not in _ENTITIES:
            return None
        found = await self.ledger.find(Ref(_ENTITIES[kind], value))
        if isinstance(found, Payment | Subscription):
            return found
        raise UnknownPayment(f"there is no {kind.value} of that id")


@dataclass(frozen=True, slots=True)
class Release:
    """`penstock payments|subscriptions|payers|gateways release`."""

    ledger: Ledger
    restrictions: Restrictions
    clock: Clock
    ids: Ids
    audited: Audited

    async def __call__(
        self,
        kind: RestrictionKind,
        value: str,
        because: str,
        *,
        meant: Meant | None = None,
        dry_run: bool = False,
        most: int | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Released:
        """
        Lift a restriction, and have the sweep send what it held.

        Killed on the way, it goes on where it was when it is run again.

        Args:
            meant: lift no other; left out, the one that is in force now.
            most: refuse where more payments and subscriptions than these are held, for a caller
                that cannot wait for all.
            progress: told how many payments and subscriptions were released so far.

        Raises:
            CommandRefused: the reason or the value is none, or there are more than `most`.
            LedgerConflict: one of them is written by many others; run it again.
        """
        because, key = said(because), key_of(kind, value)
        if dry_run:
            await self._refuse_more(kind, key, most)
            known = await in_force(self.restrictions, key)
            if meant is not None and known is not None and known.since != meant.since:
                return Released(None, 0, later=known)
            return Released(known, len(await self.restrictions.held(key, 10_000)))
        async with self.audited(f"{COMMANDS[kind]} release", [key], because) as trail:
            await self._refuse_more(kind, key, most)
            meant = meant or Meant.of(await in_force(self.restrictions, key))
            lifted = meant.since and await self.restrictions.lift(key, meant.since)
            later = None if lifted else await in_force(self.restrictions, key)
            if later is None:
                done = Released(lifted, await self._walk(key, progress))
            else:
                done = Released(None, 0, later)
            trail.effect = done.effect
            trail.after = {"restricted": later is not None, "due": done.due}
            return done

    async def _refuse_more(self, kind: RestrictionKind, key: str, most: int | None) -> None:
        if most is not None and len(await self.restrictions.held(key, most + 1)) > most:
            raise CommandRefused(
                f"more than {most} payments and subscriptions are held: release them by "
                f"`penstock {COMMANDS[kind]} release VALUE --because REASON`"
            )

    async def _walk(self, key: str, progress: Callable[[int], None]) -> int:
        due = 0
        while refs := await self.restrictions.held(key, _PAGE):
            for ref in refs:
                due += await self._due(ref)
                await self.restrictions.forget(key, ref)
                progress(due)
        return due

    async def _due(self, ref: Ref) -> int:
        """Make what is held of an entity due now; 1 if there was something."""
        for _ in range(_WRITES):
            entity = await self.ledger.find(ref)
            if entity is None or not rules.held(entity):
                return 0
            decided = rules.release(entity, now=self.clock.now(), new_id=self.ids.new)
            try:
                if decided is not None:
                    await self.ledger.commit(decided)
            except LedgerConflict:
                continue
            return 1
        raise LedgerConflict(f"other workers keep writing {ref}; run the command again")


async def in_force(restrictions: Restrictions, key: str) -> Restriction | None:
    """The restriction of that key, if there is one."""
    known: Sequence[Restriction] = await restrictions.list()
    return next((one for one in known if one.key == key), None)


def key_of(kind: RestrictionKind, value: str) -> str:
    """
    The restriction's key.

    Raises:
        OptionRefused: the value cannot be one.
    """
    if not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise OptionRefused(kind.value.upper(), f"has 1 to {_LONGEST} printable characters")
    return f"{kind.value}#{value}"
