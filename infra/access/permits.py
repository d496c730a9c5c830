"""What each function may do: exact actions on exact resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pulumi

from infra.access import policies
from infra.components.function import Permit
from infra.components.ledger import DAY_INDEX, DUE_INDEX, EVENTS_INDEX, LOOK_UPS
from infra.components.queue import FifoQueue
from infra.config.configured import Configured
from infra.config.contract import entity_prefixes
from infra.config.plugins import Permission
from infra.config.project import ConfigError
from infra.stack import Foundation

_SETTING = re.compile(r"\{settings\.(\w+?)(\.domain)?\}")
_BESIDES = ("seen#*", "days")
"""What a commit writes besides an entity: seen ids, and the days that have events."""
LOOKED_UP_HERE = ("by_reference", "by_subscription")
"""The indexes that `merchant` asks: subscriptions by reference, payments by subscription."""
_RESOURCE = re.compile(r"(?!arn:)[a-z0-9-]+:[^\s{}*:][^\s{}*]*")


def publish(made: Foundation, topic: str) -> Permit:
    """Publish on one topic."""
    return Permit(policies.PUBLISH, [made.topics[topic].topic.arn])


def send(made: Foundation, *queues: str) -> Permit:
    """Send to queues."""
    return Permit(policies.SEND, [made.queues[name].queue.arn for name in queues])


def consume(queue: FifoQueue) -> Sequence[Permit]:
    """Take messages off a queue, and park them in its dead-letter queue."""
    if queue.dlq is None:
        raise ValueError("a queue that is consumed has a dead-letter queue")
    return [
        Permit(policies.CONSUME, [queue.queue.arn]),
        Permit(policies.SEND, [queue.dlq.arn]),
    ]


def renews(made: Foundation) -> Sequence[Permit]:
    """Take dead letters off their queues, and send them to the same queues again."""
    arns = [queue.dlq.arn for queue in made.queues.values() if queue.dlq]
    return [Permit(policies.CONSUME, arns), Permit(policies.SEND, arns)]


def entities(made: Foundation) -> Permit:
    """Read and write entities and what is committed with them; no tokens."""
    own = policies.items_only(*(f"{one}*" for one in entity_prefixes().values()), *_BESIDES)
    return Permit(policies.LEDGER, [made.ledger.table.arn], own)


def tokens(made: Foundation) -> Sequence[Permit]:
    """Check bearer tokens: read one, and note its use under another key. No token is written."""
    return [
        Permit(policies.READ_ITEM, [made.ledger.table.arn], policies.items_only("tokens")),
        Permit(policies.WRITE_ITEM, [made.ledger.table.arn], policies.items_only("tokens-used")),
    ]


def reads_audit(made: Foundation) -> Permit:
    """List what operators did, and nothing else that lies in the table."""
    return Permit(policies.QUERY, [made.ledger.table.arn], policies.items_only("audit#*"))


def restrictions(made: Foundation) -> Sequence[Permit]:
    """See what operators have restricted, and note what that holds. No restriction is written."""
    table = [made.ledger.table.arn]
    return [
        Permit(policies.QUERY, table, policies.items_only("restrictions")),
        Permit(policies.WRITE_ITEM, table, policies.items_only("held#*")),
    ]


def operates(made: Foundation) -> Sequence[Permit]:
    """
    Commit operators' intents: payments and subscriptions, restrictions and what they hold, the
    audit trail, and what was answered. No queue, no topic, no secret: functions execute them.
    """
    table = [made.ledger.table.arn]
    prefixes = entity_prefixes()
    own = [f"{prefixes[kind]}*" for kind in ("payment", "subscription")]
    return [
        Permit(policies.ATTEMPTS, table, policies.items_only(*own, "answer#*")),
        Permit(policies.QUERY, table, policies.items_only("restrictions", "held#*")),
        Permit(policies.DELETE_ITEM, table, policies.items_only("restrictions", "held#*")),
        Permit(
            policies.WRITE_ITEM,
            table,
            policies.items_only("restrictions", "restricted#*", "audit#*", "days"),
        ),
    ]


def compares(made: Foundation) -> Sequence[Permit]:
    """Look whether a notification is there, and move a watermark; neither payments nor tokens."""
    table = [made.ledger.table.arn]
    notifications = policies.items_only(f"{entity_prefixes()['notification']}*")
    return [
        Permit(policies.READ_ITEM, table, notifications),
        Permit(policies.ATTEMPTS, table, policies.items_only("watermarks")),
    ]


def forgets(made: Foundation) -> Sequence[Permit]:
    """Walk the days of payments, and note how far, where payers are forgotten after a while."""
    if not made.settings.retention_days:
        return []
    return [
        Permit(policies.QUERY, [made.ledger.index_arn(DAY_INDEX)]),
        Permit(policies.ATTEMPTS, [made.ledger.table.arn], policies.items_only("watermarks")),
    ]


def looks_at(made: Foundation, *queues: str) -> Permit:
    """See how many messages queues hold."""
    return Permit(policies.LOOK_AT, [made.queues[name].queue.arn for name in queues])


def attempts(made: Foundation, sink: str) -> Permit:
    """Read and record what a sink was sent, and nothing else that the ledger holds."""
    own = policies.items_only(f"attempt#{sink}#*")
    return Permit(policies.ATTEMPTS, [made.ledger.table.arn], own)


def due(made: Foundation) -> Permit:
    """Find what is due."""
    return Permit(policies.QUERY, [made.ledger.index_arn(DUE_INDEX)])


def look_ups(made: Foundation) -> Permit:
    """Find subscriptions by reference, and the payments of one."""
    indexes = [made.ledger.index_arn(index) for index in LOOKED_UP_HERE]
    return Permit(policies.QUERY, indexes)


def listings(made: Foundation) -> Permit:
    """List events, and look entities up."""
    return Permit(
        policies.QUERY, [made.ledger.index_arn(index) for index in (EVENTS_INDEX, *LOOK_UPS)]
    )


def gateways(made: Foundation, *capabilities: str) -> Sequence[Permit]:
    """What those gateways ask for that can do one of these things, to call their APIs."""
    return plugins(made, _able(made, *capabilities))


def verifies(made: Foundation) -> Sequence[Permit]:
    """
    What those gateways ask for that send webhooks, to authenticate them.

    That is what strangers' requests are worked on with: it reads no credentials of an API, but
    for those gateways whose secrets are not apart yet (`penstock:sharedSecrets`).
    """
    able = _able(made, "webhooks")
    read = [one.offer.verifies_with for one in able.values()]
    shared = [name for name in made.settings.shared_secrets if name in {*able} & {*made.secrets}]
    return _permitted(made, able, dict.fromkeys(name for name in (*read, *shared) if name))


def plugins(made: Foundation, used: Mapping[str, Configured]) -> Sequence[Permit]:
    """Read the secrets that gateways or sinks are called with, and what else they ask for."""
    return _permitted(made, used, [c for one in used.values() if (c := one.offer.calls_with)])


def _permitted(
    made: Foundation, used: Mapping[str, Configured], secrets: Iterable[str]
) -> Sequence[Permit]:
    read = [made.secrets[name].secret.arn for name in secrets]
    asked = [p for one in used.values() for p in _asked(made, one)]
    return [*([Permit(policies.READ_SECRET, read)] if read else []), *asked]


def _able(made: Foundation, *capabilities: str) -> Mapping[str, Configured]:
    return {
        name: one
        for name, one in made.plugins.gateways.items()
        if not set(capabilities).isdisjoint(one.offer.capabilities)
    }


def _asked(made: Foundation, one: Configured) -> Sequence[Permit]:
    """A plugin's own permissions, for this account, this region and these settings."""
    region = pulumi.Config("aws").require("region") if one.offer.permissions else ""
    return [
        Permit(
            [permission.action],
            [
                made.account.apply(lambda account, name=name: _arn(name, region, account))
                for name in resources(one, permission)
            ],
            conditions(one, permission),
        )
        for permission in one.offer.permissions
    ]


