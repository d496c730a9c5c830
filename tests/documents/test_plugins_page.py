"""The tutorial of docs/plugins.md works exactly as it is printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from penstock.adapters.http import AiohttpHttp
from penstock.adapters.memory import MemoryQueue
from penstock.api import Event, Money, Order
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.domain.payment import Payment
from penstock.pipeline.batch import Result, Status
from penstock.pipeline.orders import ChargeMessage
from penstock.plugins import load
from penstock.ports import Outgoing
from penstock.settings import Function, Settings
from penstock.testing import served
from penstock.testing.clock import FrozenClock
from penstock.testing.context import CountingIds
from tests.documents.tutorial import Reader, steps

KEY = "a signing key for tests"


@pytest.mark.slow
def test_the_tutorial_works_word_by_word(tmp_path: Path) -> None:
    """Files, data file, `plugins list`, and the kit after each step; then the types, strictly."""
    reader = Reader(tmp_path)

    said = list(reader.follow())

    wrong = [one.stdout[-3000:] + one.stderr for one in said if one.returncode]
    assert [] == wrong
    passed = [int(n) for one in said for n in re.findall(r" (\d+) passed", one.stdout)]
    webhooks, charges, sink = passed
    assert 30 < webhooks < charges < sink
    assert any("acmepay" in one.stdout for one in said)
    config = {"include": ["acme"], "typeCheckingMode": "strict"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    typed = reader.python("-m", "pyright", "--pythonpath", sys.executable)
    assert "0 errors, 0 warnings" in typed.stdout, typed.stdout


class Running:
    """A platform in memory with the tutorial's plugin, as one of its steps leaves it."""

    def __init__(self, api_url: str, key: str, http: AiohttpHttp) -> None:
        clock = FrozenClock()
        secrets = {"acmepay": {"signing_key": key}}
        self.world = MemoryWorld(
            clock=clock, ids=CountingIds(), http=http, sinks={"acmechat": None}, secrets=secrets
        )
        self.told = MemoryQueue(clock)
        self.world.topic("events").subscribe(self.told)
        environ = {
            "PENSTOCK_GATEWAYS": "acmepay",
            "PENSTOCK_SINKS": "acmechat",
            "PROVIDER_ACMEPAY_API_URL": api_url,
            "SINK_ACMECHAT_API_URL": api_url,
        }
        self.platform = Platform(Settings.read(environ), environ, load(["acme"]), self.world)

    async def take(self, body: bytes, signature: str) -> None:
        """A webhook comes, and is worked on to its end."""
        await self.platform.receive("acmepay", {"acme-signature": signature}, body)
        for function in (Function.verify, Function.process):
            await self.work(function)

    async def charge(self) -> None:
        """A payment is asked for, and worked on to its end."""
        message = ChargeMessage("pay-1", "acmepay", Order(Money(1250, "EUR")))
        await self.world.channel("payments").send(Outgoing(message.dumps(), "pay-1", "pay-1"))
        await self.work(Function.charge)

    async def work(self, function: Function, sink: str | None = None) -> None:
        """Work through what waits on a function's queue."""
        batch = self.platform.batch(function, sink)
        messages = await batch.inbox.receive(10, 0)
        done: list[Result] = await batch.run(messages, lambda: 60.0)
        assert {Status.done} >= {one.status for one in done}, done

    async def events(self) -> list[Event]:
        """What was published."""
        messages = await self.told.receive(10, 0)
        return [Event.loads(one.body) for one in messages]


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, Any]]:
    """Imports of the tutorial's package come from a folder, which its reader has written."""
    monkeypatch.syspath_prepend(tmp_path)
    yield {"reader": Reader(tmp_path)}
    for name in [one for one in sys.modules if one.partition(".")[0] == "acme"]:
        del sys.modules[name]


def imported(name: str) -> ModuleType:
    """A module of the tutorial."""
    import importlib

    return importlib.import_module(f"acme.{name}")


async def test_a_gateway_without_confirm_and_observe_records_a_webhook_and_moves_nothing(
    acme: Mapping[str, Any],
) -> None:
    """The table of step 2, for the gateway of step 1."""
    for language, content in [block for step in steps()[:2] for block in step]:
        if language != "sh":
            acme["reader"].write(content)
    http = AiohttpHttp(timeout=5.0)
    running = Running("https://api.acmepay.test", KEY, http)
    body = json.dumps({"id": "n-1", "type": "payment.paid", "payment": "p-1"}).encode()

    for _ in range(2):
        await running.take(body, imported("webhooks").signature(body, KEY))
    await http.aclose()

    (event,) = await running.events()
    assert "notification.recorded" == event.type
    assert "the gateway has no way to confirm it" == event.data["because"]
    assert event.data["confirmed"] is False
    assert await running.world.ledger.load(Payment, "acmepay-p-1") is None


async def test_a_gateway_that_observes_makes_a_payment_of_a_webhook_and_charges(
    acme: Mapping[str, Any], tmp_path: Path
) -> None:
    """The gateway, the sink and the simulator of the last step."""
    assert [] == list(acme["reader"].follow(running=False))
    simulator = imported("simulator").build(tmp_path)
    async with served(simulator) as playing:
        running = Running(playing.url, simulator.key, playing.http)
        body = json.dumps(imported("simulator").paid("payment.paid")).encode()

        await running.take(body, imported("webhooks").signature(body, simulator.key))
        await running.charge()
        await running.work(Function.deliver, "acmechat")

    first, second = await running.events()
    assert ("payment.succeeded", "payment.succeeded") == (first.type, second.type)
    assert 1 == len(simulator.charges)
    assert [first.cloud_event(), second.cloud_event()] == simulator.messages


def test_the_configuration_it_prints_names_what_it_registers() -> None:
    (printed,) = [content for step in steps() for kind, content in step if kind == "yaml"]

    assert {"gateways": ["acmepay"], "sinks": ["acmechat"]} == {
        kind: list(named) for kind, named in yaml.safe_load(printed).items()
    }


def test_the_names_of_the_kit_need_no_pytest_until_they_are_used() -> None:
    """
    Simulators import `penstock.testing`, too, and run where there is no pytest.
    """
    code = "import sys, penstock.testing.simulator; sys.exit('pytest' in sys.modules)"
    imported = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own interpreter

    assert 0 == imported.returncode


def test_every_name_that_the_kit_offers_is_there() -> None:
    import penstock.testing as kit

    assert all(hasattr(kit, name) for name in kit.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        kit.nothing_like_it  # noqa: B018 - looking it up is the test
