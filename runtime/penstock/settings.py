"""Settings, read once from the environment; a missing required setting stops the start."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from penstock.errors import SettingsError

if TYPE_CHECKING:
    from penstock.domain.rules import AccessPolicy


class Function(StrEnum):
    """The functions that read their settings here; `receive` reads its own two variables."""

    api = "api"
    merchant = "merchant"
    verify = "verify"
    process = "process"
    charge = "charge"
    deliver = "deliver"
    sweep = "sweep"
    gaps = "gaps"
    renew = "renew"
    operate = "operate"


def _names(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


def _addresses(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Addresses = Annotated[dict[str, str], BeforeValidator(_addresses)]
AfterMoneyBack = Literal["end", "keep"]
WebAddress = Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=512)]
_PUBLIC = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?|http://127\.0\.0\.1(:\d+)?(/[^\s?#]*)?")
Seconds = Annotated[float, Field(gt=0, le=43_200, allow_inf_nan=False)]


def _variable(name: str, remedy: str, default: Any = None) -> Any:
    """A field: the variable it is read from, and the kind of its value."""
    return Field(default=default, validation_alias=name, description=remedy)


class Settings(BaseModel):
    """
    The settings of one function or host; times in the environment are in seconds.

    Attributes:
        unknown_after: how long the search for a lost invoice must stay empty.
        request_timeout: one HTTP request to a gateway or sink.
        item_timeout: one message of a batch.
        grace_days: how long access goes on when a subscription's payment is due.
        after_refund: whether a full refund ends access; `after_chargeback`: whether a chargeback
            or a lost dispute does; `during_dispute`: whether an open dispute does.
        retention_days: how long the names and e-mail addresses of payers are kept.
        operations_api: whether the API serves operators' commands.
        pages_brand: the merchant's name on buyers' pages, whose `pages_language` is for browsers
            that ask for none of theirs; `pages_support_url` is where buyers get help, and
            `pages_continue_url` where they go on.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _variable(
        "LOG_LEVEL", "one of DEBUG, INFO, WARNING, ERROR", "INFO"
    )
    stack: str = _variable("PENSTOCK_STACK", "the stack's name", "")
    api_url: str = _variable("PENSTOCK_API_URL", "where the API is served", "")
    item_timeout: Seconds = _variable(
        "PENSTOCK_ITEM_TIMEOUT_SECONDS", "seconds, more than 0", 20.0
    )
    request_timeout: Seconds = _variable(
        "PENSTOCK_REQUEST_TIMEOUT_SECONDS", "seconds, more than 0", 8.0
    )
    backoff_base: Seconds = _variable("PENSTOCK_BACKOFF_BASE_SECONDS", "seconds, more than 0", 2.0)
    backoff_cap: Seconds = _variable(
        "PENSTOCK_BACKOFF_CAP_SECONDS", "seconds, at most 43200", 900.0
    )
    unknown_after: Seconds = _variable(
        "PENSTOCK_UNKNOWN_AFTER_SECONDS", "seconds, more than 0", 600.0
    )
    gateways: Names = _variable("PENSTOCK_GATEWAYS", "names of gateways, with commas", ())
    sinks: Names = _variable("PENSTOCK_SINKS", "names of sinks, with commas", ())
    sink: str | None = _variable("PENSTOCK_SINK", "the name of the sink to deliver to")
    secrets_prefix: str | None = _variable(
        "PENSTOCK_SECRETS_PREFIX", "what the names of the plugins' secrets begin with"
    )
    ledger_table: str | None = _variable("PENSTOCK_LEDGER_TABLE", "the ledger table's name")
    deliveries_topic: str | None = _variable(
        "PENSTOCK_DELIVERIES_TOPIC_ARN", "the ARN of the deliveries topic"
    )
    events_topic: str | None = _variable(
        "PENSTOCK_EVENTS_TOPIC_ARN", "the ARN of the events topic"
    )
    verified_queue: str | None = _variable(
        "PENSTOCK_VERIFIED_QUEUE_URL", "the URL of the verified queue"
    )
    deliveries_queue: str | None = _variable(
        "PENSTOCK_DELIVERIES_QUEUE_URL", "the URL of the deliveries queue"
    )
    rejected_queue: str | None = _variable(
        "PENSTOCK_REJECTED_QUEUE_URL", "the URL of the rejected queue"
    )
    payments_queue: str | None = _variable(
        "PENSTOCK_PAYMENTS_QUEUE_URL", "the URL of the payments queue"
    )
    grace_days: Annotated[int, Field(ge=0, le=60)] = _variable(
        "PENSTOCK_GRACE_DAYS", "a whole number of days from 0 to 60", 3
    )
    retention_days: Annotated[int | None, Field(ge=30, le=36_500)] = _variable(
        "PENSTOCK_RETENTION_DAYS", "a whole number of days from 30 to 36500, or nothing"
    )
    after_refund: AfterMoneyBack = _variable("PENSTOCK_ACCESS_AFTER_REFUND", "end or keep", "end")
    after_chargeback: AfterMoneyBack = _variable(
        "PENSTOCK_ACCESS_AFTER_CHARGEBACK", "end or keep", "end"
    )
    during_dispute: AfterMoneyBack = _variable(
        "PENSTOCK_ACCESS_DURING_DISPUTE", "end or keep", "keep"
    )
    pages_brand: Annotated[str, Field(max_length=127)] = _variable(
        "PENSTOCK_PAGES_BRAND", "the merchant's name, of at most 127 characters", ""
    )
    pages_language: Literal["en", "zh-TW"] = _variable(
        "PENSTOCK_PAGES_LANGUAGE", "en or zh-TW", "en"
    )
    pages_support_url: WebAddress | None = _variable(
        "PENSTOCK_PAGES_SUPPORT_URL", "an http(s) address"
    )
    pages_continue_url: WebAddress | None = _variable(
        "PENSTOCK_PAGES_CONTINUE_URL", "an http(s) address"
    )
    operations_api: bool = _variable("PENSTOCK_OPERATIONS_API", "true or false", default=False)
    queue: str | None = _variable("SQS_QUEUE_URL", "the URL of the queue to consume")
    dead_letters: str | None = _variable("SQS_DLQ_QUEUE_URL", "the URL of its dead-letter queue")
    dead_letter_queues: Addresses = _variable(
        "PENSTOCK_DEAD_LETTER_QUEUES", "the URL of each dead-letter queue, as a JSON object", {}
    )
    max_messages: Annotated[int, Field(ge=1, le=10)] = _variable(
        "SQS_MAX_NUMBER_OF_MESSAGES", "a whole number from 1 to 10", 1
    )

    @classmethod
    def read(cls, environ: Mapping[str, str], function: Function | None = None) -> Self:
        """
        Read the environment; an empty variable is a missing one.

        Args:
            function: the function whose settings are required; None checks each when it is used.

        Raises:
            SettingsError: names each variable, the kind of its value (never the value) and the
                remedy.
        """
        try:
            settings = cls.model_validate({k: v for k, v in environ.items() if v})
        except ValidationError as exc:
            # `from None`: the cause may hold values.
            raise SettingsError("; ".join(_complaints(exc, environ))) from None
        missing = [name for name in NEEDS.get(function, ()) if not getattr(settings, name)]
        if missing:
            raise SettingsError("; ".join(_missing(name) for name in missing))
        if function is Function.merchant:
            _ = settings.public_url
        return settings

    def need(self, name: str) -> str:
        """
        A required text setting.

        Raises:
            SettingsError: it is missing; names the variable.
        """
        value = getattr(self, name)
        if not value:
            raise SettingsError(_missing(name))
        return cast(str, value)

    @property
    def public_url(self) -> str:
        """
        The API's address, without a slash at its end, for buyers to return to.

        Raises:
            SettingsError: it is missing, or no buyer can reach it; names the variable.
        """
        url = self.need("api_url").rstrip("/")
        if not _PUBLIC.fullmatch(url):
            raise SettingsError(
                f"{variable('api_url')} is no address that buyers can return to; it must begin "
                "with https:// (http:// only where it is this machine itself) and hold no query"
            )
        return url

    @property
    def unknown_after_delta(self) -> timedelta:
        """`unknown_after` as the pipeline takes it."""
        return timedelta(seconds=self.unknown_after)

    @property
    def access_policy(self) -> AccessPolicy:
        """What a subscription's payments give access to."""
        # Imported here: most functions need no rules.
        from penstock.domain.rules import AccessPolicy

        return AccessPolicy(
            timedelta(days=self.grace_days),
            refund_ends=self.after_refund == "end",
            chargeback_ends=self.after_chargeback == "end",
            dispute_ends=self.during_dispute == "end",
        )

    @property
    def lease(self) -> timedelta:
        """
        How long one attempt may hold an operation.

        Longer than its message may take, so that no worker is at it once the lease has ended.
        """
        return timedelta(seconds=self.item_timeout + 5)


