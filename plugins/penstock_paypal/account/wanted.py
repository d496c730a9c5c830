"""What an account should sell, as a person writes it in a file: products with their plans."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from penstock.api import BillingCycle, Interval, IntervalUnit, Money, SettingsError
from penstock_paypal import shapes

_CAPS = {"day": 365, "week": 52, "month": 12, "year": 1}
"""The longest interval of each unit (billing_subscriptions_v1, `frequency`)."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Priced(_Written):
    """One kind of billing cycle."""

    price: str | int
    interval: Literal["day", "week", "month", "year"]
    interval_count: int = Field(1, ge=1)

    @field_validator("price", mode="before")
    @classmethod
    def _no_float(cls, value: object) -> object:
        if isinstance(value, float):
            raise ValueError('write the amount in quotes, such as "9.90"')
        return value


class Trial(_Priced):
    """A trial; its price may be 0."""

    cycles: int = Field(1, ge=1, le=999)


class Plan(_Priced):
    """A plan; its name finds it again among the product's."""

    name: str = Field(min_length=1, max_length=127)
    description: str | None = Field(None, min_length=1, max_length=127)
    currency: str = Field(pattern="^[A-Z]{3}$")
    cycles: int = Field(0, ge=0, le=999)
    trials: list[Trial] = Field([], max_length=2)
    setup_fee: str | int | None = None
    collect_outstanding: bool = True
    suspend_after_failures: int = Field(0, ge=0, le=999)
    tax_percent: str | int | None = None
    tax_included: bool = True

    @field_validator("setup_fee", "tax_percent", mode="before")
    @classmethod
    def _quoted(cls, value: object) -> object:
        if isinstance(value, float):
            raise ValueError('write the number in quotes, such as "9.90"')
        return value

    def money(self, amount: str | int) -> Money:
        """
        An amount of this plan.

        Raises:
            ValueError: it is none, or has more digits than PayPal takes in the currency.
        """
        money = Money.parse(str(amount), self.currency)
        shapes.amount(money)
        return money

    @property
    def billing(self) -> tuple[BillingCycle, ...]:
        """Its cycles as the platform shows them: the trials first."""
        return (
            *(self._cycle(one, trial=True) for one in self.trials),
            self._cycle(self, trial=False),
        )

    @property
    def fee(self) -> Money | None:
        """What is taken once at the start, if anything is."""
        money = self.money(self.setup_fee) if self.setup_fee is not None else None
        return money if money and money.minor else None

    def _cycle(self, one: Trial | Plan, *, trial: bool) -> BillingCycle:
        interval = Interval(IntervalUnit(one.interval), one.interval_count)
        return BillingCycle(interval, self.money(one.price), trial=trial, cycles=one.cycles)


class Product(_Written):
    """A product; its id, which is ours, finds it again."""

    id: str = Field(pattern="^[A-Z0-9-]{6,50}$")
    name: str = Field(min_length=1, max_length=127)
    type: Literal["PHYSICAL", "DIGITAL", "SERVICE"]
    description: str | None = Field(None, min_length=1, max_length=256)
    category: str | None = Field(None, pattern="^[A-Z_]{4,256}$")
    home_url: str | None = Field(None, pattern="^https://", max_length=2000)
    image_url: str | None = Field(None, pattern="^https://", max_length=2000)
    plans: list[Plan] = Field(min_length=1)

    @field_validator("id")
    @classmethod
    def _ours(cls, value: str) -> str:
        if value.startswith("PROD-"):
            raise ValueError("ids that begin with PROD- are PayPal's own: choose another")
        return value


class Wanted(_Written):
    """The whole file."""

    products: list[Product] = Field(min_length=1)


_MODELS: Mapping[str, type[BaseModel]] = {"products": Product, "plans": Plan, "trials": Trial}


def read(document: object) -> Wanted:
    """
    Read a file's content.

    Raises:
        SettingsError: names the field and the remedy.
    """
    try:
        wanted = Wanted.model_validate(document)
    except ValidationError as exc:
        raise SettingsError("; ".join(map(_told, exc.errors(include_input=False)[:5]))) from None
    _unique("products", [one.id for one in wanted.products], "id")
    for at, product in enumerate(wanted.products):
        _unique(f"products[{at}].plans", [one.name for one in product.plans], "name")
        for place, plan in enumerate(product.plans):
            _check(f"products[{at}].plans[{place}]", plan)
    return wanted


def _check(path: str, plan: Plan) -> None:
    """Refuse amounts and intervals that PayPal would refuse, by the field's place."""
    amounts = {f"{path}.price": plan.price}
    intervals = {path: plan, **{f"{path}.trials[{n}]": one for n, one in enumerate(plan.trials)}}
    amounts |= {f"{path}.trials[{n}].price": one.price for n, one in enumerate(plan.trials)}
    if plan.setup_fee is not None:
        amounts[f"{path}.setup_fee"] = plan.setup_fee
    for field, amount in amounts.items():
        try:
            money = plan.money(amount)
        except ValueError as exc:
            raise SettingsError(f"{field}: {exc}; write an amount in {plan.currency}") from None
        if money.minor < 0 or (field == f"{path}.price" and money.minor == 0):
            raise SettingsError(f"{field}: the amount must be above 0")
    for field, one in intervals.items():
        most = _CAPS[one.interval]
        if one.interval_count > most:
            raise SettingsError(
                f"{field}.interval_count: PayPal takes at most {most} for {one.interval}"
            )


def _unique(path: str, names: Sequence[str], field: str) -> None:
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise SettingsError(f"{path}: the {field} {twice[0]!r} occurs twice; make it unique")


def _told(error: Any) -> str:
    """One of pydantic's errors: the field, what is wrong, what to do."""
    place: tuple[str | int, ...] = error["loc"]
    # For one of several types pydantic adds the type's name to the place.
    names = [one for one in place if one not in ("str", "int")]
    path = ""
    for one in names:
        path += f"[{one}]" if isinstance(one, int) else f".{one}" if path else one
    if error["type"] != "extra_forbidden":
        message = str(error["msg"]).removeprefix("Value error, ")
        return f"{path or 'the file'}: {message[:1].lower()}{message[1:]}"
    outer = [str(one) for one in names[:-1]]
    inside = next((_MODELS[one] for one in reversed(outer) if one in _MODELS), Wanted)
    known = list(inside.model_fields)
    close = difflib.get_close_matches(str(names[-1]), known, 1)
    remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    return f"{path}: no such field; remove it, or correct its name: {remedy}"
