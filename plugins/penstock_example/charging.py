"""
Charging at the Example gateway.

    POST request_uri         200, 201 with a readable body   succeeded
                             402, 409, 422                   declined, for good
                             425, 429, 503, no connection    not sent: nothing happened
                             500                             critical: it broke holding the money
                             408, other 5xx, no answer       unanswered: it may have happened
                             anything else                   refused: our request is wrong
    GET  request_uri/{id}    200 by its status, 404 not found, anything else: still unknown
"""

from __future__ import annotations

from urllib.parse import quote

from penstock.api import (
    ChargeAnswer,
    ChargeRequest,
    Context,
    Critical,
    Declined,
    GatewayUnavailable,
    LookupAnswer,
    NotFound,
    Response,
    Unanswered,
    retry_after,
)
from penstock_example.charge import body_of, code_of, outcome_of
from penstock_example.reading import object_of
from penstock_example.requesting import charges, post, refusal
from penstock_example.settings import ExampleSettings


class Charging:
    """Takes charges, keeps idempotency keys, answers look-ups."""

    idempotent_charges = True

    _context: Context[ExampleSettings]

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Move the money; the operation's id is the idempotency key."""
        sent = await post(
            self._context, charges(self._context), body_of(request), request.operation_id
        )
        return self._charged(request, sent) if isinstance(sent, Response) else sent

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        """
        Say what became of a charge.

        Raises:
            GatewayUnavailable: no answer that says it.
        """
        response = await self._context.http.request(
            "GET",
            f"{charges(self._context)}/{quote(request.operation_id, safe='')}",
            timeout=self._context.request_timeout,
        )
        if response.status == 404:
            return NotFound()
        answer = outcome_of(object_of(response) or {}) if response.status == 200 else None
        if answer is None:
            raise GatewayUnavailable(
                f"the gateway answered the look-up with {response.status} and no status",
                retry_after=retry_after(response, self._context.clock.now()),
            )
        return answer

    def _charged(self, request: ChargeRequest, response: Response) -> ChargeAnswer:
        match response.status:
            case 200 | 201:
                charge = object_of(response)
                if charge is None:
                    return Unanswered("the gateway's answer cannot be read")
                # 200 says it: a body that names neither status nor id takes nothing back.
                told = {"status": "succeeded", "id": request.operation_id, **charge}
                return outcome_of(told) or Unanswered("the gateway's answer cannot be read")
            case 402 | 409 | 422 as status:
                return Declined(
                    f"the gateway declined it: {code_of(object_of(response) or {}) or status}"
                )
            case 500:
                return Critical("the gateway broke while it held the charge (500)")
            case _:
                return refusal(response, self._context.clock.now())
