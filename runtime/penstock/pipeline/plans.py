"""Plans: the gateways' plans, kept for a minute and asked for once, however many callers wait."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from penstock.api.context import Clock
from penstock.api.gateway import Gateway
from penstock.api.subscriptions import Plans
from penstock.domain.plan import PlanOffer, PlanStatus
from penstock.errors import GatewayUnavailable

KEPT = timedelta(minutes=1)
"""How long an answer is used."""
_SURE = timedelta(seconds=10)
"""How old an answer may be that says a plan does not exist: it may have been made just now."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan and the gateway that offers it."""

    gateway: str
    plan: PlanOffer


@dataclass(frozen=True, slots=True)
class Offers:
    """
    The plans that buyers can subscribe to.

    Attributes:
        unavailable: the gateways that gave no answer; their plans are missing.
    """

    plans: tuple[Offer, ...]
    unavailable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    at: datetime
    plans: tuple[PlanOffer, ...]


class PlanList:
    """The plans of all gateways that have any; one for each host."""

    def __init__(self, gateways: Mapping[str, Gateway], clock: Clock) -> None:
        self._gateways = gateways
        self._clock = clock
        self._answers: dict[str, _Answer] = {}
        self._asking: dict[str, asyncio.Task[_Answer]] = {}
        self._not_before: dict[str, datetime] = {}

    @property
    def gateways(self) -> list[str]:
        """The gateways that list plans."""
        return sorted(name for name, one in self._gateways.items() if isinstance(one, Plans))

    async def __call__(self, gateway: str | None = None) -> Offers:
        """
        All plans, whatever their status, by gateway; at most a minute old.

        Args:
            gateway: only the plans of this one, which must be one of `gateways`.

        Raises:
            GatewayUnavailable: no gateway gave an answer.
        """
        names = [gateway] if gateway is not None else self.gateways
        told = await asyncio.gather(*(self._of_or_why_not(name) for name in names))
        answers = {name: one for name, one in told if isinstance(one, _Answer)}
        away = {name: one for name, one in told if isinstance(one, GatewayUnavailable)}
        if away and not answers:
            # The one that may be back first; one that names no wait may be back now.
            raise min(away.values(), key=_wait)
        plans = (Offer(name, plan) for name, one in answers.items() for plan in one.plans)
        return Offers(tuple(plans), tuple(away))

    async def offers(self, gateway: str, plan: str) -> bool:
        """
        Whether a gateway has a plan that can be subscribed to.

        Raises:
            GatewayUnavailable: no answer.
        """
        for age in (KEPT, _SURE):
            answer = await self._of(gateway, age)
            if _active(answer.plans, plan):
                return True
        return False

    async def _of_or_why_not(self, gateway: str) -> tuple[str, _Answer | GatewayUnavailable]:
        try:
            return gateway, await self._of(gateway, KEPT)
        except GatewayUnavailable as exc:
            structlog.get_logger().warning("plans.unavailable", gateway=gateway)
            return gateway, exc

    async def _of(self, gateway: str, age: timedelta) -> _Answer:
        kept = self._answers.get(gateway)
        if kept is not None and self._clock.now() - kept.at < age:
            return kept
        asking = self._asking.get(gateway)
        if asking is None:
            asking = asyncio.ensure_future(self._asked(gateway))
            self._asking[gateway] = asking
            asking.add_done_callback(lambda done: self._answered(gateway, done))
        # Another caller may wait for the same answer when this one goes away.
        return await asyncio.shield(asking)

    async def _asked(self, gateway: str) -> _Answer:
        asked = self._gateways[gateway]
        at = self._clock.now()
        self._refuse_before(self._not_before.get(gateway, at), at)
        try:
            plans: Sequence[PlanOffer] = await asked.plans() if isinstance(asked, Plans) else ()
        except GatewayUnavailable as exc:
            if exc.retry_after is not None:
                self._not_before[gateway] = at + timedelta(seconds=exc.retry_after)
            raise
        return _Answer(at, tuple(plans))

    def _refuse_before(self, until: datetime, now: datetime) -> None:
        if now < until:
            wait = (until - now).total_seconds()
            raise GatewayUnavailable("the gateway named a wait for its plans", retry_after=wait)

    def _answered(self, gateway: str, done: asyncio.Task[_Answer]) -> None:
        del self._asking[gateway]
        if not done.cancelled() and done.exception() is None:
            self._answers[gateway] = done.result()


def _wait(away: GatewayUnavailable) -> tuple[bool, float | None]:
    return away.retry_after is not None, away.retry_after


def _active(plans: Sequence[PlanOffer], plan: str) -> bool:
    return any(one.id == plan and one.status is PlanStatus.active for one in plans)
