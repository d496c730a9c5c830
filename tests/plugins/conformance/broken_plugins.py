"""For each check the plugin that is broken in what it is for, and what else that must break."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.api import ChargeRequest, LookupAnswer
from tests.plugins.conformance.acme import KEY, AcmePay
from tests.plugins.conformance.acme_sink import AcmeSink
from tests.plugins.conformance.broken_charges import CHARGES
from tests.plugins.conformance.broken_checkout import CHECKOUT
from tests.plugins.conformance.broken_collects import COLLECTS
from tests.plugins.conformance.broken_history import HISTORY
from tests.plugins.conformance.broken_invoices import INVOICES
from tests.plugins.conformance.broken_manages import MANAGES
from tests.plugins.conformance.broken_refunds import REFUNDS
from tests.plugins.conformance.broken_sinks import SINK
from tests.plugins.conformance.broken_subscriptions import SUBSCRIPTIONS
from tests.plugins.conformance.broken_waits import BLOCKING, CLOCKS
from tests.plugins.conformance.broken_webhooks import WEBHOOKS


def renamed(base: type) -> type:
    """Bears its registered name on the class and another on the instance."""

    class Renamed(base):
        """Bears its registered name on the class and another on the instance."""

        def __init__(self, context: Any) -> None:
            super().__init__(context)
            self.name = "acme"

    return Renamed


def eager(base: type) -> type:
    """Asks for the network before anybody asked for it."""

    class Eager(base):
        """Asks for the network before anybody asked for it."""

        def __init__(self, context: Any) -> None:
            super().__init__(context)
            context.http.asked = 1

    return Eager


def telling(base: type) -> type:
    """Shows its key."""

    class Telling(base):
        """Shows its key."""

        def __repr__(self) -> str:
            return f"Acme(key={KEY!r})"

    return Telling


class Unawaited(AcmePay):
    """Has a method without `async` that answers with what must be awaited."""

    def look_up(self, request: ChargeRequest) -> Any:
        return super().look_up(request)


class Misannotated(AcmePay):
    """Answers as it must, and says that it answers something else."""

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        return await super().look_up(request)

    look_up.__annotations__["return"] = bool


PLUGIN: Mapping[str, Callable[[type], type]] = {
    "test_it_bears_the_name_it_is_registered_under": renamed,
    "test_building_it_reaches_for_nothing": eager,
    "test_it_shows_no_secret": telling,
}
GATEWAY: Mapping[str, type] = {
    "test_what_is_awaited_can_be_awaited": Unawaited,
    "test_its_methods_take_and_return_what_the_protocol_says": Misannotated,
    **WEBHOOKS,
    **CHARGES,
    **REFUNDS,
    **INVOICES,
    **SUBSCRIPTIONS,
    **MANAGES,
    **COLLECTS,
    **CHECKOUT,
    **HISTORY,
    **CLOCKS,
    **BLOCKING,
}
_IMPORTED = "test_importing_it_reaches_for_nothing"
_DATA_FILE = "test_its_data_file_says_what_its_classes_say"
ALSO: Mapping[str, Sequence[str]] = {
    # A slow answer is a lost one for whoever waits no longer.
    "ChargesConformance.test_a_lost_answer_leaves_it_unknown": [
        "ChargesConformance.test_a_slow_answer_leaves_it_unknown"
    ],
    # What is seen again was confirmed before.
    "ConfirmConformance.test_a_true_notification_is_confirmed": [
        "RereadConformance.test_what_was_confirmed_is_seen_again"
    ],
    # The data file is compared with classes, which nothing can import.
    f"GatewayConformance.{_IMPORTED}": [f"GatewayConformance.{_DATA_FILE}"],
    f"SinkConformance.{_IMPORTED}": [f"SinkConformance.{_DATA_FILE}"],
    # What it shows at once it shows afterwards, too.
    "GatewayConformance.test_it_shows_no_secret": [
        "ChargesConformance.test_charging_logs_no_secret",
        "WebhooksConformance.test_authenticating_logs_no_secret",
    ],
    "SinkConformance.test_it_shows_no_secret": ["SinkConformance.test_delivering_logs_no_secret"],
    # The tests call the methods that are missing.
    "GatewayConformance.test_its_tests_claim_no_capability_that_it_lacks": [
        "ObservesConformance.test_a_signed_body_says_how_things_stand",
        "ObservesConformance.test_an_amount_keeps_its_digits",
        "ObservesConformance.test_observing_blocks_nothing",
        "ObservesConformance.test_observing_takes_the_time_from_its_clock",
    ],
    # After a lost answer the same operation is sent again.
    "ManagesSubscriptionsConformance.test_one_operation_opens_one": [
        "ManagesSubscriptionsConformance.test_a_lost_answer_leaves_it_unknown_and_opens_one"
    ],
    # Nothing genuine is authentic where the header is not found.
    "WebhooksConformance.test_header_names_are_read_in_lower_case": [
        "WebhooksConformance.test_a_genuine_delivery_is_authentic",
        "WebhooksConformance.test_an_outage_makes_nothing_a_forgery",
        "WebhooksConformance.test_the_fields_it_names_are_enough_to_authenticate",
    ],
}
"""What else a plugin must fail that is broken in this: one fault breaks all of it."""


def broken(name: str) -> Any:
    """What is broken in what the check is for."""
    cls, check = name.split(".")
    sink = cls == "SinkConformance"
    if check in PLUGIN:
        return PLUGIN[check](AcmeSink if sink else AcmePay)
    if sink:
        return SINK.get(check) or GATEWAY[check]
    return GATEWAY.get(name) or GATEWAY[check]
