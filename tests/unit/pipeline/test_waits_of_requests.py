"""When a request to the API may be sent again, and which one is never sent again."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from structlog.testing import capture_logs

from penstock.api import NotSent, Subscribed, Unanswered
from penstock.domain.operation import OperationKind
from penstock.errors import GatewayUnavailable, NotShownYet, OperationInFlight, RequestRefused
from penstock.pipeline.plans import PlanList
from penstock.pipeline.subscribing import Subscribing
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.club import DOWN, Club, asked
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.world import LEASE, World

DAY = 24 * 3600


@pytest.mark.parametrize(("took", "wait"), [(0, 25), (7, 18), (24.5, 1), (25, 1), (60, 1)])
async def test_a_sign_up_in_doubt_is_to_be_repeated_when_its_lease_ends(took: float, wait: float):
    desk = Desk(Club(answers=[Unanswered("lost")]))
    desk.club.on_create = lambda: desk.clock.advance(took)

    with pytest.raises(GatewayUnavailable, match="lost") as lost:
        await desk.subscribe("key-1", asked())

    assert (25, wait) == (LEASE.total_seconds(), lost.value.retry_after)


@pytest.mark.parametrize(("took", "wait"), [(0, 25), (7, 18), (24.5, 1), (25, 1), (60, 1)])
async def test_a_checkout_in_doubt_is_to_be_repeated_when_its_lease_ends(took: float, wait: float):
    store = Store()

    async def lost(_: object) -> Unanswered:
        store.clock.advance(took)
        return Unanswered("lost")

    store.till.open_checkout = lost  # type: ignore[method-assign]  # it takes its time

    with pytest.raises(GatewayUnavailable, match="lost") as told:
        await store.pay()

    assert wait == told.value.retry_after


async def sign_up_again(desk: Desk) -> None:
    await desk.subscribe("key-1", asked())


async def test_a_repeat_while_another_is_at_it_says_for_how_long():
    desk = Desk(Club(answers=[Unanswered("lost")]))
    with pytest.raises(GatewayUnavailable):
        await sign_up_again(desk)
    desk.clock.advance(24)

    with pytest.raises(OperationInFlight, match="the subscription may still") as told:
        await sign_up_again(desk)
    assert 1 == told.value.retry_after
    desk.clock.advance(1)
    await sign_up_again(desk)

    assert 2 == len(desk.club.requests)


@pytest.mark.parametrize(("seconds", "sent"), [(3 * DAY - 1, 2), (3 * DAY, 1)])
async def test_a_lost_sign_up_is_sent_again_as_long_as_its_id_is_known_there(
    seconds: int, sent: int
):
    desk = Desk(Club(answers=[Unanswered("lost")]))
    with pytest.raises(GatewayUnavailable):
        await sign_up_again(desk)
    desk.clock.advance(seconds)

    with nullcontext() if sent > 1 else pytest.raises(RequestRefused):
        await sign_up_again(desk)

    assert sent == len(desk.club.requests)


async def test_a_sign_up_that_was_never_sent_is_sent_however_old_it_is():
    desk = Desk(wrap=lambda port: port)
    held = desk.ledger.commit
    commits = 0

    async def dies(decided: object) -> None:
        nonlocal commits
        commits += 1
        if commits > 1:
            raise ConnectionError
        await held(decided)  # type: ignore[arg-type]  # a change

    desk.ledger.commit = dies  # type: ignore[method-assign]  # its host dies after the reservation
    with pytest.raises(ConnectionError):
        await sign_up_again(desk)
    desk.ledger.commit = held  # type: ignore[method-assign]  # the next host
    desk.clock.advance(10 * DAY)

    await sign_up_again(desk)

    assert ["club-I-1"] == [(await desk.sign_up()).opened]


async def test_the_first_attempt_of_a_checkout_is_when_its_id_begins_to_age():
    store = Store()
    store.till.answers = [NotSent("later"), NotSent("later")]
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            await store.pay()
        store.clock.advance(60)
    operation = (await store.payment()).operation(OperationKind.checkout)

    assert operation is not None
    assert (store.clock.now().timestamp() - 120, 2) == (
        operation.began_at and operation.began_at.timestamp(),
        operation.attempts,
    )


@pytest.mark.parametrize("error", [DOWN, TimeoutError()])
async def test_a_subscription_that_is_opened_and_not_read_is_told_and_read_later(error: Exception):
    desk = Desk()
    desk.club.on_create = lambda: setattr(desk.club, "unavailable", error)

    with capture_logs() as logs:
        opened = await desk.subscribe("key-1", asked())

    assert "club-I-1" == opened.opened
    assert [(opened.id, type(error).__name__)] == [
        (line["entity"], line["because"])
        for line in logs
        if line["event"] == "subscription.read_later"
    ]


@pytest.mark.parametrize(("seconds", "given_up"), [(DAY - 1, False), (DAY, True)])
async def test_a_subscription_that_is_not_shown_is_asked_for_for_a_day(
    seconds: int, given_up: bool
):
    desk = Desk(Club(answers=[Subscribed("I-9", "https://club.test/approve/I-9")]))
    await sign_up_again(desk)
    held = await desk.sign_up()
    desk.clock.advance(seconds)

    if given_up:
        await desk.finish(held.ref)
    else:
        with pytest.raises(NotShownYet):
            await desk.finish(held.ref)

    follow = (await desk.sign_up()).operation(OperationKind.follow)
    assert given_up == (follow is None)


@pytest.mark.parametrize(
    ("gateways", "says"),
    [
        ({}, "use one of: none is configured here"),
        ({"acme": Acme()}, "use one of: none is configured here"),
        ({"acme": Acme(), "z": Club("z"), "b": Club("b")}, "use one of: b, z"),
    ],
)
@pytest.mark.parametrize("name", ["acme", "nobody"])
def test_a_gateway_without_subscriptions_is_refused_with_those_that_have_them(
    gateways: dict[str, Acme | Club], says: str, name: str
):
    world = World()
    stage = Subscribing(gateways, PlanList(gateways, world.clock))  # type: ignore[arg-type]  # in part

    with pytest.raises(RequestRefused) as refusal:
        stage.gateway(name)

    assert (says, "body.provider") == (refusal.value.detail, refusal.value.fields[0][0])
