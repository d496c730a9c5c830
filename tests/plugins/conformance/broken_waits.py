"""For each capability, and the sink, the plugin that reads the machine's clock or blocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from penstock.api import Sink
from penstock.api.gateway import CAPABILITIES
from penstock.testing.conformance.exercises import EXERCISES, watched_checks
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.acme_sink import AcmeSink
from tests.plugins.conformance.breaking import acting

PROTOCOLS: Mapping[str, type] = {
    **{protocol.__name__.lower(): protocol for protocol in CAPABILITIES},
    "sink": Sink,
}
METHODS: Mapping[str, tuple[str, ...]] = {
    name: tuple(
        member
        for member, one in vars(protocol).items()
        if callable(one) and not member.startswith("_")
    )
    for name, protocol in PROTOCOLS.items()
}
"""The methods of each capability."""


def punctual(capability: str, method: str) -> type:
    """The plugin whose method looks at the machine's clock."""
    does = f"looks at the machine's clock in {method}"
    return acting(does, method, lambda _: datetime.now(UTC), _good(capability))


def sleepy(capability: str, method: str) -> type:
    """The plugin whose method waits in the thread that all others run in."""
    does = f"waits in the thread that all others run in, in {method}"
    return acting(does, method, lambda _: time.sleep(0), _good(capability))


class Dozing(AcmeSink):
    """Waits by a clock that no test owns."""

    async def deliver(self, *arguments: Any) -> Any:
        await asyncio.sleep(0.001)
        return await super().deliver(*arguments)


def _good(capability: str) -> type:
    return AcmeSink if capability == "sink" else AcmePay


def _named(index: int, make: Any) -> dict[str, type]:
    return {
        watched_checks(exercise)[index]: make(capability, METHODS[capability][0])
        for capability, exercise in EXERCISES.items()
    }


CLOCKS: Mapping[str, type] = {
    **_named(0, punctual),
    watched_checks(EXERCISES["sink"])[0]: Dozing,
}
BLOCKING: Mapping[str, type] = _named(1, sleepy)
