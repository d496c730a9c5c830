"""Sales as they stand now, with what went back of them: one question, however often asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from penstock.api import (
    GatewayUnavailable,
    Log,
    NotYet,
    Observation,
    Transaction,
    Unconfirmable,
    is_own_payment,
)
from penstock_paypal import shapes
from penstock_paypal.client.api import Api, path
from penstock_paypal.money.origin import Origin, Origins
from penstock_paypal.money.refund import Refunds
from penstock_paypal.money.sale import Sale, Unreadable

_V1 = "/v1/payments/sale/{}"
_V2 = "/v2/payments/captures/{}"
_MOST = 20
_SIDE_BY_SIDE = 5


class Sales:
    """Reads them."""

    def __init__(self, api: Api, refunds: Refunds, activity_url: str, log: Log) -> None:
        self._api = api
        self._refunds = refunds
        self._origins = Origins(api, log)
        self._activity_url = activity_url
        self._log = log

    async def show(self, sale_id: str, fallback: datetime) -> Sale | None:
        """
        The sale; asked of v2 as a capture where v1 shows none. None where neither does.

        Args:
            fallback: when it happened, where PayPal does not say so.

        Raises:
            GatewayUnavailable: no answer, or none that is a sale.
            Unconfirmable: its state or amount means nothing to us.
        """
        for template, what in ((_V1, "show sale"), (_V2, "show capture")):
            if found := await self._read(template, what, sale_id, fallback):
                return found
        return None

    async def show_capture(self, capture_id: str, fallback: datetime) -> Sale:
        """
        The capture of an order, which PayPal shows.

        Raises:
            GatewayUnavailable: no answer, or PayPal does not show it yet.
            Unconfirmable: its state or amount means nothing to us.
        """
        found = await self._read(_V2, "show capture", capture_id, fallback)
        if found is None:
            raise GatewayUnavailable("PayPal does not show the order's capture yet")
        return found

    async def is_sale(self, identity: str) -> bool:
        """
        Whether v1 shows it as a sale: a capture of the merchant's other business is none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        return await self._api.read(path(_V1, identity), "show sale") is not None

    async def owner(self, capture_id: str, now: datetime) -> str | None:
        """
        Our id of the payment that a capture paid; None for the merchant's other business.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: its state or amount means nothing to us.
        """
        found = await self._read(_V2, "show capture", capture_id, now)
        return found.custom if found and is_own_payment(found.custom) else None

    async def origin(self, sale: Sale) -> Origin:
        """
        The sale's plan and payer.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that says nothing we know.
        """
        return await self._origins.of(sale)

    async def reread(
        self, sale_id: str | None, known: Sequence[Transaction], now: datetime
    ) -> Observation | NotYet:
        """
        The sale and every refund and reversal known of it, at most 20, newest first.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that says nothing we know.
        """
        sale = await self.show(sale_id, known[0].at if known else now) if sale_id else None
        if sale is None:
            return NotYet()
        steps = await self._steps([one for one in known if one.id != sale.id])
        return self.observation(sale, await self.origin(sale), steps)

    def observation(
        self,
        sale: Sale,
        origin: Origin,
        refunds: Sequence[Transaction] = (),
        checkout: str | None = None,
    ) -> Observation:
        """
        What the API holds of a payment, in our words.

        Args:
            checkout: the order that it was read from, where the sale does not name it.
        """
        reference = sale.custom or origin.custom
        return Observation(
            transaction=sale.transaction(),
            subscription=sale.agreement,
            plan=origin.plan,
            payer=origin.payer,
            # Of a checkout it is our own id of the payment, not the merchant's reference.
            reference=None if is_own_payment(reference) else reference,
            checkout=checkout or sale.order,
            links={"paypal": self._activity_url + sale.id},
            refunds=tuple(refunds),
            reason=sale.reason,
            hold=sale.hold,
            fee=sale.fee,
            net=sale.net,
            as_of=sale.as_of,
        )

    async def _read(
        self, template: str, what: str, identity: str, fallback: datetime
    ) -> Sale | None:
        answer = await self._api.read(path(template, identity), what)
        if answer is None:
            return None
        try:
            return Sale.of(answer.data, fallback)
        except Unreadable as exc:
            raise Unconfirmable(f"PayPal, {what}: {exc}") from exc
        except ValueError as exc:
            raise GatewayUnavailable(f"PayPal, {what}: {exc}") from exc

    async def _steps(self, known: Sequence[Transaction]) -> list[Transaction]:
        # Steps of our own making (what went back unattributed) have no id of PayPal's.
        named = [one for one in known if shapes.ID.fullmatch(one.id)]
        newest = sorted(named, key=lambda one: one.at, reverse=True)[:_MOST]
        room = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def read(step: Transaction) -> Transaction:
            async with room:
                return await self._step(step)

        read_again = await asyncio.gather(*map(read, newest), return_exceptions=True)
        for outcome in read_again:
            if isinstance(outcome, BaseException):
                raise outcome
        return [one for one in read_again if isinstance(one, Transaction)]

    async def _step(self, known: Transaction) -> Transaction:
        """The step as PayPal shows it now, or as it is known where PayPal shows it no longer."""
        try:
            refund = await self._refunds.show(known.id, known.at)
        except ValueError as exc:
            self._log.warning("paypal.refund_unreadable", refund=known.id, because=str(exc))
            return known
        return refund.transaction(known.kind) if refund else known
