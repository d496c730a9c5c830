"""SQS with a queue that is never empty, and what else `penstock serve` asks as it verifies."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from benchmarks.signing import Signer
from penstock.adapters.memory.fifo import Fifo
from penstock.domain.delivery import Delivery

_VISIBILITY = timedelta(minutes=3)
_DISTINCT = 64
"""Deliveries signed; they are queued over and over, as groups of their own."""


class QueueStub:
    """
    Answers; for each delivery that is deleted another is queued, so that the depth stays.

    Attributes:
        deleted: deliveries that are done.
    """

    def __init__(self) -> None:
        self.deleted = 0
        self._fifo = Fifo()
        self._bodies: itertools.cycle[str] = itertools.cycle(())
        self._numbers = itertools.count()
        self._signer: Signer | None = None

    def fill(self, signer: Signer, depth: int) -> None:
        """Begin with that many deliveries."""
        self._signer, self._fifo, self.deleted = signer, Fifo(), 0
        signed = (signer(number) for number in range(_DISTINCT))
        now = datetime.now(UTC)
        self._bodies = itertools.cycle(
            [Delivery.of("paypal", headers, body, now).dumps() for headers, body in signed]
        )
        for _ in range(depth):
            self._put()
        # Or this process, not the server, would pause for longer the more there are.
        gc.collect()
        gc.freeze()

    def application(self) -> web.Application:
        """The server."""
        served = web.Application()
        served.router.add_post("/{path:.*}", self._aws)
        served.router.add_get("/{path:.*}", self._certificate)
        return served

    async def _certificate(self, _: web.Request) -> web.Response:
        return web.Response(body=self._signer.leaf if self._signer else b"")

    async def _aws(self, request: web.Request) -> web.Response:
        operation = request.headers.get("X-Amz-Target", "").partition(".")[2]
        answer = await self._answer(operation, json.loads(await request.read()))
        return web.json_response(answer, content_type="application/x-amz-json-1.0")

    async def _answer(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match operation:
            case "ReceiveMessage":
                messages = self._receive(asked)
                if not messages:
                    await asyncio.sleep(asked["WaitTimeSeconds"])
                return {"Messages": messages}
            case "DeleteMessage":
                self._delete(asked["ReceiptHandle"])
                return {}
            case "ChangeMessageVisibilityBatch":
                return {"Successful": [{"Id": one["Id"]} for one in asked["Entries"]]}
            case "SendMessage":
                return {"MessageId": "1", "MD5OfMessageBody": "1"}
            case "GetSecretValue":
                told = dict(self._signer.told.secret) if self._signer else {}
                return {"SecretString": json.dumps(told), "VersionStages": ["AWSCURRENT"]}
            case _:
                return {"Items": [], "Count": 0}

    def _receive(self, asked: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        if not asked["QueueUrl"].endswith("/deliveries.fifo"):
            return []
        limit = asked["MaxNumberOfMessages"]
        return [
            {
                "MessageId": one.id,
                "ReceiptHandle": one.receipt,
                "Body": one.body,
                "Attributes": {
                    "ApproximateReceiveCount": str(one.receives),
                    "MessageGroupId": one.group,
                },
            }
            for one in self._fifo.take(limit, datetime.now(UTC), _VISIBILITY)
        ]

    def _delete(self, receipt: str) -> None:
        held = self._fifo.held(receipt, datetime.now(UTC))
        if held:
            self._fifo.remove(held)
            self.deleted += 1
            self._put()

    def _put(self) -> None:
        number = next(self._numbers)
        name = f"delivery-{number}"
        self._fifo.put(name, name, next(self._bodies), {}, datetime.now(UTC))
