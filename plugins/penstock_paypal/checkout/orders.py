"""Opening, reading and capturing orders at PayPal."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.api import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    CheckoutRequest,
    CheckoutSeen,
    Clock,
    Closed,
    Critical,
    Declined,
    GatewayUnavailable,
    Log,
    NotApproved,
    NotSent,
    OpenAnswer,
    Opened,
    Refused,
    Unanswered,
    Unconfirmable,
)
from penstock_paypal import shapes
from penstock_paypal.checkout import fields
from penstock_paypal.checkout.shown import ShownOrders, capture
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path
from penstock_paypal.client.refusal import in_doubt
from penstock_paypal.money.sales import Sales
from penstock_paypal.subscriptions.approval import ForeignLink, approval_url

ORDERS = "/v2/checkout/orders"
ORDER = f"{ORDERS}/{{}}"
LIFE = timedelta(hours=3)
"""
How long an order can be approved and captured: PayPal's default.

An order does not show it (developer.paypal.com/v5/checkout/uncaptured-payments).
"""
_CREATE, _CAPTURE, _SHOW = "create order", "capture order", "show order"
_LINKS = ("payer-action", "approve")


class Orders:
    """
    One order for each checkout, with one purchase unit.

    Args:
        origin: scheme and host of the pages on which buyers approve.
    """

    def __init__(self, api: Api, sales: Sales, origin: str, clock: Clock, log: Log) -> None:
        self._api = api
        self._sales = sales
        self._shown = ShownOrders(sales)
        self._origin = origin
        self._clock = clock
        self._log = log

    async def open(self, request: CheckoutRequest) -> OpenAnswer:
        """Create one; PayPal creates one for each operation id, within six hours."""
        wrong = fields.of_request(request)
        if wrong:
            return wrong
        sent = await self._api.act(
            ORDERS,
            _CREATE,
            fields.body(request),
            representation=True,
            request_id=request.operation_id,
        )
        if not isinstance(sent, Answer):
            return sent
        if not sent.ok:
            return fields.refused(sent) or _refusal(sent, _CREATE)
        reference = shapes.identity(sent.data, "id")
        try:
            address = approval_url(sent.data, self._origin, _LINKS)
        except ForeignLink as exc:
            # Fail closed: a buyer who is sent there types a password.
            self._log.warning("paypal.foreign_link", what=_CREATE, debug_id=sent.debug_id)
            return Refused(f"PayPal, {_CREATE}: {exc}")
        if reference is None or address is None:
            return Unanswered(f"PayPal, {_CREATE}: answered without an id or an approval link")
        made = shapes.moment(sent.data, "create_time") or self._clock.now()
        return Opened(reference, address, made + LIFE)

    async def read(self, reference: str, now: datetime) -> CheckoutSeen | None:
        """
        The order with its capture as it stands now; None where PayPal shows none.

        PayPal shows an order no longer that expired before the buyer approved it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us.
        """
        if not shapes.ID.fullmatch(reference):
            return None
        answer = await self._api.read(path(ORDER, reference), _SHOW, certain=True)
        if answer is None:
            return None
        try:
            made = capture(answer.data, now)
            current = await self._sales.show_capture(made.id, now) if made else None
            return self._seen(self._shown.read(answer.data, now, current), reference)
        except ValueError as exc:
            if shapes.identity(answer.data, "id") is None:
                raise GatewayUnavailable(f"PayPal, {_SHOW}: {exc}") from exc
            raise Unconfirmable(f"PayPal, {_SHOW}: {exc}") from exc

    async def capture(self, request: CaptureRequest) -> CaptureAnswer:
        """Capture an approved one; PayPal captures it once for each operation id."""
        if not shapes.ID.fullmatch(request.reference):
            return Refused("the checkout's id is none of PayPal's")
        where = path(f"{ORDER}/capture", request.reference)
        sent = await self._api.act(
            where, _CAPTURE, {}, representation=True, request_id=request.operation_id
        )
        if not isinstance(sent, Answer):
            return sent
        if sent.ok:
            try:
                seen = self._seen(
                    self._shown.read(sent.data, self._clock.now()), request.reference
                )
            except ValueError as exc:
                return Unanswered(f"PayPal, {_CAPTURE}: {exc}")
            return _captured(seen, request)
        if "ORDER_ALREADY_CAPTURED" in sent.issues:
            return await self._captured_before(request)
        return _not_captured(sent)

    async def _captured_before(self, request: CaptureRequest) -> CaptureAnswer:
        """The capture that is there already: read, before it is called a success."""
        try:
            seen = await self.read(request.reference, self._clock.now())
        except (GatewayUnavailable, Unconfirmable) as exc:
            return Unanswered(f"it is captured already, and cannot be read: {exc}")
        if seen is None:
            return Unanswered("it is captured already, and PayPal does not show it")
        return _captured(seen, request)

    def _seen(self, seen: CheckoutSeen, reference: str) -> CheckoutSeen:
        if seen.reference != reference:
            raise ValueError("another order than the one that was asked for")
        return seen


def _captured(seen: CheckoutSeen, request: CaptureRequest) -> CaptureAnswer:
    if seen.money is None:
        return Unanswered("PayPal shows no capture yet")
    if seen.payment_id != request.payment_id:
        return Critical("the capture's custom_id is not the payment's id")
    return Captured(seen)


def _not_captured(answer: Answer) -> CaptureAnswer:
    """What an answer to a capture means that is no success."""
    if in_doubt(answer):
        return _refusal(answer, _CAPTURE)
    if answer.absent:
        return Closed("PayPal does not show the order any more")
    issue = next((one for one in answer.issues if one in fields.CAPTURE_ISSUES), None)
    match fields.CAPTURE_ISSUES.get(issue or ""):
        case "declined":
            return Declined(str(issue))
        case "not approved":
            return NotApproved()
        case "closed":
            return Closed(str(issue))
        case _:
            return _refusal(answer, _CAPTURE)


def _refusal(answer: Answer, what: str) -> Refused | NotSent | Unanswered:
    because = f"PayPal, {what}: {answer.why}"
    if answer.denied or answer.throttled:
        return NotSent(because, answer.wait)
    return Unanswered(because) if in_doubt(answer) else Refused(because)
