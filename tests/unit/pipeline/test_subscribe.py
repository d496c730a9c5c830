"""Subscribe: one key opens one subscription, however often it is sent and whatever dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from penstock.api import Invalid, NotSent, PlanStatus, Refused, Subscribed, Unanswered
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.signup import SignUp, of_return_token, sign_up_id
from penstock.domain.subscription import SubscriptionStatus
from penstock.errors import (
    GatewayUnavailable,
    LedgerConflict,
    OperationInFlight,
    RequestRefused,
    TransientError,
)
from tests.unit.pipeline.club import ANN, DOWN, GOLD, Club, asked
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.test_kill import Dying, Killed


async def refused(desk: Desk, key: str = "key-1", **changes: object) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        await desk.subscribe(key, asked(**changes))
    return caught.value


async def test_a_sign_up_opens_a_subscription_and_publishes_that_it_was_created():
    desk = Desk()

    opened = await desk.subscribe("key-1", asked())

    assert ("club-I-1", "https://club.test/approve/I-1") == (
        opened.opened,
        opened.approval_url,
    )
    held = await desk.subscription()
    assert (SubscriptionStatus.approval_pending, "customer-12") == (
        held.status,
        held.seen.merchant_reference,
    )
    assert ["subscription.created"] == await desk.published()


async def test_the_same_key_and_request_is_the_same_subscription_and_asks_the_gateway_once():
    desk = Desk()

    first = await desk.subscribe("key-1", asked())
    again = await desk.subscribe("key-1", asked())

    assert (first.opened, first.approval_url) == (again.opened, again.approval_url)
    assert 1 == len(desk.club.requests)
    assert ["subscription.created"] == await desk.published()


async def test_two_clients_with_the_same_key_have_a_subscription_each():
    desk = Desk()

    one = await desk.subscribe("shop\0key-1", asked())
    other = await desk.subscribe("app\0key-1", asked())

    assert {"club-I-1", "club-I-2"} == {one.opened, other.opened}


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "customer-13"},
        {"subscriber": replace(ANN, email="other@example.org")},
        {"subscriber": replace(ANN, surname="Other")},
    ],
)
async def test_the_same_key_with_another_request_is_refused_and_nothing_is_sent(
    changes: dict[str, object],
):
    desk = Desk()
    await desk.subscribe("key-1", asked())

    told = await refused(desk, **changes)

    assert "key-reused" == told.kind.name
    assert 1 == len(desk.club.requests)


async def test_the_buyers_address_is_the_same_in_every_attempt_and_only_its_hash_is_kept():
    desk = Desk(Club(answers=[Unanswered("lost")]))
    with pytest.raises(GatewayUnavailable):
        await desk.subscribe("key-1", asked())
    desk.clock.advance(26)

    opened = await desk.subscribe("key-1", asked())

    first, second = desk.club.requests
    assert first == second
    assert f"{first.return_url}/cancelled" == first.cancel_url
    assert "Ann's" == first.brand
    token = first.return_url.removeprefix("https://pay.example.org/returns/")
    identity, secret = of_return_token(token)
    assert (opened.id, 32) == (identity, len(secret))
    held = await desk.sign_up()
    assert (None, True) == (held.return_secret, held.returns(secret, desk.clock.now()))


async def test_a_lost_answer_is_503_and_the_same_key_resumes_under_the_same_operation_id():
    desk = Desk(Club(answers=[Unanswered("lost")], opens_before_answering=True))

    with pytest.raises(GatewayUnavailable) as lost:
        await desk.subscribe("key-1", asked())
    with pytest.raises(OperationInFlight):
        await desk.subscribe("key-1", asked())
    desk.clock.advance(lost.value.retry_after or 0)
    opened = await desk.subscribe("key-1", asked())

    assert ("club-I-1", {"I-1"}) == (opened.opened, set(desk.club.held))
    assert 1 == len({one.operation_id for one in desk.club.requests})


async def test_what_was_certainly_not_sent_is_503_and_may_be_sent_again_at_once():
    desk = Desk(Club(answers=[NotSent("rate limit", 7)]))

    with pytest.raises(GatewayUnavailable) as told:
        await desk.subscribe("key-1", asked())
    opened = await desk.subscribe("key-1", asked())

    assert (7, "club-I-1") == (told.value.retry_after, opened.opened)


async def test_a_refused_field_is_named_and_the_same_key_gives_the_same_refusal():
    desk = Desk(Club(answers=[Invalid("subscriber.email", "is no address")]))

    first, again = await refused(desk), await refused(desk)

    assert ([("body.subscriber.email", "is no address")], "field-refused") == (
        list(first.fields),
        first.kind.name,
    )
    assert first.fields == again.fields
    held = await desk.sign_up()
    operation = held.operation(OperationKind.subscribe)
    assert operation is not None
    assert (OperationState.declined, 1) == (operation.state, len(desk.club.requests))


async def test_what_the_gateway_refuses_as_a_whole_works_under_the_same_key_once_mended():
    desk = Desk(Club(answers=[Refused("the account may not")]))

    told = await refused(desk)
    opened = await desk.subscribe("key-1", asked())

    assert ("provider-refused", "club-I-1") == (told.kind.name, opened.opened)


@pytest.mark.parametrize("plan", ["NONE", "OLD"])
async def test_a_plan_that_cannot_be_subscribed_to_is_named_and_nothing_is_sent_or_kept(
    plan: str,
):
    desk = Desk()

    told = await refused(desk, plan=plan)

    assert ("field-refused", "body.plan") == (told.kind.name, told.fields[0][0])
    assert [] == desk.club.requests
    assert await desk.ledger.load(SignUp, sign_up_id("key-1")) is None


async def test_a_plan_that_was_made_a_moment_ago_can_be_subscribed_to():
    desk = Desk()
    await desk.plans()
    desk.club.offers.append(replace(GOLD, id="NEW", status=PlanStatus.active))
    desk.clock.advance(11)

    opened = await desk.subscribe("key-1", asked(plan="NEW"))

    assert "club-I-1" == opened.opened


async def test_a_provider_without_subscriptions_is_refused_with_those_that_have_them():
    told = await refused(Desk(), gateway="example")

    assert ("no-subscriptions", "use one of: club") == (told.kind.name, told.detail)


async def test_a_lost_request_that_the_gateway_has_forgotten_is_never_sent_again():
    desk = Desk(Club(answers=[Unanswered("lost")]))
    with pytest.raises(GatewayUnavailable):
        await desk.subscribe("key-1", asked())
    desk.clock.advance(72 * 3600)

    told = await refused(desk)

    assert ("key-too-old", 1) == (told.kind.name, len(desk.club.requests))


async def test_an_old_key_whose_subscription_is_open_still_gives_its_answer():
    desk = Desk()
    first = await desk.subscribe("key-1", asked())
    desk.clock.advance(100 * 3600)

    again = await desk.subscribe("key-1", asked())

    assert first.opened == again.opened


async def test_a_subscription_that_cannot_be_read_yet_is_open_and_read_by_the_sweep():
    desk = Desk()
    desk.club.on_create = lambda: setattr(desk.club, "unavailable", DOWN)

    opened = await desk.subscribe("key-1", asked())
    desk.club.unavailable = None
    await desk.sweep()

    assert "club-I-1" == opened.opened
    assert SubscriptionStatus.approval_pending is (await desk.subscription()).status
    assert ["subscription.created"] == await desk.published()
    assert (await desk.sign_up()).due_at is None


async def test_a_subscription_that_the_gateway_does_not_show_yet_is_asked_for_again():
    desk = Desk(Club(answers=[Subscribed("I-9", "https://club.test/approve/I-9")]))

    await desk.subscribe("key-1", asked())

    follow = (await desk.sign_up()).operation(OperationKind.follow)
    assert follow is not None
    assert follow.open


async def test_requests_at_the_same_moment_open_one_subscription():
    desk = Desk()

    async def attempt() -> str | None:
        try:
            return (await desk.subscribe("key-1", asked())).opened
        except (LedgerConflict, OperationInFlight):
            return None

    desk.club.on_create = lambda: asyncio.sleep(0)
    told = await asyncio.gather(*(attempt() for _ in range(8)))

    assert "club-I-1" in told
    assert (1, 1) == (len(desk.club.requests), len(desk.club.held))
    assert "club-I-1" == (await desk.subscribe("key-1", asked())).opened


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 19))
async def test_killed_at_any_step_the_same_key_opens_one_subscription(step: int, after: bool):
    desk = Desk(wrap=Dying(step, after=after))

    opened = None
    for _ in range(6):
        try:
            opened = await desk.subscribe("key-1", asked())
            await desk.sweep()
        except Killed:
            pass
        except TransientError:
            desk.clock.advance(30)
    desk.clock.advance(120)
    await desk.sweep()

    assert opened is not None
    assert ("club-I-1", 1) == (opened.opened, len(desk.club.held))
    assert 1 == len({(one.operation_id, one.return_url) for one in desk.club.requests})
    assert ["subscription.created"] == list(dict.fromkeys(await desk.published()))
    assert (await desk.sign_up()).due_at is None


async def test_the_steps_above_cover_every_call_of_a_whole_life():
    never = Dying(10_000, after=False)
    desk = Desk(wrap=never)

    await desk.subscribe("key-1", asked())

    assert 18 >= 10_000 - never._left


async def test_an_abandoned_request_is_left_alone_by_the_sweep():
    desk = Desk(Club(answers=[Unanswered("lost")]))
    with pytest.raises(GatewayUnavailable):
        await desk.subscribe("key-1", asked())
    desk.clock.advance(3600)

    assert [] == await desk.sweep()
