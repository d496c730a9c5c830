"""
Killed at any step, a checkout is captured once, told once, and ends.

Every call the stages make of the world is a step. The process dies before the call, or after it
has taken effect and before its answer arrives; then the request is repeated, the page is loaded
again, the notification and the message are handed out again, and the sweep comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from penstock.api import PaymentStatus
from penstock.domain.operation import OperationKind, OperationState
from penstock.errors import TransientError
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.till import DECLINED, LIFE


async def insist(store: Store, step: Callable[[], Awaitable[object]]) -> None:
    """Do it again until the process survives it."""
    for _ in range(8):
        try:
            await step()
        except Killed:
            store.clock.advance(30)
        except TransientError:
            store.clock.advance(30)
        else:
            return
    raise AssertionError("it never ended")


async def wind_down(store: Store, rounds: int = 4) -> None:
    """Queues and sweep by turns, over as many lives as it takes."""
    for _ in range(rounds):
        store.clock.advance(130)
        for one in (store.sweep, store.work, lambda: store.consume(store.verified, "process")):
            await insist(store, one)


async def by_return(store: Store) -> None:
    await insist(store, store.pay)
    store.till.approve()
    store.clock.advance(6)
    await insist(store, store.back)
    await insist(store, store.work)
    await wind_down(store)


async def by_notification(store: Store) -> None:
    await insist(store, store.pay)
    store.till.approve()
    try:
        await store.tell("approved")
    except Killed:
        # The queue hands the notification out again.
        store.clock.advance(60)
    await wind_down(store)


async def by_both(store: Store) -> None:
    await insist(store, store.pay)
    store.till.approve()
    store.clock.advance(6)
    await insist(store, store.back)
    try:
        await store.tell("approved")
    except Killed:
        store.clock.advance(60)
    await insist(store, store.work)
    try:
        await store.tell("completed", number=2)
    except Killed:
        store.clock.advance(60)
    await wind_down(store)


async def after_a_decline(store: Store) -> None:
    store.till.capture_answers = [DECLINED]
    await insist(store, store.pay)
    store.till.approve()
    store.clock.advance(6)
    await insist(store, store.back)
    await insist(store, store.work)
    await wind_down(store)
    # The buyer approves again, and comes back.
    await insist(store, store.back)
    await insist(store, store.work)
    await wind_down(store)


async def abandoned(store: Store) -> None:
    await insist(store, store.pay)
    store.clock.advance(LIFE.total_seconds() + 360)
    await wind_down(store)


LIVES: dict[str, tuple[Callable[[Store], Awaitable[None]], int]] = {
    "return": (by_return, 21),
    "notification": (by_notification, 30),
    "both": (by_both, 32),
    "declined": (after_a_decline, 38),
    "abandoned": (abandoned, 19),
}
"""Each life, and how many calls it makes in all."""
DEATHS = [
    (name, step, after)
    for name, (_, calls) in LIVES.items()
    for step in range(1, calls + 1)
    for after in (False, True)
]


@pytest.mark.parametrize(("name", "step", "after"), DEATHS)
async def test_a_checkout_killed_at_any_step_moves_its_money_once(
    name: str, step: int, after: bool
):
    live, _ = LIVES[name]
    store = Store(wrap=Dying(step, after=after))

    await live(store)

    held = await store.payment()
    moved = 0 if name == "abandoned" else 1
    status = PaymentStatus.expired if name == "abandoned" else PaymentStatus.succeeded
    assert (moved, {"C-1"}) == (len(store.till.moved), set(store.till.held))
    assert (status, moved, False) == (held.status, len(held.transactions), held.unsent)
    told = list(dict.fromkeys(await store.told()))
    last = "payment.expired" if name == "abandoned" else "payment.succeeded"
    assert last == told[-1]
    # A decline whose answer the process did not live to write down is asked for again.
    assert {last, *(["payment.declined"] if name == "declined" else [])} >= set(told)
    open_yet = [one.kind for one in held.operations if one.open]
    assert [] == [one for one in open_yet if one is not OperationKind.reread]
    assert not [one for one in await store.captures() if one.state is OperationState.unknown]


@pytest.mark.parametrize("name", LIVES)
async def test_the_steps_above_cover_every_call_of_a_whole_life(name: str):
    live, calls = LIVES[name]
    never = Dying(10_000, after=False)

    await live(Store(wrap=never))

    assert calls == 10_000 - never._left
