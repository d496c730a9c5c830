"""The stack's configuration: read once, unknown keys refused, every refusal with its remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

from pulumi import RunError
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic.alias_generators import to_camel

from infra import coherence

PROJECT = "penstock"
ROOT = Path(__file__).resolve().parent.parent
PROJECT_FILE = ROOT / "Pulumi.yaml"

# [aws] The queue hides a message for at least six times the function's timeout (Lambda, "Using
# Lambda with Amazon SQS"), so that a throttled invocation is not handed out twice.
VISIBILITY_FACTOR = 6

# Function names hold the stack's and the plugin's, and end at 64 characters [aws].
_STACK = re.compile(r"[a-z][a-z0-9-]{0,15}")
# Environment variables hold the plugin's too: PROVIDER_<NAME>_<FIELD>, without ambiguity.
_NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
# RFC 1123, two labels at least, in lower case: DNS makes no difference, ACM and we do.
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)

_FORBIDDING = ConfigDict(
    alias_generator=to_camel, extra="forbid", frozen=True, strict=True, populate_by_name=False
)
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]+$")]
# [aws] The retentions CloudWatch Logs knows.
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]


# What the entries of lists are, for who wrote another.
_LISTED = {
    "alertEmails": "an address, as in oncall@example.com",
    "accounts": "the 12 digits of an account, in quotes",
    "operators": "the ARN of a role, as in arn:aws:iam::123456789012:role/name",
}


class ConfigError(RunError):
    """
    A configuration that cannot be deployed: one line per key, each with its remedy.

    Pulumi prints an error of this kind without a traceback.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Domain(BaseModel):
    """
    The API's name.

    Attributes:
        name: what the API answers to.
        zone: the hosted zone that is there already, and that the name lies in.
    """

    model_config = _FORBIDDING

    name: str
    zone: str

    @field_validator("name", "zone")
    @classmethod
    def _is_one(cls, value: str) -> str:
        if not _DOMAIN.fullmatch(value):
            raise ValueError(
                "not a domain: write it in lower case, without scheme, path or final dot, "
                "as in pay.example.com"
            )
        return value


class StackSettings(BaseModel):
    """
    The keys of the stack, as `Pulumi.<stack>.yaml` writes them (in camelCase).

    Attributes:
        gateways: settings of each gateway, by its name; the plugin's own names inside.
        sinks: settings of each sink, by its name; `events` narrows the types it is sent.
        sqs_max_number_of_messages: how many payment messages one charge takes at a time.
        log_level: INFO or DEBUG; alarms are made of what is logged, so more is refused.
        consumers: who consumes the queues, "functions" or a `penstock serve` of one's own; never
            both: each message would be worked on twice.
        visibility_timeout_seconds: how long a queue hides a message that was handed out; 0
            stands for the least that is safe.
        sweep_minutes: how often the sweep looks for what was left behind.
        protect: whether what holds money or names is protected from deletion.
        bundles: the folder of the zips, absolute or beside Pulumi.yaml.
        domain: the API's own name; without it the API answers to the one AWS gives it.
        alert_emails: who is told of alarms.
        accounts: the AWS accounts the stack may be made in; any when empty.
        operators: roles that may send to the queue of verified deliveries, besides those the
            stack knows: who redrives it.
        reserved_concurrency: per function, its share of the account's; none when left out.
        maximum_concurrency: how many batches of one queue are worked on at once.
        monthly_budget_usd: what the account may cost before somebody is told; 0 for no budget.
        tracing: whether X-Ray follows invocations.
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
    bundles: str = Field(min_length=1)
    visibility_timeout_seconds: int = Field(ge=0, le=43_200)
    domain: Domain | None = None
    alert_emails: list[Email]
    accounts: list[Account]
    operators: list[RoleArn]
    reserved_concurrency: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(
        default_factory=dict
    )
    maximum_concurrency: int = Field(ge=2, le=1000)
    throttling_rate: int = Field(ge=1, le=10_000)
    throttling_burst: int = Field(ge=1, le=5_000)
    log_retention_days: Days
    monthly_budget_usd: int = Field(ge=0)
    tracing: bool
    quiet_hours: int = Field(ge=1, le=24)

    @field_validator("gateways", "sinks", mode="before")
    @classmethod
    def _named_only(cls, value: Any) -> Any:
        """`[paypal, example]` is short for each without settings of its own."""
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return {name: {} for name in value}
        return value

    @field_validator("gateways", "sinks")
    @classmethod
    def _names(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} cannot name queues and functions: use up to 30 of a-z and 0-9, "
                    "beginning with a letter"
                )
        return value

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


def load(stack: str, config: Mapping[str, Any]) -> StackSettings:
    """
    Read the project's keys (without their namespace) into settings.

    Args:
        config: values as Pulumi hands them out: texts, objects as JSON; or plain values.

    Raises:
        ConfigError: names each key that is wrong, and what to do.
    """
    if not _STACK.fullmatch(stack):
        raise ConfigError(
            f"stack {stack!r}: name it with up to 16 of a-z, 0-9 and -, beginning with a letter"
        )
    values = {key: _plain(key, value) for key, value in config.items()}
    try:
        settings = StackSettings.model_validate(values)
    except ValidationError as exc:
        raise ConfigError(*(_problem(error) for error in exc.errors())) from None
    checks = coherence.times(settings), coherence.logs(settings), coherence.shape(stack, settings)
    if problems := [problem for found in checks for problem in found]:
        raise ConfigError(*problems)
    return settings


def _plain(key: str, value: Any) -> Any:
    """Pulumi hands every value out as text: numbers, booleans and objects as JSON."""
    field = next((f for n, f in StackSettings.model_fields.items() if to_camel(n) == key), None)
    if field is None or not isinstance(value, str) or field.annotation is str:
        return value
    if get_origin(field.annotation) is Literal and field.annotation is not Days:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # The model says what it should have been.


def _problem(error: Any) -> str:
    """One line on one wrong key: which, what kind of value it has, what to do. No value in it."""
    *within, last = error["loc"]
    key = ".".join([f"{PROJECT}:{error['loc'][0]}", *map(str, error["loc"][1:])])
    match error["type"]:
        case "extra_forbidden":
            known = Domain if within else StackSettings
            return f"{key} is not a key of this project: {_instead(str(last), known)}"
        case "missing" if within:
            return f"{key} is missing: set it in {PROJECT}:{within[0]}"
        case "missing":
            return f"{key} is missing: set it, or restore its default in {PROJECT_FILE.name}"
        case "value_error":
            return f"{key}: {error['ctx']['error']}"
        case _:
            kind = type(error["input"]).__name__
            return f"{key} has a value of kind {kind} that does not do: {_remedy(error)}"


def _instead(wrong: str, known: type[BaseModel]) -> str:
    """The key that was meant, or all there are."""
    keys = sorted(to_camel(name) for name in known.model_fields)
    if near := get_close_matches(to_camel(wrong), keys, n=1):
        return f"did you mean {near[0]}"
    return f"remove it; there are {', '.join(keys)}"


def _remedy(error: Any) -> str:
    match error["type"], error["loc"]:
        case "dict_type", ("gateways" | "sinks",):
            return "write {name: {setting: value}}, or [name] for those without settings"
        case "dict_type", ("gateways" | "sinks", *_):
            return "write {setting: value}, or {} for none"
        case "model_type", _:
            return "write {name: pay.example.com, zone: example.com}"
        case "string_type", _:
            return "write text, in quotes"
        case "string_pattern_mismatch", (key, *_) if key in _LISTED:
            return f"write {_LISTED[key]}"
        case _:
            return str(error["msg"])
