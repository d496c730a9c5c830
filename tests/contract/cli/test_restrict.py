"""`restrict` and `release`: the effect is told, in lines and as JSON, and what is refused."""

from __future__ import annotations

import json
import re

import pytest

from penstock.adapters.clock import SystemClock
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.cli.stack import Stack
from penstock.pipeline.gate import KNOWN_FOR
from tests.contract.cli.commands import penstock
from tests.contract.cli.ledger import NOON, keep

BECAUSE = ("--because", "the card was stolen")


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

    def test_what_is_released_during_the_wait_is_not_said_to_be_restricted(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ):
        async def another_operator(clock: SystemClock, seconds: float) -> None:
            other = stack.world()
            (one,) = await other.restrictions.list()
            assert "gateway#example" == one.key
            await other.restrictions.lift(one.key, one.since)
            await other.close()

        monkeypatch.setattr(SystemClock, "sleep", another_operator)
        done = penstock("gateways", "restrict", "example", *BECAUSE, "--wait", "1")

        assert "is not restricted: released meanwhile\n" == done.stdout

    def test_a_restriction_is_told_once_no_function_works_with_the_older_list(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ):
        waits: list[float] = []

        async def sleep(clock: SystemClock, seconds: float) -> None:
            waits.append(seconds)

        monkeypatch.setattr(SystemClock, "sleep", sleep)
        done = penstock("gateways", "restrict", "example", *BECAUSE, "--wait", "1")

        assert [KNOWN_FOR.total_seconds()] == waits
        assert "restricted: nothing new is submitted after 5 s\n" == done.stdout

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
