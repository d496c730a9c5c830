"""
The older project's calls, all deprecated, each with the operation that answers it.

Standard library only, because the receive function imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OLD_GATEWAY = "paypal"
"""The one gateway that the older project knew."""

OLD_FIELDS: Mapping[str, str] = {
    "body.plan": "body.plan_id",
    "body.reference": "body.custom_id",
    "body.subscriber.given_name": "body.given_name",
    "body.subscriber.surname": "body.surname",
    "body.subscriber.email": "body.email",
}
"""What the older call to open a subscription calls our fields."""


@dataclass(frozen=True, slots=True)
class Alias:
    """
    An older call that is answered as one of the contract's operations.

    Attributes:
        operation: the operationId of ours.
        parameters: what the older path leaves out of ours.
    """

    operation: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


ALIASES: Mapping[str, Alias] = {
    "receiveWebhookOld": Alias("receiveWebhook", {"gateway": OLD_GATEWAY}),
    "listPlansOld": Alias("listPlans"),
    # Its body has other names, so it has checks and a handler of its own.
    "createSubscriptionOld": Alias("createSubscriptionOld"),
}
"""By the older call's operationId."""
