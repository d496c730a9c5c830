"""
The messages of payments.fifo: contracts/messages/payment.json.

    {"id", "provider", "order"}                   charge a payment
    {"id", "provider", "action", "operation"}     refund, capture, void: run that operation of it;
                                                  collect: that of a subscription
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from penstock.domain.currencies import DIGITS
from penstock.domain.exact import number
from penstock.domain.money import Money
from penstock.domain.payment import Order, Payer
from penstock.errors import MalformedMessage

_MOST = 10**15
"""Minor units; JSON readers that use doubles would change a larger number."""
Text = Annotated[str, Field(min_length=1, max_length=255)]

Key = Annotated[str, Field(min_length=1, max_length=40)]


class _Strict(BaseModel):
    # Unknown fields are refused: a misspelt "curency" must not become a default.
    # Built at the first message: every function imports this, and few read one.
    model_config = ConfigDict(
        extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
    )


def _refuse_null(value: object) -> object:
    # Not run for what is left out: absent and null are different things in the contract.
    if value is None:
        raise PydanticCustomError("null", "it must not be null; leave it out")
    return value


def _known(currency: str) -> str:
    if currency not in DIGITS:
        raise PydanticCustomError("currency", "it must be an active currency of ISO 4217")
    return currency


Left = BeforeValidator(_refuse_null)
"""For a field that may be left out, and may not be null."""
OptionalText = Annotated[Text | None, Left]
# Written out character by character: a class such as `\s` differs from engine to engine.
_LOCAL = r"[^@\u0000- \u007f-\u00a0\u1680\u2000-\u206f\u3000\ufeff]+"
EMAIL = f"^{_LOCAL}@{_LOCAL}$"
"""The contract's pattern for an e-mail address; a test compares the two."""
Email = Annotated[str, Field(max_length=255, pattern=EMAIL)]


class _Payer(_Strict):
    reference: OptionalText = None
    name: OptionalText = None
    email: Annotated[Email | None, Left] = None


class _Order(_Strict):
    amount: int = Field(ge=1, le=_MOST, description="minor units of the currency")
    currency: Annotated[str, AfterValidator(_known)]
    reference: OptionalText = None
    description: OptionalText = None
    payer: Annotated[_Payer | None, Left] = None
    metadata: Annotated[dict[Key, Text], Field(max_length=20)] = {}

    def order(self) -> Order:
        payer = self.payer and Payer(self.payer.reference, self.payer.name, self.payer.email)
        money = Money(self.amount, self.currency)
        return Order(money, self.reference, self.description, payer, self.metadata)


class Action(StrEnum):
    """The action of a message; each but `charge` has the name of its operation's kind."""

    charge = "charge"
    refund = "refund"
    capture = "capture"
    void = "void"
    collect = "collect"


_ACTIONS = tuple(action.value for action in Action)
_KNOWN = ", ".join(_ACTIONS)


def _action(name: str) -> str:
    if name not in _ACTIONS:
        raise PydanticCustomError(
            "action", "it must be one of {known}; newer code sent it", {"known": _KNOWN}
        )
    return name


Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\z")]


class _Message(_Strict):
    id: Identity
    provider: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}\z")
    action: Annotated[str, AfterValidator(_action)] = Action.charge.value
    order: Annotated[_Order | None, Left] = None
    operation: Annotated[Identity | None, Left] = None


@dataclass(frozen=True, slots=True)
class ChargeMessage:
    """Move the money of this order through that gateway."""

    id: str
    provider: str
    order: Order

    def dumps(self) -> str:
        """The message as JSON; its reader judges whether it keeps to the contract."""
        # No action: code from before there were actions reads it, too.
        message = {"id": self.id, "provider": self.provider, "order": _dumped(self.order)}
        # In ASCII: SQS takes only some of Unicode's characters.
        return json.dumps(message, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> ChargeMessage:
        """
        Read the message of a charge.

        Raises:
            MalformedMessage: names the field, the value's kind and what it must be.
        """
        message = load_message(text)
        if not isinstance(message, ChargeMessage):
            raise MalformedMessage("action must be charge here")
        return message


@dataclass(frozen=True, slots=True)
class ActionMessage:
    """Run that operation of the payment, or of the subscription."""

    id: str
    provider: str
    action: Action
    operation: str

    def dumps(self) -> str:
        """The message as JSON."""
        message = {
            "id": self.id,
            "provider": self.provider,
            "action": self.action.value,
            "operation": self.operation,
        }
        return json.dumps(message, separators=(",", ":"))


def load_message(text: str) -> ChargeMessage | ActionMessage:
    """
    Read a message of payments.fifo; one without an action is a charge.

    Raises:
        MalformedMessage: names the field, the value's kind and what it must be.
    """
    try:
        # Not pydantic's own reader: it makes a float of 1250.0, and refuses it as one.
        message = _Message.model_validate(
            json.loads(text, parse_float=number, parse_constant=_refuse_constant)
        )
    except ValidationError as exc:
        raise _explained(exc, "message") from None
    except (ValueError, RecursionError):
        # `from None`: the decoder's exception carries the document.
        raise MalformedMessage("the message is no JSON; send an object") from None
    return _fitting(message, Action(message.action))


def _fitting(message: _Message, action: Action) -> ChargeMessage | ActionMessage:
    order, operation = message.order, message.operation
    if action is Action.charge:
        if order is None:
            raise MalformedMessage("order is missing: a charge has one")
        if operation is not None:
            raise MalformedMessage("operation is for the other actions; leave it out of a charge")
        return ChargeMessage(message.id, message.provider, order.order())
    if operation is None:
        raise MalformedMessage(f"operation is missing: the action {action.value} names one")
    if order is not None:
        raise MalformedMessage(f"order is for charges; leave it out of a {action.value}")
    return ActionMessage(message.id, message.provider, action, operation)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


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


def _dumped(order: Order) -> dict[str, Any]:
    """The order as `load_order` reads it; unknown values are left out."""
    payer = order.payer
    return _present(
        {
            "amount": order.amount.minor,
            "currency": order.amount.currency,
            "reference": order.reference,
            "description": order.description,
            "payer": payer
            and _present({"reference": payer.reference, "name": payer.name, "email": payer.email}),
            "metadata": dict(order.metadata) or None,
        }
    )


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _explained(exc: ValidationError, whole: str) -> MalformedMessage:
    """
    The first error on one line, for the dead letter and the log.

    It holds neither the value nor a name that the sender chose: an unknown field and a name of
    `metadata` are `*`.
    """
    error = exc.errors()[0]
    names = [str(part) if part in _NAMES else "*" for part in error["loc"] if part != "[key]"]
    field = ".".join(names) or whole
    if error["type"] == "extra_forbidden":
        return MalformedMessage(f"{field} is an unknown field; leave it out")
    kind = "missing" if error["type"] == "missing" else f"a {type(error['input']).__name__}"
    return MalformedMessage(f"{field} is {kind}: {error['msg']}")


_NAMES = frozenset(name for model in (_Message, _Order, _Payer) for name in model.model_fields)
"""Names that may be repeated: the contract's own."""
