"""What a gateway must do that says what can be subscribed to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from penstock.api import GatewayUnavailable, PlanStatus, Response
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import NO_ANSWERS
from penstock.testing.http import Always


class PlansConformance:
    """
    What holds for `Plans`.

    Fixtures: `bench`; `plan_ids`, the ids of all plans that the provider has. If the provider
    answers in pages, give it more plans than one page holds.
    """

    async def test_all_plans_are_read(self, bench: Bench, plan_ids: Sequence[str]) -> None:
        """Whatever their status, each once."""
        plans = await bench.build().plans()

        said = "some plans are missing, or there are others"
        assert sorted(plan_ids) == sorted(plan.id for plan in plans), said

    async def test_every_active_plan_has_its_prices(self, bench: Bench) -> None:
        """Trials first, then the regular cycles, each with what it costs."""
        active = [p for p in await bench.build().plans() if p.status is PlanStatus.active]

        assert active, "the provider needs an active plan"
        for plan in active:
            trials = [cycle.trial for cycle in plan.cycles]
            assert plan.name, f"{plan.id}: no name"
            assert sorted(trials, reverse=True) == trials, f"{plan.id}: trials come first"
            assert [False] == trials[-1:], f"{plan.id}: no regular cycle"
            assert all(cycle.price is not None for cycle in plan.cycles), f"{plan.id}: no price"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_no_plans_are_known(
        self, bench: Bench, answer: Response | Exception
    ) -> None:
        """An outage is not an empty list."""
        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).plans()