def resources(one: Configured, asked: Permission) -> Sequence[str]:
    """
    What a plugin's permission is for: `ses:identity/{settings.sender}` with the setting filled in.

    Each once; a setting that is a list gives one for each of its entries.

    Raises:
        ConfigError: it asks for everything, for what a setting it has not says, or for what is
            not written as `service:resource`.
    """
    where = f"plugin {one.plugin.name}: permission {asked.action}"
    filled = list(dict.fromkeys(_filled(one, asked.resource, where)))
    if "*" in asked.action or not all(_RESOURCE.fullmatch(name) for name in filled):
        raise ConfigError(
            f"{where}: it must name one action and one resource, as service:resource without a *, "
            "and nothing in braces but settings"
        )
    return filled


def conditions(one: Configured, asked: Permission) -> policies.Condition | None:
    """
    What must hold besides, as IAM writes it.

    Raises:
        ConfigError: it names a setting that is none.
    """
    where = f"plugin {one.plugin.name}: permission {asked.action}"
    equal = {key: list(_filled(one, text, where)) for key, text in asked.only_if.items()}
    return {"StringEquals": equal} if equal else None


def _filled(one: Configured, text: str, where: str) -> Iterator[str]:
    """The text for each entry of the setting that it names, which may be a list; else once."""
    named = {match[1] for match in _SETTING.finditer(text)}
    if unknown := sorted(named - one.settings.keys()):
        raise ConfigError(f"{where}: there is no setting {unknown[0]}")
    lists = [name for name in named if isinstance(one.settings[name], list)]
    entries: Sequence[Any] = one.settings[lists[0]] if lists else [None]
    for entry in entries:
        values = {**one.settings, **dict.fromkeys(lists[:1], entry)}
        if wrong := sorted(name for name in named if not isinstance(values[name], str)):
            raise ConfigError(f"{where}: the setting {wrong[0]} is no text")
        yield _SETTING.sub(partial(_value, values), text)


def _value(values: Mapping[str, Any], match: re.Match[str]) -> str:
    """A setting's text, or what stands behind the @ of it."""
    text: str = values[match[1]]
    return text.rpartition("@")[2] if match[2] else text


def _arn(name: str, region: str, account: str) -> str:
    service, _, rest = name.partition(":")
    return f"arn:aws:{service}:{region}:{account}:{rest}"
