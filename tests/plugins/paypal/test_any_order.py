"""A sale's history ends in the same state, in whatever order it is told."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import Money, PaymentStatus, Transaction
from penstock.domain.payment import Payment
from tests.depth import examples
from tests.plugins.paypal.histories import (
    History,
    Look,
    Moment,
    agrees,
    moved_by,
    payment_of_it,
    told,
)
from tests.plugins.paypal.platform import Platform

AMOUNTS = st.sampled_from([1, 10, 25, 40, 60, 100])
BEGIN = st.sampled_from(["pending", "completed"])
MOVES = st.one_of(
    st.tuples(
        st.just("send_back"),
        st.sampled_from(["REFUNDED", "REVERSED"]),
        AMOUNTS,
        st.sampled_from(["pending", "completed"]),
    ),
    st.tuples(
        st.just("go_on"),
        st.integers(0, 7),
        st.sampled_from(["completed", "failed"]),
        st.booleans(),
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Moment]:
    history = History(draw(st.booleans()))
    history.begin(draw(BEGIN))
    history.decide(draw(st.sampled_from(["completed", "completed", "denied"])))
    for name, *arguments in draw(st.lists(MOVES, max_size=8)):
        getattr(history, name)(*arguments)
    return history.moments


@st.composite
def tellings(draw: st.DrawFn, behind: int = 0) -> tuple[list[Moment], list[Look]]:
    """A history, and how it is told: late, in any order, some of it more than once."""
    moments = draw(histories())
    order = draw(st.permutations(range(2 * len(moments))))
    looks = list[Look]()
    for event in range(len(moments)):
        for copy in range(draw(st.integers(1, 2))):
            looks.append(
                Look(
                    event,
                    draw(st.integers(0, 4)),
                    order[2 * event + copy],
                    draw(st.integers(0, behind)),
                )
            )
    return moments, looks


def _restores_only_what_failed(moments: list[Moment], platform: Platform) -> None:
    """Money never comes back in the events because an old copy of the sale was shown."""
    states = {one["state"] for moment in moments for one in moment.shown.values()}
    if not states & {"failed", "cancelled"}:
        assert moved_by(platform, "payment.restored") == 0


def _state(payment: Payment) -> tuple[PaymentStatus, Money | None, bool, tuple[Transaction, ...]]:
    return payment.status, payment.refunded, payment.paid, payment.sent_back


def _in_order(moments: list[Moment]) -> list[Look]:
    return [Look(event, 0, event) for event in range(len(moments))]


@settings(max_examples=examples(60), deadline=None)
@given(telling=tellings())
def test_any_order_and_duplication_ends_in_the_same_state(
    telling: tuple[list[Moment], list[Look]],
) -> None:
    """
    And published gone less published restored is what is refunded, after every single delivery.
    """
    moments, looks = telling

    async def both() -> None:
        orderly = await told(moments, _in_order(moments))
        disorderly = await told(moments, looks)
        for platform in (orderly, disorderly):
            agrees(await payment_of_it(platform), platform)
            _restores_only_what_failed(moments, platform)

        expected, actual = await payment_of_it(orderly), await payment_of_it(disorderly)
        assert _state(expected) == _state(actual)
        assert expected.transaction == actual.transaction

    asyncio.run(both())


@settings(max_examples=examples(40), deadline=None)
@given(telling=tellings(behind=3))
def test_old_copies_of_the_sale_end_in_the_same_state_once_it_is_looked_at_afresh(
    telling: tuple[list[Moment], list[Look]],
) -> None:
    """
    PayPal's API may answer from a copy that is hours old.
    """
    moments, looks = telling

    async def both() -> None:
        orderly = await told(moments, _in_order(moments))
        disorderly = await told(moments, looks, closing=True)
        agrees(await payment_of_it(disorderly), disorderly)
        _restores_only_what_failed(moments, disorderly)

        assert _state(await payment_of_it(orderly)) == _state(await payment_of_it(disorderly))

    asyncio.run(both())
