"""`restrict` and `release`: the effect is told, in lines and as JSON, and what is refused."""

from __future__ import annotations

import asyncio
import json
import re
from threading import Thread

import pytest

from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.commands import penstock
from tests.contract.cli.ledger import NOON, keep

BECAUSE = ("--because", "the card was stolen")


def lift_once_restricted(stack: Stack, key: str) -> None:
    """What another operator does meanwhile."""

    async def lift() -> None:
        world = stack.world()
        for _ in range(200):
            for one in await world.restrictions.list():
                if one.key == key:
                    await world.restrictions.lift(key, one.since)
                    await world.close()
                    return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{key} was never restricted")

    asyncio.run(lift())


@pytest.mark.emulator
class TestRestrict:
    def test_a_payment_is_restricted_and_released_and_the_effect_is_told(self, stack: Stack):
        order = Order(Money(1250, "USD"))
        keep(stack, rules.accept("p-1", "example", order, now=NOON, new_id=lambda: "e-1"))
        dry = penstock("payments", "restrict", "p-1", *BECAUSE, "--dry-run")
        done = penstock("payments", "restrict", "p-1", *BECAUSE)
        again = penstock("payments", "restrict", "p-1", *BECAUSE, "--json")
        released = penstock("payments", "release", "p-1", *BECAUSE, "--json")
        nothing = penstock("payments", "release", "p-1", *BECAUSE)

        assert "would restrict: charge held, it was never sent\n" == dry.stdout
        assert "restricted: charge held, it was never sent\n" == done.stdout
        view = json.loads(again.stdout)
        assert (True, ["charge"]) == (view["restricted"], [one["kind"] for one in view["held"]])
        view = json.loads(released.stdout)
        assert (True, 0) == (view["was_restricted"], view["released"])
        assert "not restricted: nothing to release\n" == nothing.stdout
        commands = json.loads(penstock("audit", "list", "--json").stdout)["entries"]
        assert ["payments release"] * 2 + ["payments restrict"] * 2 == [
            one["command"] for one in commands
        ]

    def test_a_release_that_goes_on_leaves_a_later_restriction(self, stack: Stack):
        """
        The time is printed where a person sees it, also of a command that is stopped.
        """
        first = penstock("gateways", "restrict", "example", *BECAUSE)
        since = re.search(r"--since (\S+):", first.stderr)
        assert since
        penstock("gateways", "release", "example", *BECAUSE)
        again = penstock("gateways", "restrict", "example", *BECAUSE, "--since", since[1])
        waits = ("--since", since[1], "--wait", "9")
        waited = penstock("gateways", "restrict", "example", *BECAUSE, *waits)
        penstock("gateways", "restrict", "example", *BECAUSE)
        left = penstock("gateways", "release", "example", *BECAUSE, "--since", since[1])
        held = json.loads(penstock("gateways", "release", "example", *BECAUSE, "--json").stdout)

        assert "was restricted before, and released since: nothing is done\n" == again.stdout
        assert waited.stdout == again.stdout
        assert left.stdout.startswith("nothing is done: ")
        assert held["was_restricted"]

    @pytest.mark.slow
    def test_what_is_released_during_the_wait_is_not_said_to_be_restricted(self, stack: Stack):
        other = Thread(target=lift_once_restricted, args=(stack, "gateway#example"))
        other.start()
        done = penstock("gateways", "restrict", "example", *BECAUSE, "--wait", "1")
        other.join()

        assert "is not restricted: released meanwhile\n" == done.stdout

    @pytest.mark.parametrize(
        ("group", "value", "code"),
        [
            ("payments", "p-9", 4),
            ("subscriptions", "example-I-9", 4),
            ("gateways", "other", 4),
            ("gateways", "example", 0),
            ("payers", "c-1", 0),
        ],
    )
    def test_what_is_not_there_cannot_be_restricted(
        self, stack: Stack, group: str, value: str, code: int
    ):
        result = penstock(group, "restrict", value, *BECAUSE)

        assert code == result.exit_code, result.output

    def test_a_reason_is_needed(self, stack: Stack):
        assert 2 == penstock("gateways", "restrict", "example").exit_code
        assert 5 == penstock("gateways", "restrict", "example", "--because", " ").exit_code
