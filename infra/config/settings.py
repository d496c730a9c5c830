"""The stack's configuration: read once, unknown keys refused, every refusal with its remedy."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic.alias_generators import to_camel

from infra.config.address import Address
from infra.config.alerting import MOST_TOPICS, Endpoint, TopicArn
from infra.config.domain import Domain
from infra.config.key import is_key
from infra.config.pages import Pages
from infra.config.roles import RoleSettings
from infra.config.tags import Tags

# [aws] The queue hides a message for at least six times the function's timeout (Lambda, "Using
# Lambda with Amazon SQS"), so that a throttled invocation is not handed out twice.
VISIBILITY_FACTOR = 6

# [aws] A function's name has at most 64 characters: penstock-<stack, 16>-deliver-<sink, 30>.
_NAME = re.compile(r"(?=.{1,30}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OURS = ("-dlq", "-webhooks")
"""What the names of a dead-letter queue and of a gateway's second secret end with."""
_FORBIDDING = ConfigDict(
    alias_generator=to_camel, extra="forbid", frozen=True, strict=True, populate_by_name=False
)
Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]+$")]
_LEAST_DAYS = 30
"""A payer's name is kept for as long at least: an invoice or a retry may need it."""
# [aws] The retentions CloudWatch Logs knows.
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]


class AccessSettings(BaseModel):
    """
    What a subscription's payments give access to.

    Attributes:
        grace_days: how long access goes on when a payment is due and does not come.
        after_refund: whether a full refund ends what the payment paid for, "end" or "keep";
            likewise `after_chargeback`, also for a dispute that is lost, and `during_dispute`,
            while one is open.
    """

    model_config = _FORBIDDING

    grace_days: int = Field(default=3, ge=0, le=60)
    after_refund: Literal["end", "keep"] = "end"
    after_chargeback: Literal["end", "keep"] = "end"
    during_dispute: Literal["end", "keep"] = "keep"


