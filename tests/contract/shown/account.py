"""The gateways of the contract's examples, scripted: one takes charges, PayPal does the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from penstock.api import (
    Authentic,
    Authenticity,
    BillingCycle,
    CaptureAnswer,
    CaptureRequest,
    CheckoutRequest,
    CheckoutSeen,
    Delivery,
    Interval,
    IntervalUnit,
    MalformedDelivery,
    Money,
    NotApproved,
    Notification,
    OpenAnswer,
    Opened,
    Payer,
    Pending,
    Plan,
    PlanOffer,
    PlanStatus,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    Revised,
    RouteAnswer,
    Routed,
    Standing,
    Subscribed,
    SubscriptionObservation,
    SubscriptionRequest,
    SubscriptionStatus,
    Succeeded,
)
from tests.unit.pipeline.club import Club

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICE = Money(1250, "USD")
MONTHLY = BillingCycle(Interval(IntervalUnit.month), PRICE)
TRIAL = BillingCycle(Interval(IntervalUnit.week, 2), Money(0, "USD"), trial=True, cycles=1)
YEARLY = BillingCycle(Interval(IntervalUnit.year), Money(12500, "USD"))
GOLD = Plan("P-5ML4271244454362WXNWU5NQ", "Gold")
OFFERS = [
    PlanOffer(
        GOLD.id, "Gold", PlanStatus.active, (TRIAL, MONTHLY), "Everything", Money(500, "USD")
    ),
    PlanOffer("P-2UF78835G6983425GLSM44AM", "Gold, yearly", PlanStatus.active, (YEARLY,)),
]
SUBSCRIPTION = "I-BW452GLLEP1G"
_PAYPAL = "https://www.paypal.com"


def shown(
    status: SubscriptionStatus = SubscriptionStatus.active, **rest: object
) -> SubscriptionObservation:
    """The subscription of the examples as PayPal holds it."""
    known = SubscriptionObservation(
        SUBSCRIPTION,
        status,
        NOON - timedelta(minutes=2),
        GOLD,
        (MONTHLY,),
        status_at=NOON - timedelta(minutes=2),
        as_of=NOON - timedelta(minutes=2),
        merchant_reference="customer-42",
        subscriber=Payer("2J6QB8YJQSJRJ", "Ann Buyer", "ann@example.org"),
        next_billing_at=datetime(2026, 4, 1, 10, tzinfo=UTC),
        outstanding=Money(0, "USD"),
    )
    return replace(known, **rest)


@dataclass
class Account(Club):
    """Subscriptions, checkouts and refunds, answered with the ids of the examples."""

    name: str = "paypal"
    offers: list[PlanOffer] = field(default_factory=lambda: list(OFFERS))
    checkout_keys_kept: float = 6 * 3600

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        return Authentic()

    def read(self, delivery: Delivery) -> Notification:
        raise MalformedDelivery("the examples only take webhooks in")

    async def revise_subscription(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> Revised:
        self.held[reference] = replace(self.held[reference], as_of=NOON + timedelta(minutes=2))
        token = "BA-4D945638RT"  # noqa: S105 - names an agreement, opens nothing
        return Revised(f"{_PAYPAL}/webapps/billing/subscriptions/update?ba_token={token}")

    async def open_checkout(self, request: CheckoutRequest) -> OpenAnswer:
        token = "5O190127TN364715T"  # noqa: S105 - names a checkout, opens nothing
        return Opened(token, f"{_PAYPAL}/checkoutnow?token={token}", NOON + timedelta(hours=3))

    async def read_checkout(self, reference: str, now: datetime) -> CheckoutSeen | None:
        return CheckoutSeen(reference, None, Standing.open)

    async def capture_checkout(self, request: CaptureRequest) -> CaptureAnswer:
        return NotApproved()

    def refund_window(self, path: str) -> timedelta:
        return timedelta(days=45)

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        return Routed("/v1/payments/sale/80021663DE681814L/refund")

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        return Succeeded("4CF18861HF410323U")

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        return Pending("4CF18861HF410323U")

    def _open(self, request: SubscriptionRequest) -> Subscribed:
        token = "BA-2M539689T3856352J"  # noqa: S105 - names an agreement, opens nothing
        url = f"{_PAYPAL}/webapps/billing/subscriptions?ba_token={token}"
        waiting = SubscriptionStatus.approval_pending
        self.held.setdefault(SUBSCRIPTION, shown(waiting, links={"approve": url}))
        return Subscribed(SUBSCRIPTION, url)
