"""The merchant's backend: the three calls of the API that a shop needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

FIELDS = {
    "reference": "body.reference",
    "given_name": "body.subscriber.given_name",
    "surname": "body.subscriber.surname",
    "email": "body.subscriber.email",
}
"""The form's fields, as the API's problems name them."""
BOOK: Mapping[str, Any] = {
    "amount": 1250,
    "currency": "USD",
    "description": "The book of the month",
}
"""What the shop sells once."""
_OTHER = "The plan cannot be subscribed to right now. Nothing was charged: please try again."


_NO_BOOK = "The book cannot be bought right now. Nothing was charged: please try again."


class NotOpened(Exception):
    """
    The API opened neither a subscription nor a payment.

    Attributes:
        fields: what is wrong with each field of the form, by its name.
        detail: what went wrong, for people.
    """

    def __init__(self, detail: str, fields: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Backend:
    """The API, with the token that its session sends."""

    http: aiohttp.ClientSession = field(repr=False)
    url: str

    async def plans(self) -> Sequence[Mapping[str, Any]]:
        """
        The plans that can be subscribed to.

        Raises:
            aiohttp.ClientError: no answer, or a problem.
        """
        async with self.http.get(f"{self.url}/plans", raise_for_status=True) as answer:
            plans = (await answer.json())["plans"]
        return [plan for plan in plans if plan["status"] == "active"]

    async def open(self, key: str, provider: str, plan: str, form: Mapping[str, str]) -> str:
        """
        Open a subscription, and return where its buyer approves it.

        Args:
            key: the same for the same form, however often it is sent.

        Raises:
            NotOpened: says what to change.
            aiohttp.ClientError: no answer.
        """
        who = {name: form[name] for name in FIELDS if name != "reference"}
        body = {
            "provider": provider,
            "plan": plan,
            "reference": form["reference"],
            "subscriber": who,
        }
        headers = {"Idempotency-Key": key}
        url = f"{self.url}/subscriptions"
        async with self.http.post(url, json=body, headers=headers) as answer:
            told = await answer.json(content_type=None)
            if answer.status == 201:
                return str(told["approval_url"])
            wrong = {one["field"]: one["detail"] for one in told.get("errors", ())}
            fields = {name: wrong[where] for name, where in FIELDS.items() if where in wrong}
            raise NotOpened("Please check the form." if fields else _OTHER, fields)

    async def buy(self, key: str, provider: str) -> str:
        """
        Open the book's payment, and return where its buyer approves it.

        Args:
            key: the same for the same form, however often it is sent.

        Raises:
            NotOpened: the provider takes it not, or the payment has ended.
            aiohttp.ClientError: no answer.
        """
        order = {**BOOK, "reference": f"book-{key[:8]}"}
        body = {"provider": provider, "checkout": True, "order": order}
        url, headers = f"{self.url}/payments", {"Idempotency-Key": key}
        async with self.http.post(url, json=body, headers=headers) as answer:
            told = await answer.json(content_type=None)
            if answer.status == 201 and "approval_url" in told:
                return str(told["approval_url"])
            raise NotOpened(_NO_BOOK, {})
