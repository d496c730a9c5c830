"""
What the alarms count in logs is what the runtime writes: the graph's own filters over real lines.

Each scene runs a stage in memory with the logging of a function, and says what must be counted of
all it wrote, by all filters on that function's log group.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from infra.graph.monitor import Declared
from infra.rules.view import of
from penstock import contracts
from penstock.contracts import Checked
from penstock.entrypoints.http.handlers import Call, Handlers
from tests.infra import mishaps
from tests.infra.counted import counted, expected_of, took
from tests.infra.scene import Scene
from tests.infra.scenes import SCENES, charge_not_answered, rate_limited
from tests.infra.stacks import STACKS
from tests.unit.entrypoints.stand import Stand


@pytest.mark.parametrize("scene", [one for one in SCENES if one.items], ids=lambda scene: scene.id)
async def test_the_time_of_each_item_is_a_metric_by_stage_and_status(
    graphs: Mapping[str, Sequence[Declared]],
    served: Sequence[Declared],
    lines: Callable[[], list[str]],
    scene: Scene,
) -> None:
    await scene.play()
    written = lines()
    expected = expected_of(written)

    assert expected
    assert expected == took(graphs["prod"], scene.function, written)
    assert expected == took(served, "serve", written)


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


RETRIES = (
    ("verify", mishaps.verify_meets_a_bug),
    ("process", rate_limited),
    ("charge", charge_not_answered),
    ("deliver-slack", mishaps.deliver_meets_a_bug),
    ("sweep", mishaps.sweep_meets_a_bug),
)


@pytest.mark.parametrize(("function", "play"), RETRIES, ids=[name for name, _ in RETRIES])
async def test_each_retry_is_a_value_of_the_metric_that_the_stages_alarm_looks_at(
    graphs: Mapping[str, Sequence[Declared]],
    lines: Callable[[], list[str]],
    function: str,
    play: Callable[[], Awaitable[None]],
) -> None:
    stage = function.partition("-")[0]
    await play()
    # In memory a batch has no function to be named by.
    written = [line.replace('"stage":"test"', f'"stage":"{stage}"') for line in lines()]
    alarm = of(graphs["prod"], "MetricAlarm")[f"retries-{stage}"]
    retried = [
        named for named, _ in took(graphs["prod"], function, written) if named["status"] == "retry"
    ]

    assert retried
    assert all(alarm["dimensions"] == named for named in retried)
    assert ("Penstock", "ms", "SampleCount") == (
        alarm["namespace"],
        alarm["metricName"],
        alarm["statistic"],
    )
