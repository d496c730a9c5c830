"""`penstock subscriptions import` against the simulated PayPal."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from penstock.bootstrap.memory import MemoryWorld
from penstock.domain.subscription import Access, Subscription, SubscriptionStatus
from penstock.entrypoints.cli.importing import Import, Outcome, importing, listed, written
from penstock.errors import CommandRefused, GatewayUnavailable
from penstock.testing.http import response
from penstock_paypal.subscriptions.listing import A_PAGE
from tests.plugins.paypal.machine.life import START, Life, beginning
from tests.plugins.paypal.machine.process import Process
from tests.plugins.paypal.simulator_billing.shop import MONTHLY
from tests.plugins.paypal.told import Told, problem

LIST = f"/v1/billing/subscriptions?page_size={A_PAGE}"


@pytest.fixture
async def life(sign: tuple[Any, Any]) -> AsyncIterator[Life]:
    """A PayPal with a paying subscriber of two weeks, and one who cancelled a year ago."""
    async with beginning(*sign, Counter[str]()) as life:
        await subscriber(life, "gone")
        await life.order("POST", f"subscriptions/{references(life)[0]}/cancel")
        await later(life, days=365)
        await subscriber(life, "here")
        await later(life, days=365 + 14)
        yield life


async def subscriber(life: Life, key: str) -> None:
    made = await life.sign_up(key, MONTHLY)
    assert made is not None
    reference = str(made.opened).removeprefix("paypal-")
    await life.order("POST", f"subscriptions/{reference}/approve", {"how": "pay"})


async def later(life: Life, **span: float) -> None:
    ahead = timedelta(**span).total_seconds()
    await life.order("PUT", "clock", {"ahead_seconds": ahead})


def references(life: Life) -> list[str]:
    return [one for one in life.books.subscriptions if not one.endswith("SIMULATED")]


def installed(life: Life) -> tuple[MemoryWorld, Process]:
    """Penstock, installed today."""
    world = MemoryWorld(
        clock=life.world.clock,
        ids=life.world.ids,
        http=life.world.http,
        sinks={"all": None},
        secrets={"paypal": life.told.secret},
    )
    return world, Process(world, life.told)


async def all_of(work: Import, life: Life) -> dict[str, Outcome]:
    return {one: (await work(one)).outcome for one in references(life)}


async def test_existing_subscriptions_are_read_whole_and_nothing_is_published(life: Life):
    world, process = installed(life)
    gone, here = references(life)[-2:]

    done = await all_of(importing(process.platform, "paypal", dry_run=False), life)

    paying = await world.ledger.load(Subscription, f"paypal-{here}")
    ended = await world.ledger.load(Subscription, f"paypal-{gone}")
    assert paying is not None
    assert ended is not None
    assert {Outcome.imported} == set(done.values())
    assert (SubscriptionStatus.active, Access.active) == (paying.status, paying.access)
    assert (SubscriptionStatus.cancelled, Access.ended) == (ended.status, ended.access)
    assert not [value for value in (await world.queues["sink-all"].depth()).values() if value]


async def test_an_import_that_is_run_again_changes_nothing(life: Life):
    world, process = installed(life)
    work = importing(process.platform, "paypal", dry_run=False)
    await all_of(work, life)
    before = [await world.ledger.load(Subscription, f"paypal-{one}") for one in references(life)]

    again = await all_of(work, life)

    assert {Outcome.known} == set(again.values())
    assert before == [
        await world.ledger.load(Subscription, f"paypal-{one}") for one in references(life)
    ]


async def test_an_import_that_got_no_answer_is_resumed(life: Life):
    _, process = installed(life)
    work = importing(process.platform, "paypal", dry_run=False)
    first, second = references(life)[-2:]
    await work(first)
    await life.order("POST", "faults", [{"path": "/v1/billing", "status": 503, "times": 1}])
    with pytest.raises(GatewayUnavailable):
        await work(second)

    assert (Outcome.known, Outcome.imported) == (
        (await work(first)).outcome,
        (await work(second)).outcome,
    )


async def test_a_dry_run_reads_and_commits_nothing(life: Life):
    world, process = installed(life)

    done = await all_of(importing(process.platform, "paypal", dry_run=True), life)

    assert {Outcome.would_import} == set(done.values())
    for one in references(life):
        assert await world.ledger.load(Subscription, f"paypal-{one}") is None


async def test_an_id_that_paypal_does_not_know_is_said(life: Life):
    _, process = installed(life)
    work = importing(process.platform, "paypal", dry_run=False)

    assert [Outcome.not_found] * 2 == [
        (await work("I-0000000000ZZ")).outcome,
        (await work("no id/at all")).outcome,
    ]


async def test_no_payment_from_before_the_import_is_made_ours(life: Life):
    world, process = installed(life)
    await all_of(importing(process.platform, "paypal", dry_run=False), life)
    life.world, life.process = world, process
    life.receive = process.platform.receive
    sales = set(life.books.sales)

    await life.until(START + timedelta(days=365 + 45))

    assert 1 == len(set(life.books.sales) - sales)
    types = Counter(event.type for event in life.events.values())
    assert (1, 1) == (types["payment.succeeded"], types["subscription.renewed"])


async def test_all_pages_of_the_list_are_read(life: Life):
    for number in range(A_PAGE + 3):
        await life.sign_up(f"more-{number}", MONTHLY)
    _, process = installed(life)

    found = [one async for one in listed(process.platform.gateways["paypal"])]

    assert sorted(references(life)) == sorted(found)
    assert len(found) > A_PAGE


@pytest.mark.parametrize("status", [403, 404])
async def test_an_account_without_the_list_is_told_to_give_a_file(life: Life, status: int):
    _, process = installed(life)
    await life.order("POST", "faults", [{"path": "/v1/billing", "status": status}])

    with pytest.raises(CommandRefused, match="--file"):
        [one async for one in listed(process.platform.gateways["paypal"])]


def test_a_file_holds_ids_of_paypal_or_ours_comments_and_copies():
    lines = ["I-1\n", "paypal-I-2  # the second\n", "\n", "# none\n", "I-1\n"]

    assert ["I-1", "I-2"] == written(lines, "paypal")


async def test_a_gateway_that_is_not_there_is_refused(life: Life):
    _, process = installed(life)

    with pytest.raises(CommandRefused, match="it has paypal"):
        importing(process.platform, "stripe", dry_run=False)


@pytest.mark.parametrize("status", [400, 404])
async def test_a_page_behind_the_last_one_that_is_not_found_ends_the_list(status: int):
    """
    A full last page says nothing of the next one, which PayPal may not know.
    """
    told = Told()
    page = [{"id": f"I-{number:012}"} for number in range(A_PAGE)]
    told.at(f"{LIST}&page=1", response(200, {"subscriptions": page}))
    told.at(f"{LIST}&page=2", problem(status, "INVALID_RESOURCE_ID"))

    assert A_PAGE == len([one async for one in listed(told.paypal)])


async def test_a_page_that_is_refused_ends_nothing():
    """
    Else an import would be short, and look complete.
    """
    told = Told()
    page = [{"id": f"I-{number:012}"} for number in range(A_PAGE)]
    told.at(f"{LIST}&page=1", response(200, {"subscriptions": page}))
    told.at(f"{LIST}&page=2", problem(403, "NOT_AUTHORIZED"))

    with pytest.raises(GatewayUnavailable):
        [one async for one in listed(told.paypal)]
