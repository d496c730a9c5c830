"""What an account should sell, as a person writes it in a file: products with their plans."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from penstock.api import BillingCycle, Interval, IntervalUnit, Money, SettingsError
from penstock_paypal import shapes
from penstock_paypal.account.complaint import complaints

_PERCENT = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?|100(\.0{1,4})?")
_AMOUNT = 'an amount in quotes, such as "9.90"'
_URL = "an address of at most 2000 characters that begins with https://"
_TEXT = "a text of 1 to {} characters"
_TO_999 = "a whole number from 0 to 999"
_PERCENTAGE = 'a percentage in quotes from 0 to 100, such as "19" or "7.5"'
_CAPS = {"day": 365, "week": 52, "month": 12, "year": 1}
"""The longest interval of each unit (billing_subscriptions_v1, `frequency`)."""


def _no_float(what: str) -> BeforeValidator:
    def refuse(value: object) -> object:
        if isinstance(value, float):
            raise ValueError(f'write the {what} in quotes, such as "9.90"')
        return value

    return BeforeValidator(refuse)


def _percent(value: str | int | None) -> str | int | None:
    if value is not None and not _PERCENT.fullmatch(str(value)):
        raise ValueError(f"expected {_PERCENTAGE}")
    return value


def _ours(value: str) -> str:
    if value.startswith("PROD-"):
        raise ValueError("ids that begin with PROD- are PayPal's own: choose another")
    return value


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Priced(_Written):
    """One kind of billing cycle."""

    price: Annotated[str | int, _no_float("amount")] = Field(description=_AMOUNT)
    interval: Literal["day", "week", "month", "year"] = Field(
        description="day, week, month or year"
    )
    interval_count: int = Field(1, ge=1, description="a whole number from 1 on")


class Trial(_Priced):
    """A trial; its price may be 0."""

    cycles: int = Field(1, ge=1, le=999, description="a whole number from 1 to 999")


class Plan(_Priced):
    """A plan; its name finds it again among the product's."""

    name: str = Field(min_length=1, max_length=127, description=_TEXT.format(127))
    description: str | None = Field(
        None, min_length=1, max_length=127, description=_TEXT.format(127)
    )
    currency: str = Field(
        pattern="^[A-Z]{3}$", description="three capital letters of ISO 4217, such as EUR"
    )
    cycles: int = Field(0, ge=0, le=999, description=_TO_999)
    trials: list[Trial] = Field([], max_length=2, description="a list of at most two trials")
    setup_fee: Annotated[str | int | None, _no_float("number")] = Field(None, description=_AMOUNT)
    collect_outstanding: bool = Field(True, description="true or false")
    suspend_after_failures: int = Field(0, ge=0, le=999, description=_TO_999)
    tax_percent: Annotated[str | int | None, _no_float("number"), AfterValidator(_percent)] = (
        Field(None, description=_PERCENTAGE)
    )
    tax_included: bool = Field(True, description="true or false")

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

    id: Annotated[str, AfterValidator(_ours)] = Field(
        pattern="^[A-Z0-9-]{6,50}$", description="6 to 50 capital letters, digits and hyphens"
    )
    name: str = Field(min_length=1, max_length=127, description=_TEXT.format(127))
    type: Literal["PHYSICAL", "DIGITAL", "SERVICE"] = Field(
        description="PHYSICAL, DIGITAL or SERVICE"
    )
    description: str | None = Field(
        None, min_length=1, max_length=256, description=_TEXT.format(256)
    )
    category: str | None = Field(
        None,
        pattern="^[A-Z_]{4,256}$",
        description="one of PayPal's categories in capital letters, such as SOFTWARE",
    )
    home_url: str | None = Field(None, pattern="^https://", max_length=2000, description=_URL)
    image_url: str | None = Field(None, pattern="^https://", max_length=2000, description=_URL)
    plans: list[Plan] = Field(min_length=1, description="a list of at least one plan")


class Wanted(_Written):
    """The whole file."""

    products: list[Product] = Field(min_length=1, description="a list of at least one product")


_PARTS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "products": ("product", Product),
    "plans": ("plan", Plan),
    "trials": ("trial", Trial),
}


def read(document: object) -> Wanted:
    """
    Read a file's content.

    Raises:
        SettingsError: names the field and the remedy.
    """
    try:
        wanted = Wanted.model_validate(document)
    except ValidationError as exc:
        raise SettingsError(complaints(exc, Wanted, _PARTS)) from None
    _unique("products", [one.id for one in wanted.products], "id")
    for at, product in enumerate(wanted.products):
        _unique(f"products[{at}].plans", [one.name for one in product.plans], "name")
        for place, plan in enumerate(product.plans):
            _check(f"products[{at}].plans[{place}]", plan)
    return wanted


def _check(path: str, plan: Plan) -> None:
    """Refuse amounts and intervals that PayPal would refuse, by the field's place."""
    try:
        Money.parse("0", plan.currency)
    except ValueError as exc:
        raise SettingsError(f"{path}.currency: {exc}") from None
    intervals = {path: plan, **{f"{path}.trials[{n}]": one for n, one in enumerate(plan.trials)}}
    # With the least that each may be, in minor units.
    amounts = [(f"{path}.price", plan.price, 1)]
    amounts += [(f"{path}.trials[{n}].price", one.price, 0) for n, one in enumerate(plan.trials)]
    if plan.setup_fee is not None:
        amounts.append((f"{path}.setup_fee", plan.setup_fee, 0))
    for field, amount, least in amounts:
        try:
            money = plan.money(amount)
        except ValueError as exc:
            raise SettingsError(f"{field}: {exc}; write an amount in {plan.currency}") from None
        if money.minor < least:
            how = "be above 0" if least else "not be below 0"
            raise SettingsError(f"{field}: the amount must {how}")
    for field, one in intervals.items():
        most = _CAPS[one.interval]
        if one.interval_count > most:
            raise SettingsError(
                f"{field}.interval_count: PayPal takes at most {most} for {one.interval}"
            )


def _unique(path: str, names: Sequence[str], field: str) -> None:
    twice = sorted(name for name in names if names.count(name) > 1)
    if twice:
        raise SettingsError(f"{path}: the {field} {twice[0]!r} occurs twice; make it unique")
