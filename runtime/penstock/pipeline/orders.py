"""The message of payments.fifo, `{"id", "provider", "order"}`: contracts/messages/payment.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from penstock.domain.money import Money
from penstock.domain.payment import Order, Payer
from penstock.errors import MalformedMessage

_MOST = 10**15
"""Minor units; beyond it a number would not survive JSON readers that use doubles."""
Text = Annotated[str, Field(min_length=1, max_length=255)]

Key = Annotated[str, Field(min_length=1, max_length=40)]


class _Strict(BaseModel):
    # Unknown fields are refused: a misspelt "curency" must not become a default.
    # Built at the first message: every function imports this, and few read one.
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True
    )


class _Payer(_Strict):
    reference: Text | None = None
    name: Text | None = None
    email: Text | None = None


class _Order(_Strict):
    amount: int = Field(ge=1, le=_MOST, description="minor units of the currency")
    currency: str = Field(pattern=r"^[A-Z]{3}\z")
    reference: Text | None = None
    description: Text | None = None
    payer: _Payer | None = None
    metadata: Annotated[dict[Key, Text], Field(max_length=20)] = {}

    def order(self) -> Order:
        payer = self.payer and Payer(self.payer.reference, self.payer.name, self.payer.email)
        money = Money(self.amount, self.currency)
        return Order(money, self.reference, self.description, payer, self.metadata)


class _Message(_Strict):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\z")
    provider: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}\z")
    order: _Order


@dataclass(frozen=True, slots=True)
class ChargeMessage:
    """Move the money of this order through that gateway."""

    id: str
    provider: str
    order: Order

    def dumps(self) -> str:
        """The message as JSON."""
        order = _Order.model_validate(dump_order(self.order))
        message = _Message(id=self.id, provider=self.provider, order=order)
        # In ASCII, which pydantic's own JSON is not: SQS takes only some of Unicode's characters.
        return json.dumps(
            message.model_dump(exclude_none=True, exclude_defaults=True), separators=(",", ":")
        )

    @classmethod
    def loads(cls, text: str) -> ChargeMessage:
        """
        Read a message.

        Raises:
            MalformedMessage: names the field, the value's kind and what it must be.
        """
        try:
            message = _Message.model_validate_json(text)
        except ValidationError as exc:
            raise _explained(exc, "message") from None
        return cls(message.id, message.provider, message.order.order())


def load_order(raw: Any) -> Order:
    """
    Read an order; `amount` is in minor units of `currency`.

    Raises:
        MalformedMessage: names the field, the value's kind and what it must be.
    """
    try:
        return _Order.model_validate(raw).order()
    except ValidationError as exc:
        raise _explained(exc, "order") from None


def dump_order(order: Order) -> dict[str, Any]:
    """The order as `load_order` reads it; what is unknown is left out."""
    payer = order.payer and _Payer(
        reference=order.payer.reference, name=order.payer.name, email=order.payer.email
    )
    model = _Order(
        amount=order.amount.minor,
        currency=order.amount.currency,
        reference=order.reference,
        description=order.description,
        payer=payer,
        metadata=dict(order.metadata),
    )
    return model.model_dump(exclude_none=True, exclude_defaults=True)


def _explained(exc: ValidationError, whole: str) -> MalformedMessage:
    """The first error as one line; the value itself stays out of it, its kind does not."""
    error = exc.errors(include_url=False, include_context=False)[0]
    if error["type"] == "json_invalid":
        return MalformedMessage("the message is no JSON; send an object")
    field = ".".join(str(part) for part in error["loc"]) or whole
    kind = "missing" if error["type"] == "missing" else f"a {type(error['input']).__name__}"
    return MalformedMessage(f"{field} is {kind}: {error['msg']}")
