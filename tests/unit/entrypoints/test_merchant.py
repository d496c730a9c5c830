"""Plans and subscriptions on both hosts: `penstock serve`, and the function `merchant`."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock import contracts
from penstock.api import Invalid, NotSent, SubscriptionStatus, Unanswered
from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.money import Money
from penstock.domain.payment import Order, Payment, PaymentStatus, Transaction
from penstock.domain.subscription import PlanChange, Subscription
from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.http.message import Request
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.http.web import application
from penstock.errors import SettingsError
from penstock.settings import Function, Settings
from tests.unit.entrypoints.client import DOCUMENT, conforms
from tests.unit.entrypoints.hosts import HOSTS, Ask, Told, bearer
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import DOWN, NOON, Club

SENT: dict[str, Any] = {
    "provider": "club",
    "plan": "GOLD",
    "reference": "customer-42",
    "subscriber": {"given_name": "Ann", "surname": "Buyer", "email": "ann@example.org"},
}
JSON = ("Content-Type", b"application/json")
S = SubscriptionStatus


@pytest.fixture
def club() -> Club:
    return Club()


@pytest.fixture
def stand(club: Club) -> Stand:
    return Stand(club=club)


class Backend:
    """A merchant's backend: it has a token."""

    def __init__(self, ask: Ask, token: tuple[str, bytes]) -> None:
        self._ask = ask
        self._token = token

    async def get(self, path: str) -> Told:
        return await self._ask("GET", path, [self._token], b"")

    async def post(self, path: str, sent: Any, key: str | None = None) -> Told:
        headers = [self._token, JSON]
        if key:
            headers.append(("Idempotency-Key", key.encode()))
        return await self._ask("POST", path, headers, json.dumps(sent).encode())

    async def subscribe(self, key: str = "k-1", **changes: Any) -> Told:
        return await self.post("/subscriptions", {**SENT, **changes}, key)