_CONSUMER = ("queue", "dead_letters")
_MONEY = ("ledger_table", "events_topic", "gateways", "secrets_prefix")
NEEDS: Mapping[Function | None, tuple[str, ...]] = {
    Function.api: ("ledger_table", "payments_queue", "gateways"),
    Function.merchant: (*_MONEY, "api_url"),
    Function.verify: (
        *_CONSUMER,
        "verified_queue",
        "rejected_queue",
        "gateways",
        "secrets_prefix",
    ),
    Function.process: (*_CONSUMER, *_MONEY, "rejected_queue"),
    Function.charge: (*_CONSUMER, *_MONEY),
    Function.deliver: (*_CONSUMER, "ledger_table", "sink", "secrets_prefix"),
    Function.sweep: (*_MONEY, "payments_queue", "verified_queue"),
    Function.gaps: (
        "ledger_table",
        "deliveries_queue",
        "verified_queue",
        "gateways",
        "secrets_prefix",
    ),
    Function.renew: ("dead_letter_queues",),
    Function.operate: ("ledger_table", "gateways"),
}
"""The required settings of each function, in addition to its plugins' settings."""


def variable(name: str) -> str:
    """The variable that a setting is read from."""
    return cast(str, Settings.model_fields[name].validation_alias)


def _missing(name: str) -> str:
    remedy = Settings.model_fields[name].description
    return f"{variable(name)} is missing; it must hold {remedy}"


def _complaints(exc: ValidationError, environ: Mapping[str, str]) -> list[str]:
    remedies = {
        cast(str, field.validation_alias): field.description
        for field in Settings.model_fields.values()
    }
    names = dict.fromkeys(str(error["loc"][0]) for error in exc.errors(include_url=False))
    return [
        f"{name} is a text of {len(environ[name])} character(s); it must hold {remedies[name]}"
        for name in names
    ]
