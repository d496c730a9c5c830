"""
A plugin author's gateway in small: it takes charges, keeps no keys, and cannot be asked later.

A charge whose answer was lost is for a person, who looks at its books and resolves it by hand.
"""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict

from penstock.api import (
    ChargeAnswer,
    ChargeRequest,
    Context,
    Declined,
    Gateway,
    HttpNotSent,
    HttpUnanswered,
    NotSent,
    Register,
    RegisterSimulator,
    Succeeded,
    Unanswered,
    hookimpl,
)


class TellerSettings(BaseModel):
    """Where it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str


class Teller:
    """Takes money once for each request, whatever the request's id is."""

    name = "teller"
    idempotent_charges = False

    def __init__(self, context: Context[TellerSettings]) -> None:
        self._context = context

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Take the money."""
        amount = request.order.amount
        asked = {
            "operation": request.operation_id,
            "payment": request.payment_id,
            "minor": amount.minor,
            "currency": amount.currency,
        }
        try:
            response = await self._context.http.request(
                "POST",
                f"{self._context.settings.url}/charges",
                body=json.dumps(asked).encode(),
                timeout=self._context.request_timeout,
            )
        except HttpNotSent:
            return NotSent("the teller could not be reached")
        except HttpUnanswered:
            return Unanswered("the teller's answer was lost")
        match response.status:
            case 201:
                return Succeeded(str(json.loads(response.body)["id"]))
            case 402:
                return Declined("the teller declined it")
            case status:
                return Unanswered(f"the teller answered {status}")


@hookimpl
def penstock_register_gateways(register: Register[Gateway]) -> None:
    """Offer the gateway."""
    register(name="teller", settings=TellerSettings, build=Teller)


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="teller", build="teller.simulator:build")
