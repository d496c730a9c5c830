"""The merchant's plans at PayPal, all of them, with their prices."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.api import GatewayUnavailable, Log, PlanOffer, Unconfirmable
from penstock_paypal import shapes
from penstock_paypal.client.api import Api, path
from penstock_paypal.subscriptions.plan import UnknownPlan, offer, priced

PLANS = "/v1/billing/plans"
PLAN = f"{PLANS}/{{}}"
A_PAGE = 20
"""The most PayPal gives at once."""
MOST_PAGES = 50
_SIDE_BY_SIDE = 5


class PayPalPlans:
    """Lists them."""

    def __init__(self, api: Api, log: Log) -> None:
        self._api = api
        self._log = log

    async def list(self) -> Sequence[PlanOffer]:
        """
        All plans, whatever their status, in PayPal's order; at most 1000.

        A plan that means nothing to us is left out and logged (`paypal.plan_unreadable`).

        Raises:
            GatewayUnavailable: no answer.
        """
        try:
            return await self._offers(await self._listed())
        except Unconfirmable as exc:
            raise GatewayUnavailable(str(exc)) from exc

    async def of_product(self, product_id: str) -> Sequence[Mapping[str, Any]]:
        """
        The plans of one product, whole, whatever their status.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        listed = await self._listed(f"&product_id={product_id}")
        whole = [one if priced(one) else await self.show(str(one["id"])) for one in listed]
        return [one for one in whole if one is not None]

    async def show(self, plan_id: str) -> Mapping[str, Any] | None:
        """
        One plan in full; None where PayPal knows none of that id.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        answer = await self._api.read(path(PLAN, plan_id), "show plan")
        return answer.data if answer else None

    async def _listed(self, only: str = "") -> Sequence[Mapping[str, Any]]:
        """
        Every plan as the pages show it, each once.

        PayPal often leaves out the totals. So the end is a page without a new plan, or a short
        one that links to no next page. The links are not followed.
        """
        found: dict[str, Mapping[str, Any]] = {}
        for number in range(1, MOST_PAGES + 1):
            where = f"{PLANS}?page_size={A_PAGE}&page={number}{only}"
            answer = await self._api.read(where, "list plans", representation=True)
            page = shapes.sequence(answer.data.get("plans")) if answer else ()
            new = {named: shapes.mapping(one) for one in page if (named := _id(one))}
            if not new.keys() - found.keys():
                return list(found.values())
            found |= {named: one for named, one in new.items() if named not in found}
            more = _rels(answer.data if answer else {})
            if len(page) < A_PAGE and "next" not in more:
                return list(found.values())
        self._log.warning("paypal.plans_cut", pages=MOST_PAGES)
        return list(found.values())

    async def _offers(self, listed: Sequence[Mapping[str, Any]]) -> Sequence[PlanOffer]:
        """Each plan in full; after the first failure no further one is asked for."""
        room, failed = asyncio.Semaphore(_SIDE_BY_SIDE), asyncio.Event()

        async def whole(plan: Mapping[str, Any]) -> PlanOffer | None:
            async with room:
                if failed.is_set():
                    return None
                try:
                    return await self._offer(plan)
                except BaseException:
                    failed.set()
                    raise

        offers = await asyncio.gather(*map(whole, listed), return_exceptions=True)
        for one in offers:
            if isinstance(one, BaseException):
                raise one
        return [one for one in offers if isinstance(one, PlanOffer)]

    async def _offer(self, plan: Mapping[str, Any]) -> PlanOffer | None:
        shown: Mapping[str, Any] | None = plan
        if not priced(plan):
            shown = await self.show(str(plan["id"]))
        try:
            return offer(shown) if shown else None
        except UnknownPlan as exc:
            self._log.warning("paypal.plan_unreadable", plan=plan["id"], because=str(exc))
            return None


def _id(plan: object) -> str | None:
    return shapes.identity(plan, "id")


def _rels(page: Mapping[str, Any]) -> set[str | None]:
    return {shapes.text(link, "rel") for link in shapes.sequence(page.get("links"))}
