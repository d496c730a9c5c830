"""
What the alarms count in logs is what the runtime writes: the graph's own filters over real lines.

Each scene runs a stage in memory with the logging of a function, and says what must be counted of
all it wrote, by all filters on that function's log group. The lines of the API's access log are
made of the stage's own format, as API Gateway fills it in.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from infra.alarms import COUNTED
from infra.graph import capture
from infra.monitor import Declared
from infra.program import stack_config
from infra.rules.view import of
from penstock import contracts, observability
from penstock.api import (
    Confirmation,
    Critical,
    GatewayUnavailable,
    Notification,
    Unanswered,
)
from penstock.contracts import Checked
from penstock.entrypoints.handlers import Call, Handlers
from penstock.entrypoints.receive import build
from penstock.errors import InvoiceRefused
from penstock.ports import Outgoing
from penstock.testing.http import response
from tests.infra.filter_pattern import UnknownPattern, matcher, select
from tests.infra.stacks import STACKS
from tests.plugins.paypal.test_client import FOUND, SALE, SALE_PATH
from tests.plugins.paypal.told import TOKEN, Told, problem
from tests.unit.entrypoints import test_receive as receiving
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline import charging
from tests.unit.pipeline import test_verify as verifying
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World

Counts = Mapping[str, int]


@pytest.fixture(scope="session")
def served(bundles: Path) -> Sequence[Declared]:
    """A stack of prod's whose queues `penstock serve` consumes."""
    config = {**stack_config("prod"), "bundles": str(bundles), "consumers": "serve"}
    return capture("prod", config)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[str]]]:
    """What a function of prod has written to its log, with the logging that it really has."""
    handlers, level = logging.root.handlers, logging.root.level
    observability.configure("INFO", "prod")
    yield lambda: capsys.readouterr().out.splitlines()
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level


def counted(graph: Sequence[Declared], group: str, stack: str, written: Sequence[str]) -> Counts:
    """What the filters on a log group make of its lines, by metric."""
    found: Counter[str] = Counter()
    physical = of(graph, "LogGroup")[group]["name"]
    for one in of(graph, "LogMetricFilter").values():
        if physical != one["logGroupName"]:
            continue
        matches, to = matcher(one["pattern"]), one["metricTransformation"]
        for line in filter(matches, written):
            # CloudWatch drops a value whose dimension the line does not have.
            named = {n: select(s, json.loads(line)) for n, s in to["dimensions"].items()}
            assert {"Stack": stack} == named, line
            found[to["name"]] += int(to["value"])
    return found


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


async def notify(world: World, *given: Notification) -> None:
    for one in given or (notification(),):
        await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    await world.consume(world.verified, world.process)


async def forged() -> None:
    world = World()
    await verifying.arrive(world, sig="forged")
    await world.consume(world.deliveries, world.verify)


async def authentic() -> None:
    world = World()
    await verifying.arrive(world)
    await world.consume(world.deliveries, world.verify)


async def two_bodies_under_one_transmission() -> None:
    first = notification(transmission="t")
    other = notification("WH-2", transmission="t", delivery_id="d-2", body=b"[]")
    await notify(World(), first, other)


async def paid_and_invoiced() -> None:
    await notify(World())


async def invoice_not_answered() -> None:
    await notify(World(Acme(create_answers=[Unanswered("timeout")])))


async def invoice_not_recorded() -> None:
    await notify(World(Acme(on_record=failing(GatewayUnavailable("away")))))


async def invoice_never_recorded() -> None:
    await notify(World(Acme(on_record=failing(InvoiceRefused("never")))))


async def invoice_not_sent() -> None:
    await notify(World(Acme(on_send=failing(GatewayUnavailable("away")))))


async def swept_invoice_not_recorded() -> None:
    """Neither its sending nor, when the sweep had sent it, its record is answered."""
    world = World(Acme(on_send=failing(GatewayUnavailable("away"))))
    await notify(world)
    world.acme.on_send = lambda: None
    world.acme.on_record = failing(GatewayUnavailable("away"))
    world.clock.advance(3600)
    await world.sweep()


async def charge_not_answered() -> None:
    world = World(Acme(answers=[Unanswered("timeout")]))
    await charging.send(world)
    await world.consume(world.payments, world.charge)


async def charge_broke() -> None:
    world = World(Acme(answers=[Critical("broke")]))
    await charging.send(world)
    await world.consume(world.payments, world.charge)


async def charged() -> None:
    world = World()
    await charging.send(world)
    await world.consume(world.payments, world.charge)


@dataclass
class AsksPayPal(Acme):
    """Acme, but what a sale is PayPal's own plugin asks."""

    name: str = "paypal"
    told: Told = field(
        default_factory=lambda: Told(log=structlog.get_logger().bind(plugin="paypal"))
    )

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        return await self.told.paypal.confirm(notification, now)