@pytest.fixture(params=list(HOSTS))
async def backend(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    async with HOSTS[request.param](stand) as made:
        yield Backend(made, await bearer(stand))


@pytest.fixture
async def ask_as(stand: Stand) -> AsyncIterator[Callable[[str], Awaitable[Backend]]]:
    """A backend of a client of its own."""
    async with HOSTS["serve"](stand) as ask:

        async def made(client: str) -> Backend:
            ids, now = stand.world.ids, stand.clock.now()
            kept, text = mint("a test", ids, now, client=client)
            await stand.world.tokens.put(kept)
            return Backend(ask, ("Authorization", f"Bearer {text}".encode()))

        yield made


def problem(told: Told) -> tuple[int, str, list[str]]:
    """An error answer: its status, its kind, and the fields that it names."""
    assert "application/problem+json" == told.media
    fields = list(dict.fromkeys(one["field"] for one in told.json.get("errors", [])))
    return told.status, told.json["type"].removeprefix("urn:penstock:problem:"), fields


def shaped(told: Told, schema: str) -> Any:
    conforms(told, schema)
    return told.json


async def test_plans_are_listed_with_their_prices(backend: Backend):
    told = await backend.get("/plans")

    gold, old = shaped(told, "PlanList")["plans"]
    assert ("club", "GOLD", "active", "inactive") == (
        gold["provider"],
        gold["id"],
        gold["status"],
        old["status"],
    )
    assert [
        {
            "interval": {"unit": "month", "count": 1},
            "price": {"minor": 990, "currency": "EUR", "value": "9.90"},
            "trial": False,
            "cycles": 0,
        }
    ] == gold["cycles"]


async def test_plans_of_one_provider_and_of_one_that_has_none(backend: Backend):
    one, none = (
        await backend.get("/plans?provider=club"),
        await backend.get("/plans?provider=acme"),
    )

    assert 2 == len(one.json["plans"])
    assert (422, "no-subscriptions", ["query.provider"]) == problem(none)
    assert "use one of: club" == none.json["detail"]


async def test_plans_are_503_while_the_provider_is_down(backend: Backend, club: Club):
    club.unavailable = DOWN

    told = await backend.get("/plans")

    assert (503, "unavailable", []) == problem(told)
    assert "5" == told.headers["retry-after"]


async def test_plans_are_listed_warm_within_5_ms(stand: Stand):
    """In process, from request to answer, 20 plans: the median of 50."""
    assert stand.club is not None
    stand.club.offers = [replace(stand.club.offers[0], id=f"P-{n}") for n in range(20)]
    api, token = make_merchant(stand.platform), await bearer(stand)
    asked = Request("GET", "/plans", headers={"authorization": token[1].decode()})
    assert 200 == (await api(asked)).status

    times: list[float] = []
    for _ in range(50):
        began = time.perf_counter()
        await api(asked)
        times.append(time.perf_counter() - began)

    assert 0.005 > sorted(times)[25]


async def test_a_subscription_is_opened_and_found_again(backend: Backend, club: Club):
    opened = await backend.subscribe()

    said = shaped(opened, "SubscriptionOpened")
    assert (201, "club-I-1", "approval_pending", "https://club.test/approve/I-1") == (
        opened.status,
        said["id"],
        said["status"],
        said["approval_url"],
    )
    assert "subscriptions/club-I-1" == opened.headers["location"] == said["links"]["self"]
    shown = shaped(await backend.get("/subscriptions/club-I-1"), "Subscription")
    assert ("none", "customer-42", "https://club.test/approve/I-1") == (
        shown["access"],
        shown["reference"],
        shown["approval_url"],
    )
    assert "approval pending, nothing paid yet" == shown["summary"]
    found = shaped(await backend.get("/subscriptions?reference=customer-42"), "SubscriptionPage")
    assert ["club-I-1"] == [one["id"] for one in found["subscriptions"]]
    assert "https://pay.example.org/returns/" in club.requests[0].return_url


async def test_the_same_key_and_body_is_the_same_201(backend: Backend, club: Club):
    first, again = await backend.subscribe(), await backend.subscribe()

    assert (201, first.json, 1) == (again.status, again.json, len(club.requests))


async def test_two_clients_may_use_the_same_key(ask_as: Callable[[str], Awaitable[Backend]]):
    shop, app = await ask_as("shop"), await ask_as("app")

    first, other = await shop.subscribe(), await app.subscribe(reference="customer-43")

    assert ("club-I-1", "club-I-2") == (first.json["id"], other.json["id"])


async def test_no_answer_and_no_view_holds_the_e_mail_address(backend: Backend):
    answers = [
        await backend.subscribe(),
        await backend.get("/subscriptions/club-I-1"),
        await backend.get("/subscriptions?reference=customer-42"),
    ]

    assert [True] * 3 == [b"example.org" not in one.body for one in answers]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": ""}, "body.reference"),
        ({"reference": "x" * 128}, "body.reference"),
        ({"reference": "customer-ü"}, "body.reference"),
        ({"reference": "a\nb"}, "body.reference"),
        ({"plan": ""}, "body.plan"),
        ({"subscriber": {**SENT["subscriber"], "email": "none"}}, "body.subscriber.email"),
        ({"subscriber": {**SENT["subscriber"], "surname": ""}}, "body.subscriber.surname"),
        ({"card": "4111"}, "body"),
    ],
)
async def test_a_field_that_does_not_keep_to_the_contract_is_named_and_nothing_is_sent(
    backend: Backend, club: Club, changes: dict[str, Any], field: str
):
    told = await backend.subscribe(**changes)

    assert (400, "bad-request", [field]) == problem(told)
    assert [] == club.requests


async def test_a_reference_of_127_characters_is_taken(backend: Backend):
    assert 201 == (await backend.subscribe(reference="~" * 127)).status


async def test_a_key_is_needed(backend: Backend):
    told = await backend.post("/subscriptions", SENT)

    assert (400, "bad-request", ["header.Idempotency-Key"]) == problem(told)


@pytest.mark.parametrize("plan", ["NONE", "OLD"])
async def test_a_plan_that_is_not_offered_is_named_and_nothing_is_sent(
    backend: Backend, club: Club, plan: str
):
    told = await backend.subscribe(plan=plan)

    assert (422, "field-refused", ["body.plan"]) == problem(told)
    assert [] == club.requests


