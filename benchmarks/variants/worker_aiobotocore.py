"""
The worker functions on aiobotocore and pydantic, as somebody would write them first.

Only what their first invocation does in the benchmark, and less than ours do: no plugins, no
signature, no event archive. What bench-coldstart divides by.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import aiohttp
from aiobotocore.session import (  # pyright: ignore[reportMissingImports] - has an environment of its own
    get_session,
)
from pydantic import BaseModel, Field


class Settings(BaseModel):
    """What the environment says."""

    queue: str = Field(validation_alias="SQS_QUEUE_URL")
    dead_letters: str = Field(validation_alias="SQS_DLQ_QUEUE_URL")
    prefix: str = Field(validation_alias="PENSTOCK_SECRETS_PREFIX")
    table: str | None = Field(default=None, validation_alias="PENSTOCK_LEDGER_TABLE")
    gateways: str = Field(default="", validation_alias="PENSTOCK_GATEWAYS")
    sink: str = Field(default="", validation_alias="PENSTOCK_SINK")
    timeout: float = Field(default=8, gt=0, validation_alias="PENSTOCK_REQUEST_TIMEOUT_SECONDS")
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")


class Delivery(BaseModel):
    """A delivery."""

    id: str
    gateway: str
    headers: dict[str, str]
    body: str
    received_at: datetime


class Notification(BaseModel):
    """A notification."""

    id: str
    gateway: str
    type: str
    entity: str | None
    resource: dict[str, Any]
    occurred_at: datetime
    evidence: str
    delivery_id: str
    transmission: str
    digest: str


class Payer(BaseModel):
    """Who pays."""

    reference: str | None = None
    name: str | None = None
    email: str | None = None


class Order(BaseModel):
    """What is paid for."""

    amount: int = Field(ge=1)
    currency: str = Field(pattern="^[A-Z]{3}$")
    reference: str | None = None
    description: str | None = None
    payer: Payer | None = None
    metadata: dict[str, str] = {}


class Charge(BaseModel):
    """A payment message."""

    id: str
    provider: str
    order: Order


class Event(BaseModel):
    """A CloudEvent."""

    id: str
    type: str
    subject: str
    time: datetime
    data: dict[str, Any]


class Host:
    """One sandbox: its loop and its clients."""

    def __init__(self, model: type[BaseModel], *, ledger: bool) -> None:
        self._model = model
        self._ledger = ledger
        self._settings = Settings.model_validate(dict(os.environ))
        self._runner = asyncio.Runner()
        self._kept = AsyncExitStack()
        self._clients: dict[str, Any] = {}
        self._http: aiohttp.ClientSession | None = None

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        """Work through a batch."""
        return self._runner.run(self._work(event))

    async def _work(self, event: dict[str, Any]) -> dict[str, Any]:
        failed: list[dict[str, str]] = []
        for record in event["Records"]:
            self._model.model_validate_json(record["body"])
            if self._ledger:
                dynamodb = await self._client("dynamodb")
                key = {"pk": {"S": "1"}, "sk": {"S": "1"}}
                await dynamodb.get_item(TableName=self._settings.table, Key=key)
            secrets = await self._client("secretsmanager")
            secret = await secrets.get_secret_value(SecretId=f"{self._settings.prefix}/it")
            json.loads(secret["SecretString"])
            if self._http is None:
                self._http = await self._kept.enter_async_context(aiohttp.ClientSession())
            async with self._http.post(os.environ["GATEWAY_URL"], data=b"{}") as answer:
                await answer.read()
            if answer.status != 200:
                sqs = await self._client("sqs")
                await sqs.change_message_visibility(
                    QueueUrl=self._settings.queue,
                    ReceiptHandle=record["receiptHandle"],
                    VisibilityTimeout=2,
                )
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}

    async def _client(self, service: str) -> Any:
        if service not in self._clients:
            made = get_session().create_client(service)
            self._clients[service] = await self._kept.enter_async_context(made)
        return self._clients[service]


_hosts: dict[str, Host] = {}


def _host(name: str, model: type[BaseModel], *, ledger: bool) -> Host:
    if name not in _hosts:
        _hosts[name] = Host(model, ledger=ledger)
    return _hosts[name]


def verify(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Deliveries."""
    return _host("verify", Delivery, ledger=False)(event)


def process(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Notifications."""
    return _host("process", Notification, ledger=True)(event)


def charge(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Payment messages."""
    return _host("charge", Charge, ledger=True)(event)


def deliver(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Events."""
    return _host("deliver", Event, ledger=True)(event)


class Schedule(Host):
    """A sandbox of a function that a schedule calls."""

    def __init__(self) -> None:
        super().__init__(Event, ledger=True)

    def sweep(self) -> dict[str, Any]:
        """Ask the index what is due."""
        return self._runner.run(self._due())

    def gaps(self) -> dict[str, Any]:
        """Read the watermark and how much waits, then ask a gateway for its list."""
        return self._runner.run(self._listed())

    async def _due(self) -> dict[str, Any]:
        dynamodb = await self._client("dynamodb")
        for shard in range(8):
            await dynamodb.query(
                TableName=self._settings.table,
                IndexName="due",
                KeyConditionExpression="due_pk = :due",
                ExpressionAttributeValues={":due": {"S": f"due#{shard}"}},
            )
        return {"swept": 0}

    async def _listed(self) -> dict[str, Any]:
        sqs, dynamodb = await self._client("sqs"), await self._client("dynamodb")
        attributes = ["ApproximateNumberOfMessages"]
        await sqs.get_queue_attributes(QueueUrl=self._settings.queue, AttributeNames=attributes)
        key = {"pk": {"S": "watermark"}, "sk": {"S": "it"}}
        await dynamodb.get_item(TableName=self._settings.table, Key=key)
        secrets = await self._client("secretsmanager")
        secret = await secrets.get_secret_value(SecretId=f"{self._settings.prefix}/it")
        json.loads(secret["SecretString"])
        http = await self._kept.enter_async_context(aiohttp.ClientSession())
        async with http.get(os.environ["GATEWAY_URL"]) as answer:
            await answer.read()
        return {"fetched": 0}


_schedule: list[Schedule] = []


def _scheduled() -> Schedule:
    _schedule[:] = _schedule or [Schedule()]
    return _schedule[0]


def sweep(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What is due."""
    return _scheduled().sweep()


def gaps(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What was missed."""
    return _scheduled().gaps()