async def _paypal(*answers: Any, token: Any = None) -> None:
    acme = AsksPayPal()
    acme.told.at(SALE_PATH, *answers)
    if token is not None:
        acme.told.http.answers[TOKEN] = token
    one = replace(notification(), gateway="paypal", entity=f"paypal-{SALE}")
    await notify(World(acme), one)


async def rate_limited() -> None:
    await _paypal(problem(429), FOUND)


async def rate_limit_reached() -> None:
    await _paypal(problem(400, "RATE_LIMIT_REACHED"))


async def token_rate_limited() -> None:
    await _paypal(FOUND, token=response(429, {}))


async def denied() -> None:
    await _paypal(problem(403, "PERMISSION_DENIED"))


async def client_refused() -> None:
    await _paypal(FOUND, token=response(401, {"error": "invalid_client"}))


async def refused_by_paypal() -> None:
    await _paypal(problem(422, "SOME_ISSUE"))


@dataclass(frozen=True)
class Scene:
    """Which function runs, what happens, and what must be counted of its log."""

    function: str
    play: Callable[[], Awaitable[None]]
    expected: Counts

    @property
    def id(self) -> str:
        return f"{self.function}-{self.play.__name__}"


UNKNOWN = {"OperationsUnknown": 1}
SCENES = (
    Scene("verify", forged, {"DeliveriesRejected": 1}),
    Scene("verify", authentic, {}),
    Scene("process", two_bodies_under_one_transmission, {"DeliveriesRejected": 1}),
    Scene("process", paid_and_invoiced, {}),
    Scene("process", invoice_not_answered, UNKNOWN),
    Scene("process", invoice_not_sent, UNKNOWN),
    # Whose step was not answered is unknown, too.
    Scene("process", invoice_not_recorded, {"InvoicesUnrecorded": 1, **UNKNOWN}),
    Scene("process", invoice_never_recorded, {"InvoicesUnrecorded": 1}),
    Scene("sweep", swept_invoice_not_recorded, {"InvoicesUnrecorded": 1, "OperationsUnknown": 2}),
    Scene("process", rate_limited, {"RateLimited": 1}),
    Scene("process", rate_limit_reached, {"RateLimited": 1}),
    Scene("process", token_rate_limited, {"RateLimited": 1}),
    Scene("process", refused_by_paypal, {}),
    Scene("process", denied, {"GatewayDenied": 1}),
    Scene("process", client_refused, {"GatewayDenied": 1}),
    Scene("charge", charge_not_answered, UNKNOWN),
    Scene("charge", charge_broke, UNKNOWN),
    Scene("charge", charged, {}),
)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
async def test_what_happens_is_counted_once_and_nothing_else_is(
    graphs: Mapping[str, Sequence[Declared]], lines: Callable[[], list[str]], scene: Scene
) -> None:
    await scene.play()
    written = lines()

    assert written
    for stack in STACKS:
        of_it = [line.replace('"prod"', f'"{stack}"') for line in written]
        assert scene.expected == counted(graphs[stack], scene.function, stack, of_it)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
async def test_of_a_host_of_ones_own_the_same_is_counted(
    served: Sequence[Declared], lines: Callable[[], list[str]], scene: Scene
) -> None:
    await scene.play()

    assert scene.expected == counted(served, "serve", "prod", lines())


async def test_what_a_host_of_ones_own_takes_in_is_counted(
    served: Sequence[Declared], lines: Callable[[], list[str]]
) -> None:
    stand = Stand()
    taken = Call(Checked({"gateway": "acme"}, None), {"sig": "good"}, b"{}")
    await Handlers(stand.platform, contracts.load()).receive_webhook(taken)

    assert {"DeliveriesReceived": 1} == counted(served, "serve", "prod", lines())