@pytest.mark.parametrize("provider", ["acme", "nobody"])
async def test_a_provider_without_subscriptions_is_answered_with_those_that_have_them(
    backend: Backend, provider: str
):
    told = await backend.subscribe(provider=provider)

    assert (422, "no-subscriptions", ["body.provider"]) == problem(told)
    assert "use one of: club" == told.json["detail"]


async def test_the_same_key_with_another_body_is_refused_and_nothing_is_sent(
    backend: Backend, club: Club
):
    await backend.subscribe()

    told = await backend.subscribe(reference="customer-43")

    assert (422, "key-reused", []) == problem(told)
    assert 1 == len(club.requests)


async def test_what_the_provider_does_not_take_is_named(backend: Backend, club: Club):
    club.answers = [Invalid("subscriber.email", "is not an address that the provider takes")]

    first, again = await backend.subscribe(), await backend.subscribe()

    assert (422, "field-refused", ["body.subscriber.email"]) == problem(first)
    assert first.json == again.json


@pytest.mark.parametrize(
    ("answer", "after"), [(NotSent("busy", 7), "7"), (Unanswered("lost"), "25")]
)
async def test_while_the_provider_is_down_it_is_503_and_the_same_key_resumes(
    backend: Backend, club: Club, stand: Stand, answer: Any, after: str
):
    club.answers, club.opens_before_answering = [answer], isinstance(answer, Unanswered)

    told = await backend.subscribe()
    stand.clock.advance(float(told.headers["retry-after"]))
    again = await backend.subscribe()

    assert (503, "unavailable", []) == problem(told)
    assert (after, 201, "club-I-1") == (
        told.headers["retry-after"],
        again.status,
        again.json["id"],
    )
    assert 1 == len({one.operation_id for one in club.requests})


async def test_an_unknown_subscription_is_404_whatever_is_asked(backend: Backend):
    answers = [
        await backend.get("/subscriptions/club-I-9"),
        await backend.get("/subscriptions/club-I-9/payments"),
        await backend.post("/subscriptions/club-I-9/cancel", {"reason": "x"}),
        await backend.post("/subscriptions/club-I-9/revise", {"plan": "GOLD"}),
    ]

    assert [(404, "no-such-subscription", [])] * 4 == [problem(one) for one in answers]


async def test_a_reference_that_nobody_has_is_an_empty_list(backend: Backend):
    told = await backend.get("/subscriptions?reference=none")

    assert {"subscriptions": [], "cursor": None} == told.json


async def subscribed(backend: Backend, club: Club) -> None:
    await backend.subscribe()
    club.become("I-1", S.active, at=NOON + timedelta(seconds=1))


async def test_it_is_suspended_resumed_and_cancelled(backend: Backend, club: Club):
    await subscribed(backend, club)

    told = [
        await backend.post(f"/subscriptions/club-I-1/{action}", {"reason": "on holiday"})
        for action in ("suspend", "resume", "cancel")
    ]

    assert ["suspended", "active", "cancelled"] == [
        shaped(one, "Subscription")["status"] for one in told
    ]
    assert ["../club-I-1", "payments"] == [told[0].json["links"][n] for n in ("self", "payments")]


@pytest.mark.parametrize("action", ["cancel", "suspend", "resume"])
async def test_what_the_status_does_not_allow_is_409_and_not_sent(
    backend: Backend, club: Club, action: str
):
    await subscribed(backend, club)
    club.become("I-1", S.cancelled, at=NOON + timedelta(minutes=1))

    told = await backend.post(f"/subscriptions/club-I-1/{action}", {"reason": "again"})

    assert (409, "subscription-state", []) == problem(told)
    assert "its status is cancelled" in told.json["detail"]
    assert [] == club.asked_to


