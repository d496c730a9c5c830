"""One of each kind that the bill knows, acted out: what comes before it is not counted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from penstock.settings import Function
from tests.adapters.line import Line, Signed
from tests.adapters.metering import Meter

MERCHANT, API, CHARGE = Function.merchant, Function.api, Function.charge
PAYER = {
    "reference": "customer-0000000042",
    "name": "Maximiliane Musterfrau-Beispiel",
    "email": "maximiliane.musterfrau@example.com",
}
ORDER = {
    "amount": 12_345,
    "currency": "USD",
    "reference": "order-2026-11-0000000042",
    "description": "A book",
    "payer": PAYER,
}
SUBSCRIBER = {"given_name": "Maximiliane", "surname": "Musterfrau", "email": PAYER["email"]}


async def warm(made: Line) -> None:
    """What a sandbox does once: it gets its gateway's token, and trusts the caller's."""
    await made.tell("PUT", "clock", {"ahead_seconds": made.clock.ahead})
    await made.through((await made.signed())[0])
    await made.request(API, "GET /payments")
    await made.request(MERCHANT, "GET /plans")
    await made.tell("PUT", "registration", {"url": made.address})


async def act(kind: str, made: Line) -> None:
    """
    One of a kind; what it asked is in `made.asked`.

    Raises:
        ValueError: nothing is written down for that kind.
    """
    if kind in _BY_WEBHOOK:
        webhook = await _BY_WEBHOOK[kind](made)
        made.forget()
        await made.through(webhook)
    elif kind in _BY_REQUEST:
        await _BY_REQUEST[kind](made)
    else:
        raise ValueError(f"there is no way to make one of kind {kind}")


async def _sale(made: Line) -> Signed:
    return (await made.signed())[0]


async def _renewal(made: Line) -> Signed:
    first = await _sale(made)
    await made.through(first)
    agreement = json.loads(first[1])["resource"]["billing_agreement_id"]
    return (await made.signed(set={"resource.billing_agreement_id": agreement}))[0]


async def _duplicate(made: Line) -> Signed:
    first, again = await made.signed(copies=2, own_transmissions=True)
    await made.through(first)
    return again


async def _refund(made: Line) -> Signed:
    sale = await _sale(made)
    await made.through(sale)
    of_it = {"resource.sale_id": json.loads(sale[1])["resource"]["id"]}
    return (await made.signed(event_type="PAYMENT.SALE.REFUNDED", set=of_it))[0]


async def _recorded(made: Line) -> Signed:
    return (await made.signed(event_type="BILLING.PLAN.UPDATED"))[0]


async def _revised(made: Line) -> Signed:
    return (await made.signed(event_type="BILLING.SUBSCRIPTION.UPDATED"))[0]


async def _forged(made: Line) -> Signed:
    return (await made.signed(forge=True))[0]


async def _refused(made: Line) -> Signed:
    headers, body = (await made.signed())[0]
    return {k: v for k, v in headers.items() if k != "paypal-transmission-sig"}, body


_BY_WEBHOOK: Mapping[str, Callable[[Line], Awaitable[Signed]]] = {
    "sale": _sale,
    "renewal": _renewal,
    "duplicate": _duplicate,
    "refund": _refund,
    "recorded": _recorded,
    "revised": _revised,
    "forged": _forged,
    "refused": _refused,
}


async def _charge(made: Line) -> None:
    """A backend asks for a payment at a gateway that takes charges."""
    made.forget()
    await made.request(MERCHANT, "POST /payments", {"provider": "example", "order": ORDER})
    await made.work(CHARGE, "payments")
    await made.deliver()


async def _checkout(made: Line) -> None:
    """A buyer approves an order at PayPal, comes back, and looks at the page until it is paid."""
    made.forget()
    sent = {"provider": "paypal", "order": ORDER}
    opened = await made.request(MERCHANT, "POST /payments", sent)
    await _approved(made, opened)
    await made.work(CHARGE, "payments")
    await made.news()
    await made.deliver()


async def _subscription(made: Line) -> None:
    """A buyer signs up, approves at PayPal, comes back; PayPal's webhooks follow."""
    plans = (await made.request(MERCHANT, "GET /plans"))["plans"]
    plan = next(one["id"] for one in plans if one["provider"] == "paypal")
    made.forget()
    sent = {"provider": "paypal", "plan": plan, "reference": "c-42", "subscriber": SUBSCRIBER}
    opened = await made.request(MERCHANT, "POST /subscriptions", sent)
    await _approved(made, opened)
    await made.news()
    await made.deliver()


async def _approved(made: Line, opened: Mapping[str, Any]) -> None:
    token = await made.approve(opened["approval_url"])
    await made.request(MERCHANT, "GET /returns/{token}", token=token)
    await made.request(MERCHANT, "GET /returns/{token}/state", token=token)


async def _refunding(made: Line) -> None:
    """A backend gives a sale's money back, and PayPal's webhook tells of it."""
    sale = await _sale(made)
    await made.through(sale)
    payment = f"paypal-{json.loads(sale[1])['resource']['id']}"
    made.forget()
    path = "POST /payments/{id}/refunds"
    await made.request(API, path, {"reason": "returned"}, id=payment)
    await made.work(CHARGE, "payments")
    await made.news()
    await made.deliver()


async def _missed(made: Line) -> None:
    """The gap detector finds a sale whose webhook was lost: what that asks beside an idle run."""
    before = await idle(made)
    # PayPal writes whole seconds, and what is no newer than the last one moves no watermark.
    await made.tell("PUT", "clock", {"ahead_seconds": made.clock.ahead + 60})
    await made.tell("POST", "deliveries/faults", [{"lost": True, "times": 1}])
    await made.signed()
    made.forget()
    await made.compare()
    await made.work(Function.process, "verified")
    await made.deliver()
    run = made.asked[Function.gaps]
    run.counts.subtract(before.counts)


async def idle(made: Line) -> Meter:
    """The gap detector compares a list that holds nothing new; what that asks."""
    await made.compare()
    # What is younger than five minutes may be on its way; after that, it sees the sale of `warm`.
    made.clock.jump(600)
    await made.compare()
    made.forget()
    await made.compare()
    return made.asked[Function.gaps]


_BY_REQUEST: Mapping[str, Callable[[Line], Awaitable[None]]] = {
    "charge": _charge,
    "checkout": _checkout,
    "subscription": _subscription,
    "refunding": _refunding,
    "missed": _missed,
}