class StackSettings(BaseModel):
    """
    The keys of the stack, as `Pulumi.<stack>.yaml` writes them (in camelCase).

    Attributes:
        gateways: settings of each gateway, by its name; the plugin's own names inside. `plugin`
            says what a gateway is an instance of; without it, its name does.
        sinks: settings of each sink, likewise; `events` narrows the types it is sent.
        sqs_max_number_of_messages: how many payment messages one charge takes at a time.
        log_level: INFO or DEBUG; alarms are made of what is logged, so more is refused.
        consumers: who consumes the queues, "functions" or a `penstock serve` of one's own; never
            both: each message would be worked on twice.
        visibility_timeout_seconds: how long a queue hides a message that was handed out; 0
            stands for the least that is safe.
        sweep_minutes: how often the sweep looks for what was left behind.
        protect: whether what holds money or names is protected from deletion.
        kms_key: the ARN of a key that encrypts queues, topics, table, secrets and logs; empty for
            the services' own.
        protect_sinks: whether a protected stack protects the queues of its sinks, too: without,
            a sink can be removed.
        protect_domain: whether a protected stack protects the API's name, too: without, it can
            be renamed.
        bundles: the folder of the zips, absolute or beside Pulumi.yaml.
        ledger_table: a table that the ledger was restored into, and that is used from now on;
            empty for the one that the stack makes.
        domain: the API's own name; without it the API answers to the one AWS gives it.
        pages: the merchant's name, language and links on the pages that buyers see.
        access: what a subscription's payments give access to.
        tags: of every resource that takes any, besides the stack's own.
        roles: the path and the limit of every role, and who takes on `operator` and `serve`.
        alert_emails: the addresses that are notified of alarms.
        alert_endpoints: https addresses that are notified, too.
        alert_topics: existing standard topics that also receive alarms.
        accounts: the AWS accounts the stack may be made in; any when empty.
        operators: roles that may send to the queues that are believed and to their dead-letter
            queues, besides those the stack knows: who redrives them.
        payment_senders: roles that may send to payments.fifo, besides the functions that must: a
            backend that does not use the API.
        shared_secrets: gateways whose webhooks are still verified by their whole secret, until it
            is split.
        reserved_concurrency: per function, its share of the account's; none when left out.
        maximum_concurrency: how many batches of one queue are worked on at once.
        retention_days: how long the names and e-mail addresses of payers are kept, at least 30
            days; 0 keeps them.
        monthly_budget_usd: the cost above which people are notified; 0 for no budget.
        tracing: whether X-Ray follows invocations.
        operations_api: whether the API serves operators' short commands, by a function of its own.
        quiet_hours: without a delivery for so long, somebody is told.
    """

    model_config = _FORBIDDING

    gateways: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sinks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    sqs_max_number_of_messages: int = Field(ge=1, le=10)
    backoff_base_seconds: int = Field(ge=1, le=900)
    backoff_cap_seconds: int = Field(ge=1, le=43_200)
    unknown_after_seconds: int = Field(ge=1)
    function_timeout_seconds: int = Field(ge=6, le=900)
    item_timeout_seconds: int = Field(ge=1)
    request_timeout_seconds: int = Field(ge=1)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    consumers: Literal["functions", "serve"]
    sweep_minutes: int = Field(ge=1, le=60)
    protect: bool
    kms_key: Annotated[str, AfterValidator(is_key)] = ""
    protect_sinks: bool = True
    protect_domain: bool = True
    ledger_table: str = ""
    bundles: str = Field(min_length=1)
    visibility_timeout_seconds: int = Field(ge=0, le=43_200)
    domain: Domain | None = None
    pages: Pages | None = None
    access: AccessSettings = Field(default_factory=AccessSettings)
    roles: RoleSettings = Field(default_factory=RoleSettings)
    tags: Tags = Field(default_factory=dict[str, Any])
    alert_emails: list[Address]
    alert_endpoints: list[Endpoint] = Field(default_factory=list[Endpoint])
    alert_topics: list[TopicArn] = Field(default_factory=list[TopicArn], max_length=MOST_TOPICS)
    accounts: list[Account]
    operators: list[RoleArn]
    payment_senders: list[RoleArn] = Field(default_factory=list[RoleArn])
    shared_secrets: list[str] = Field(default_factory=list[str])
    reserved_concurrency: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(
        default_factory=dict
    )
    maximum_concurrency: int = Field(ge=2, le=1000)
    throttling_rate: int = Field(ge=1, le=10_000)
    throttling_burst: int = Field(ge=1, le=5_000)
    log_retention_days: Days
    retention_days: int = Field(ge=0, le=36_500)
    monthly_budget_usd: int = Field(ge=0)
    tracing: bool
    quiet_hours: int = Field(ge=1, le=24)
    operations_api: bool

    @field_validator("gateways", "sinks", mode="before")
    @classmethod
    def _named_only(cls, value: Any) -> Any:
        """`[paypal, example]` is short for each without settings of its own."""
        if not isinstance(value, list):
            return value
        given = cast("list[Any]", value)
        if not all(isinstance(name, str) for name in given):
            return given
        if twice := next((name for name in given if given.count(name) > 1), None):
            raise ValueError(
                f"{twice} is named twice: give each instance a name of its own, as in "
                f"{{{twice}-ops: {{plugin: {twice}}}}}"
            )
        return {name: {} for name in given}

    @field_validator("gateways", "sinks")
    @classmethod
    def _names(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} cannot name queues and functions: use up to 30 of a-z, 0-9 and "
                    "single dashes between them, beginning with a letter"
                )
            if name.endswith(_OURS):
                raise ValueError(
                    f"{name!r} would be the name of another queue or secret of the stack: let it "
                    f"end with neither {' nor '.join(_OURS)}"
                )
        return value

    @field_validator(
        "gateways",
        "sinks",
        "accounts",
        "operators",
        "payment_senders",
        "shared_secrets",
        "alert_endpoints",
        "alert_topics",
    )
    @classmethod
    def _in_one_order(cls, value: Any) -> Any:
        """Their order means nothing, so it must change no resource."""
        # Not the addresses of alerts: their aliases are the places that earlier versions went by.
        return dict(sorted(value.items())) if isinstance(value, dict) else sorted(value)

    @field_validator("retention_days")
    @classmethod
    def _long_enough(cls, value: int) -> int:
        if 0 < value < _LEAST_DAYS:
            raise ValueError(
                f"an invoice may still need the payer's name: give {_LEAST_DAYS} days or more, "
                "or 0 to keep names for ever"
            )
        return value

    @field_validator("alert_endpoints", "alert_topics")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("one is named twice: name each once")
        return value

    @field_validator("alert_emails")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        if len({address.casefold() for address in value}) < len(value):
            raise ValueError("an address is named twice: name each address once")
        return value

    @property
    def key(self) -> str | None:
        """The customer's key; None for the services' own."""
        return self.kms_key or None

    @property
    def own_name(self) -> str | None:
        """The name that the API answers to alone; None for AWS's own."""
        return self.domain.name if self.domain and self.domain.answers else None

    @property
    def visibility_seconds(self) -> int:
        """How long a queue hides a message that was handed out."""
        return self.visibility_timeout_seconds or self.least_visibility_seconds

    @property
    def least_visibility_seconds(self) -> int:
        """The shortest a queue may hide one."""
        return VISIBILITY_FACTOR * self.function_timeout_seconds

    @property
    def enabled(self) -> bool:
        """Whether the functions consume the queues and the schedule runs."""
        return self.consumers == "functions"