@pytest.mark.parametrize("reason", ["", "x" * 129, "a\nb", None])
async def test_a_reason_has_1_to_128_characters(backend: Backend, club: Club, reason: Any):
    await subscribed(backend, club)

    told = await backend.post("/subscriptions/club-I-1/cancel", {"reason": reason})

    assert (400, "bad-request", ["body.reason"]) == problem(told)
    assert [] == club.asked_to


async def test_a_revision_answers_the_address_where_the_buyer_approves(
    stand: Stand, backend: Backend, club: Club
):
    await subscribed(backend, club)

    told = await backend.post(
        "/subscriptions/club-I-1/revise", {"plan": "GOLD", "reason": "pays by the year"}
    )

    said = shaped(told, "SubscriptionRevised")
    assert said["approval_url"].startswith("https://club.test/revise/I-1")
    held = await stand.world.ledger.load(Subscription, "club-I-1")
    assert held is not None
    assert PlanChange("GOLD", "pays by the year") == held.asked


async def paid(stand: Stand, name: str = "SALE7") -> None:
    """A payment of the subscription, in the ledger."""
    amount, now = Money(990, "EUR"), stand.clock.now()
    sale = Transaction(name, "sale", PaymentStatus.succeeded, amount, now)
    payment = Payment(
        id=f"club-{name}",
        gateway="club",
        order=Order(amount),
        status=PaymentStatus.succeeded,
        created_at=now,
        updated_at=now,
        transactions=(sale,),
        subscription="I-1",
        paid=True,
    )
    await stand.world.ledger.commit(change(None, payment, now=now, new_id=stand.world.ids.new))
    ref = (await held(stand)).ref
    learned = rules.Learned(payment=payment)
    await stand.platform.observe_subscription(ref, "club", learned)


async def held(stand: Stand) -> Subscription:
    found = await stand.world.ledger.load(Subscription, "club-I-1")
    assert found is not None
    return found


async def test_its_payments_are_listed(backend: Backend, club: Club, stand: Stand):
    await subscribed(backend, club)
    await paid(stand)

    told = await backend.get("/subscriptions/club-I-1/payments")

    (one,) = shaped(told, "PaymentPage")["payments"]
    assert ("club-SALE7", "../../payments/club-SALE7") == (one["id"], one["links"]["self"])


async def test_subscriptions_with_a_reference_are_read_to_their_end_by_pages(
    backend: Backend, club: Club
):
    for number in range(5):
        await backend.subscribe(f"k-{number}")

    pages: list[list[str]] = []
    cursor = ""
    while cursor is not None:
        told = await backend.get(f"/subscriptions?reference=customer-42&limit=2{cursor}")
        page = shaped(told, "SubscriptionPage")
        pages.append([one["id"] for one in page["subscriptions"]])
        cursor = page["cursor"] and f"&cursor={page['cursor']}"

    assert [["club-I-5", "club-I-4"], ["club-I-3", "club-I-2"], ["club-I-1"]] == pages


async def test_payments_of_a_subscription_are_read_to_their_end_by_pages(
    backend: Backend, club: Club, stand: Stand
):
    await subscribed(backend, club)
    for name in ("SALE7", "SALE8"):
        await paid(stand, name)

    first = shaped(await backend.get("/subscriptions/club-I-1/payments?limit=1"), "PaymentPage")
    rest = await backend.get(f"/subscriptions/club-I-1/payments?cursor={first['cursor']}")

    assert ["club-SALE8"] == [one["id"] for one in first["payments"]]
    assert (["club-SALE7"], None) == (
        [one["id"] for one in rest.json["payments"]],
        rest.json["cursor"],
    )


@pytest.mark.parametrize("path", ["?reference=customer-42&", "/club-I-1/payments?"])
async def test_a_cursor_that_is_none_of_ours_is_named(backend: Backend, club: Club, path: str):
    await subscribed(backend, club)

    told = await backend.get(f"/subscriptions{path}cursor=AAAA")

    assert (400, "bad-request", ["query.cursor"]) == problem(told)