def test_all_that_functions_log_is_counted_for_a_host_of_ones_own(
    graphs: Mapping[str, Sequence[Declared]], served: Sequence[Declared]
) -> None:
    (group,) = [g for name, g in of(served, "LogGroup").items() if name == "serve"]
    by_group = [
        one["metricTransformation"]["name"]
        for one in of(served, "LogMetricFilter").values()
        if one["logGroupName"] == group["name"]
    ]

    assert ("/penstock/prod/serve", 90) == (group["name"], group["retentionInDays"])
    assert set(COUNTED) == set(by_group)
    assert "serve" not in of(graphs["prod"], "LogGroup")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (receiving.webhook(), {"DeliveriesReceived": 1}),
        (receiving.webhook(headers={}), {}),
        (receiving.webhook(b'"' + b"x" * 64 + b'"'), {}),
        (receiving.webhook(gateway="nobody"), {}),
    ],
    ids=["kept", "header missing", "too large", "nobody's"],
)
def test_what_comes_in_at_the_door_is_counted_once_it_is_kept(
    graphs: Mapping[str, Sequence[Declared]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    event: Mapping[str, Any],
    expected: Counts,
) -> None:
    (tmp_path / "_plugins.json").write_text(json.dumps({"plugins": [receiving.DATA_FILE]}))
    environ = {**receiving.ENVIRON, "LOG_LEVEL": "INFO", "PENSTOCK_STACK": "prod"}
    build(environ, tmp_path, lambda arn: receiving.Topic())(event)
    written = capsys.readouterr().out.splitlines()

    assert written
    assert expected == counted(graphs["prod"], "receive", "prod", written)


def answered(graph: Sequence[Declared], **context: str) -> str:
    """A line of the access log; API Gateway writes - for what it does not know [aws]."""
    (stage,) = of(graph, "Stage").values()
    known = {name.replace("_", "."): value for name, value in context.items()}
    form = stage["accessLogSettings"]["format"]
    return re.sub(r"\$context\.([\w.]+)", lambda found: known.get(found[1], "-"), form)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"status": "413", "routeKey": "POST /webhooks/{gateway}"}, {"WebhooksTooLarge": 1}),
        ({"status": "413"}, {"WebhooksTooLarge": 1}),
        ({"status": "413", "routeKey": "POST /payments"}, {}),
        ({"status": "202", "routeKey": "POST /webhooks/{gateway}"}, {}),
        ({"status": "429"}, {}),
    ],
    ids=["ours", "the API's own", "of a payment", "taken", "too many"],
)
@pytest.mark.parametrize("stack", STACKS)
def test_a_webhook_too_large_is_counted_whoever_refused_it(
    graphs: Mapping[str, Sequence[Declared]],
    stack: str,
    context: Mapping[str, str],
    expected: Counts,
) -> None:
    line = answered(graphs[stack], requestId="r", identity_sourceIp="203.0.113.9", **context)

    assert expected == counted(graphs[stack], "api-access", stack, [line])


def test_the_webhooks_route_is_the_contracts_own(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    keys = {one["routeKey"] for one in of(graphs["prod"], "Route").values()}

    assert "POST /webhooks/{gateway}" in keys
    assert ["POST /webhooks/{gateway}"] == [k for k in keys if k.startswith("POST /webhooks/")]


# What a third party's plugin may log there; PayPal's does not.
ELSEWHERE = {("RateLimited", "verify"), ("RateLimited", "charge")}
# The code that process runs too, at another time.
SWEPT = {("RateLimited", "sweep"), ("GatewayDenied", "sweep")}


def test_every_filter_of_the_stack_was_seen_to_count(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    groups = {one["name"]: name for name, one in of(graphs["prod"], "LogGroup").items()}
    made = {
        (one["metricTransformation"]["name"], groups[one["logGroupName"]])
        for one in of(graphs["prod"], "LogMetricFilter").values()
    }
    seen = {(metric, scene.function) for scene in SCENES for metric in scene.expected}

    assert made == {
        *seen,
        *ELSEWHERE,
        *SWEPT,
        ("DeliveriesReceived", "receive"),
        ("WebhooksTooLarge", "api-access"),
    }


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ('{$.a = "x"}', '{"a": "x"}', True),
        ('{ $.a = "x" }', '{"a": "y"}', False),
        ('{$.a = "x"}', '{"b": "x"}', False),
        ('{$.a = "x"}', 'a = "x"', False),
        ('{$.a = "x"}', '["x"]', False),
        ('{$.a.b = "x"}', '{"a": {"b": "x"}}', True),
        ('{$.a.b = "x"}', '{"a": "x"}', False),
        ('{$.a = "x*"}', '{"a": "x and more"}', True),
        ('{$.a = "x.y"}', '{"a": "xzy"}', False),
        ("{$.a = 413}", '{"a": 413}', True),
        ("{$.a = 413}", '{"a": "413"}', False),
        ('{$.a = "413"}', '{"a": 413}', False),
        ("{$.a = 1}", '{"a": true}', False),
        ('{$.a != "x"}', '{"a": "y"}', True),
        ('{$.a != "x"}', "{}", False),
        ("{$.a = 1 && ($.b = 1 || $.b = 2)}", '{"a": 1, "b": 2}', True),
        ("{$.a = 1 && ($.b = 1 || $.b = 2)}", '{"a": 2, "b": 2}', False),
        ("{$.a = 1 || $.b = 1 && $.c = 1}", '{"a": 1}', True),
        ("{$.a = 1 || $.b = 1 && $.c = 1}", '{"b": 1}', False),
    ],
)
def test_a_pattern_is_understood_as_aws_describes_it(
    pattern: str, line: str, expected: bool
) -> None:
    assert expected == matcher(pattern)(line)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ERROR",
        "[a, b]",
        "{}",
        '{$.a = "x"',
        '{$.a = "x"} more',
        "{$.a = x}",
        "{$.a IS NULL}",
        "{$.a NOT EXISTS}",
        "{$.a = %x%}",
        "{$.a[0] = 1}",
        "{$.a > 1}",
        "{$.a = 4*}",
        "{$.a = 1 &&}",
        "{($.a = 1}",
        '{"x" = $.a}',
        r'{$.a = "\""}',
    ],
)
def test_a_pattern_that_says_more_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownPattern):
        matcher(pattern)
