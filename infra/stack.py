"""What the stack consists of before its functions: names, queues, topics, tables and secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.components.api import HttpApi, HttpApiArgs
from infra.components.domain import ApiDomain, ApiDomainArgs, Record
from infra.components.ledger import Ledger, LedgerArgs
from infra.components.queue import FifoQueue, FifoQueueArgs
from infra.components.secret import PluginSecret, PluginSecretArgs
from infra.components.topic import FifoTopic, FifoTopicArgs, Subscription, SubscriptionArgs
from infra.config.aws_keys import allowed_accounts, outside_tags, reach
from infra.config.configured import Plugins
from infra.config.domain import Domain
from infra.config.project import PROJECT
from infra.config.settings import StackSettings
from infra.config.stackconfig import all_config

STAGES = ("deliveries", "verified", "payments")
TERMINAL = "rejected"
TOPICS = ("deliveries", "events")


@dataclass(frozen=True, slots=True)
class Foundation:
    """
    What functions are wired to.

    Attributes:
        prefix: what every physical name begins with.
        account: the AWS account that everything is made in.
        queues: by logical name; a sink's is `sink-<name>`.
        records: DNS records that the stack cannot make, where its zone is elsewhere.
        secrets: by the gateway or sink; what authenticates webhooks is `<gateway>-webhooks`.
    """

    stack: str
    prefix: str
    settings: StackSettings
    plugins: Plugins
    provider: aws.Provider
    account: pulumi.Output[str]
    ledger: Ledger
    api: HttpApi
    topics: Mapping[str, FifoTopic]
    queues: Mapping[str, FifoQueue]
    secrets: Mapping[str, PluginSecret]
    records: list[Record] = field(default_factory=list[Record])

    @property
    def options(self) -> pulumi.ResourceOptions:
        """The options of every component: our own provider, so that nothing goes astray."""
        return pulumi.ResourceOptions(provider=self.provider)

    @property
    def secrets_prefix(self) -> str:
        """What secret names begin with, before `/<plugin>`."""
        return self.prefix


def log_of_serve(stack: str) -> str:
    """The log group that a host of `penstock serve` writes to."""
    return f"/{PROJECT}/{stack}/serve"


def aws_provider(stack: str, settings: StackSettings) -> aws.Provider:
    """
    AWS in the stack's region; in another account than those named, if any is, it
    makes nothing. What it makes is tagged with whose it is, and as the settings say.

    Only default providers read the configuration of `aws:` by themselves, so it is handed on to
    ours. The last four arguments point it elsewhere than to AWS, to an emulator.
    """
    config, given = pulumi.Config("aws"), all_config()
    own = {"project": PROJECT, "stack": stack}
    return aws.Provider(
        "aws",
        region=config.require("region"),
        allowed_account_ids=list(allowed_accounts(given, settings.accounts)) or None,
        default_tags={"tags": {**outside_tags(given), **settings.tags, **own}},
        **reach(given),
        endpoints=config.get_object("endpoints"),
        skip_credentials_validation=config.get_bool("skipCredentialsValidation"),
        skip_metadata_api_check=config.get_bool("skipMetadataApiCheck"),
        skip_requesting_account_id=config.get_bool("skipRequestingAccountId"),
    )


def foundation(stack: str, settings: StackSettings, plugins: Plugins) -> Foundation:
    """Make everything that holds or carries data."""
    prefix = f"{PROJECT}-{stack}"
    provider = aws_provider(stack, settings)
    options = pulumi.ResourceOptions(provider=provider)
    invoke = pulumi.InvokeOutputOptions(provider=provider)
    protect, key = settings.protect, settings.key

    def queue(name: str, protected: bool = protect, *, terminal: bool = False) -> FifoQueue:
        visibility = settings.visibility_seconds
        args = FifoQueueArgs(f"{prefix}-{name}", visibility, terminal, protected, key)
        return FifoQueue(name, args, options)

    made = Foundation(
        stack,
        prefix,
        settings,
        plugins,
        provider,
        aws.get_caller_identity_output(opts=invoke).account_id,
        _ledger(prefix, settings, options),
        HttpApi("api", _api_args(prefix, stack, settings), options),
        {
            name: FifoTopic(name, FifoTopicArgs(f"{prefix}-{name}", key), options)
            for name in TOPICS
        },
        {name: queue(name) for name in STAGES}
        | {
            # What they hold is in the ledger, too, and can be sent again.
            f"sink-{sink}": queue(f"sink-{sink}", protect and settings.protect_sinks)
            for sink in plugins.sinks
        }
        | {TERMINAL: queue(TERMINAL, terminal=True)},
        {
            name: PluginSecret(
                name,
                PluginSecretArgs(
                    f"{prefix}/{name}",
                    fields,
                    "verify" if name in settings.shared_secrets else None,
                    key,
                ),
                options,
            )
            for kept in plugins.secrets.values()
            for name, fields in kept.items()
        },
    )
    _subscribe(made)
    if settings.domain:
        made.records.extend(_named(made, settings.domain, invoke))
    return made


def _named(
    made: Foundation, domain: Domain, invoke: pulumi.InvokeOutputOptions
) -> Sequence[Record]:
    """Give the API its name; returns the records that somebody else must make."""
    zone = aws.route53.get_zone_output(name=domain.zone, opts=invoke) if domain.zone else None
    args = ApiDomainArgs(
        domain.name,
        zone.zone_id if zone else None,
        made.api,
        made.settings.protect and made.settings.protect_domain,
        domain.certificate,
        domain.answers,
    )
    return ApiDomain("api", args, made.options).records


def _ledger(prefix: str, settings: StackSettings, options: pulumi.ResourceOptions) -> Ledger:
    """
    The table that functions use. After a restore the first one stays beside it: what it holds is
    evidence, and taking the setting out leads back to it.
    """
    own = Ledger("ledger", LedgerArgs(f"{prefix}-ledger", settings.protect, settings.key), options)
    if not settings.ledger_table:
        return own
    args = LedgerArgs(settings.ledger_table, settings.protect, settings.key, restored=True)
    return Ledger(settings.ledger_table, args, options)


def _api_args(prefix: str, stack: str, settings: StackSettings) -> HttpApiArgs:
    return HttpApiArgs(
        f"{prefix}-api",
        stack,
        settings.throttling_rate,
        settings.throttling_burst,
        settings.log_retention_days,
        settings.own_name,
        settings.key,
    )


def _subscribe(made: Foundation) -> None:
    topics, queues = made.topics, made.queues
    Subscription(
        "deliveries",
        SubscriptionArgs(topics["deliveries"], queues["deliveries"]),
        made.options,
    )
    for sink, one in made.plugins.sinks.items():
        Subscription(
            f"sink-{sink}",
            SubscriptionArgs(
                topics["events"],
                queues[f"sink-{sink}"],
                one.events,
            ),
            made.options,
        )