async def test_access_is_that_of_the_moment_of_reading(backend: Backend, club: Club, stand: Stand):
    await subscribed(backend, club)
    await paid(stand)

    seen: list[tuple[str, str]] = []
    for days in (0, 30, 3):
        stand.clock.advance(days * 86_400)
        shown = (await backend.get("/subscriptions/club-I-1")).json
        seen.append((shown["access"], shown["summary"]))

    assert [
        ("active", "active, paid through 2 December 2026, 12:00 UTC"),
        ("grace", "active, payment due, access until 5 December 2026, 12:00 UTC"),
        ("ended", "active, access ended"),
    ] == seen


async def test_a_cancelled_one_says_until_when_there_is_access(
    backend: Backend, club: Club, stand: Stand
):
    await subscribed(backend, club)
    await paid(stand)

    told = await backend.post("/subscriptions/club-I-1/cancel", {"reason": "moved away"})

    assert ("active", "cancelled, access until 2 December 2026, 12:00 UTC") == (
        told.json["access"],
        told.json["summary"],
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/plans"),
        ("POST", "/subscriptions"),
        ("GET", "/subscriptions?reference=x"),
        ("GET", "/subscriptions/club-I-1"),
        ("GET", "/subscriptions/club-I-1/payments"),
        ("POST", "/subscriptions/club-I-1/cancel"),
        ("POST", "/subscriptions/club-I-1/suspend"),
        ("POST", "/subscriptions/club-I-1/resume"),
        ("POST", "/subscriptions/club-I-1/revise"),
    ],
)
@pytest.mark.parametrize("host", list(HOSTS))
async def test_a_token_is_needed(stand: Stand, host: str, method: str, path: str):
    async with HOSTS[host](stand) as ask:
        told = await ask(method, path, [JSON], b"{}")

    assert (401, "unauthorized", []) == problem(told)


class TestPublicAddress:
    @pytest.mark.parametrize(
        "url",
        ["https://pay.example.org", "https://pay.example.org/dev/", "http://127.0.0.1:8080"],
    )
    def test_an_address_that_buyers_can_return_to_is_taken(self, url: str):
        assert url.rstrip("/") == Settings.read({"PENSTOCK_API_URL": url}).public_url

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http://pay.example.org",
            "http://127.0.0.1.example.org",
            "ftp://x",
            "https://",
            "https://a@b.org",
            "https://pay.example.org?a=b",
            "pay.example.org",
        ],
    )
    def test_any_other_is_an_error_that_names_the_setting_and_not_the_value(self, url: str):
        with pytest.raises(SettingsError, match="PENSTOCK_API_URL") as told:
            _ = Settings.read({"PENSTOCK_API_URL": url}).public_url

        assert "example.org" not in str(told.value)

    @pytest.mark.parametrize("make", [application, make_merchant])
    async def test_no_host_starts_with_it_where_a_gateway_takes_subscriptions(self, make: Any):
        stand = Stand(club=Club(), environ={"PENSTOCK_API_URL": "http://pay.example.org"})

        with pytest.raises(SettingsError, match="PENSTOCK_API_URL"):
            make(stand.platform)

    def test_the_function_needs_it(self):
        names = {
            "PENSTOCK_LEDGER_TABLE": "t",
            "PENSTOCK_EVENTS_TOPIC_ARN": "a",
            "PENSTOCK_GATEWAYS": "club",
            "PENSTOCK_SECRETS_PREFIX": "p",
        }

        with pytest.raises(SettingsError, match="PENSTOCK_API_URL is missing"):
            Settings.read(names, Function.merchant)
        with pytest.raises(SettingsError, match="no address that buyers can return to"):
            Settings.read({**names, "PENSTOCK_API_URL": "http://x.org"}, Function.merchant)


def test_the_links_lead_from_the_sign_up_to_all_that_can_be_done_with_it():
    walked = DOCUMENT["paths"]["/subscriptions"]["post"]["responses"]["201"]["links"]
    operations = contracts.load().operations

    targets = {one["operationId"] for one in walked.values()}
    assert targets <= operations.keys()
    assert {
        "getSubscription",
        "cancelSubscription",
        "suspendSubscription",
        "listSubscriptionPayments",
    } <= targets
