"""A PayPal account at the simulator, a set-up file, and what is sent meanwhile."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from penstock.adapters.clock import SystemClock
from penstock.api.account import Step, StepState
from penstock.testing.context import context
from penstock_paypal.account import PayPalAccount
from penstock_paypal.settings import PayPalSettings
from tests.plugins.paypal.conftest import Stage

URL = "https://api.shop.test/webhooks/paypal"
FILE: dict[str, Any] = {
    "products": [
        {
            "id": "TEA-CLUB",
            "name": "Tea club",
            "type": "PHYSICAL",
            "description": "Tea by post",
            "plans": [
                {
                    "name": "Tea monthly",
                    "description": "A box a month",
                    "currency": "EUR",
                    "price": "9.90",
                    "interval": "month",
                    "trials": [{"price": "0", "interval": "day", "interval_count": 14}],
                    "setup_fee": "2.50",
                    "suspend_after_failures": 2,
                    "tax_percent": "19",
                },
                {"name": "Tea yearly", "currency": "TWD", "price": 3000, "interval": "year"},
            ],
        }
    ]
}
CREATED, PRESENT, DIFFERS = StepState.created, StepState.present, StepState.differs


def account(stage: Stage, **changed: Any) -> PayPalAccount:
    return PayPalAccount(
        context(
            PayPalSettings.model_validate(stage.told.settings),
            secrets=stage.secrets,
            clock=SystemClock(),
            http=stage.http,
            log=stage.log,
            profile=stage.told.profile,
            **changed,
        )
    )


async def set_up(
    made: PayPalAccount, file: Mapping[str, Any] = FILE, *, dry_run: bool = False
) -> list[Step]:
    wanted = made.read_wanted(file)
    return [one async for one in made.set_up(wanted, URL, dry_run=dry_run)]


async def writes(stage: Stage) -> list[tuple[str, str]]:
    """What was sent to PayPal that could change something."""
    return [
        (method, path)
        for method, path in await stage.asked()
        if method != "GET" and path != "/v1/oauth2/token"
    ]


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The file with one value changed."""
    file = copy.deepcopy(FILE)
    place: Any = file
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return file


PLAN = ("products", 0, "plans", 0)
