"""What the account may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# Percent of the budget, and whether it was spent or is only foreseen.
_NOTICES = ((80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


@dataclass(frozen=True, slots=True)
class BudgetArgs:
    """
    Attributes:
        name: the physical name.
        usd: per month.
        alerts: the topic that is told.
        after: what is made first: AWS refuses a budget that may not publish on its topic yet.
    """

    name: str
    usd: int
    alerts: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class Budget(pulumi.ComponentResource):
    """
    A monthly budget of the whole account.

    Not narrowed by tags: until somebody activates them for billing, a budget by tags sees nothing.
    """

    def __init__(
        self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:watch:Budget", name, {}, opts)
        aws.budgets.Budget(
            name,
            name=args.name,
            budget_type="COST",
            time_unit="MONTHLY",
            # With the decimal that AWS answers with: without it every run would change it.
            limit_amount=f"{args.usd}.0",
            limit_unit="USD",
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "notification_type": kind,
                    "subscriber_sns_topic_arns": [args.alerts],
                }
                for percent, kind in _NOTICES
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})
