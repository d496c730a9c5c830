"""The roles that people and hosts take on: `operator` and `serve`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from infra.access import permits, policies
from infra.access.bounds import bounds
from infra.access.trusts import operator_trust, serve_trust
from infra.components.function import Function, Permit
from infra.components.role import StackRole, StackRoleArgs
from infra.config.roles import NAMES
from infra.functions import with_key
from infra.stack import Foundation, log_of_serve
from infra.works import works

OPERATOR, SERVE = NAMES


def roles(
    made: Foundation,
    functions: Mapping[str, Function],
    alerts: pulumi.Input[str],
    scheduled: Sequence[str],
) -> Mapping[str, pulumi.Output[str]]:
    """
    Make `operator`, and `serve` where a host of one's own does the work.

    Args:
        alerts: the ARN of the topic that alarms go to.
        scheduled: the functions that rules of their names start.

    Returns:
        The ARNs of both; that of a role that is not made here follows from its name.
    """
    settings = made.settings.roles
    allowed = allowed_to(made, functions, alerts, scheduled)
    found = {name: _by_name(made, name) for name in (SERVE, OPERATOR)}
    if OPERATOR in allowed:
        trust = made.account.apply(lambda own: operator_trust(own, settings.operator_trusts))
        said = "People who operate the stack with penstock's commands"
        found[OPERATOR] = _make(made, OPERATOR, said, trust, allowed[OPERATOR])
    if SERVE in allowed:
        trust = made.account.apply(lambda own: serve_trust(own, settings.serve_trusts))
        said = "Hosts that run penstock serve"
        found[SERVE] = _make(made, SERVE, said, trust, allowed[SERVE])
    return found


def allowed_to(
    made: Foundation,
    functions: Mapping[str, Function],
    alerts: pulumi.Input[str],
    scheduled: Sequence[str],
) -> Mapping[str, Sequence[Permit]]:
    """What each role may do that is made here; arguments as those of `roles`."""
    found: dict[str, Sequence[Permit]] = {}
    if OPERATOR not in made.settings.roles.existing:
        found[OPERATOR] = operator_permits(made, functions, alerts, scheduled)
    if SERVE not in made.settings.roles.existing and not made.settings.enabled:
        found[SERVE] = serve_permits(made)
    return {name: [*own, *with_key(made, own)] for name, own in found.items()}


def _make(
    made: Foundation,
    name: str,
    said: str,
    trust: pulumi.Output[str],
    allowed: Sequence[Permit],
) -> pulumi.Output[str]:
    physical = f"{made.prefix}-{name}"
    args = StackRoleArgs(physical, said, trust, allowed, bounds(made.settings.roles))
    return StackRole(name, args, made.options).role.arn


def _by_name(made: Foundation, name: str) -> pulumi.Output[str]:
    path = made.settings.roles.path
    return made.account.apply(lambda own: f"arn:aws:iam::{own}:role{path}{made.prefix}-{name}")


def operator_permits(
    made: Foundation,
    functions: Mapping[str, Function],
    alerts: pulumi.Input[str],
    scheduled: Sequence[str],
) -> Sequence[Permit]:
    """
    What `penstock`'s commands ask of AWS, and no secret: functions execute what they commit.

    Without secrets it cannot run `secrets`, `listen`, `webhooks` and the commands of an account
    at a gateway; `doctor` says which of its checks it cannot make.
    """
    return [
        *_commits(made),
        *_queues(made),
        *_looks(made, functions, alerts, scheduled),
    ]


def _commits(made: Foundation) -> Sequence[Permit]:
    """The ledger: entities, tokens, restrictions, the audit trail; what sinks were given."""
    table = [made.ledger.table.arn]

    def on(actions: Sequence[str], *keys: str) -> Permit:
        return Permit(actions, table, policies.items_only(*keys))

    return [
        permits.entities(made),
        permits.listings(made),
        permits.due(made),
        on(policies.READ_ITEM, "tokens", "attempt#*"),
        on(policies.WRITE_ITEM, "tokens", "restrictions", "restricted#*", "audit#*"),
        on(policies.QUERY, "tokens", "tokens-used", "restrictions", "held#*", "audit#*"),
        on(policies.DELETE_ITEM, "tokens", "tokens-used", "restrictions", "held#*"),
    ]


def _queues(made: Foundation) -> Sequence[Permit]:
    """Look at every queue, empty it, and send to all but dead-letter queues."""
    queues = [queue.queue.arn for queue in made.queues.values()]
    dead = [queue.dlq.arn for queue in made.queues.values() if queue.dlq]
    return [
        Permit((*policies.CONSUME, *policies.PURGE), [*queues, *dead]),
        Permit(policies.SEND, queues),
    ]


def _looks(
    made: Foundation,
    functions: Mapping[str, Function],
    alerts: pulumi.Input[str],
    scheduled: Sequence[str],
) -> Sequence[Permit]:
    """What `penstock doctor` looks at."""
    region = pulumi.Config("aws").require("region")
    rules = [
        made.account.apply(
            lambda own, name=name: f"arn:aws:events:{region}:{own}:rule/{made.prefix}-{name}"
        )
        for name in scheduled
    ]
    logs = [one.log.arn.apply(lambda arn: f"{arn}:*") for one in functions.values()]
    if not made.settings.enabled:
        hosted = f"log-group:{log_of_serve(made.stack)}:*"
        logs.append(made.account.apply(lambda own: f"arn:aws:logs:{region}:{own}:{hosted}"))
    return [
        Permit(policies.LOOK_AT_FUNCTION, [one.function.arn for one in functions.values()]),
        Permit(policies.READ_LOG, logs),
        Permit(policies.LOOK_AT_TABLE, [made.ledger.table.arn]),
        Permit(policies.LOOK_AT_RULE, rules),
        Permit(policies.LOOK_AT_TOPIC, [alerts]),
        Permit(policies.LOOK_AT_ACCOUNT, [policies.EVERYTHING]),
    ]


def serve_permits(made: Foundation) -> Sequence[Permit]:
    """What all functions may do together, whose work one process does; and look at queues."""
    every = [queue.queue.arn for queue in made.queues.values()]
    every += [queue.dlq.arn for queue in made.queues.values() if queue.dlq]
    allowed = [permit for work in works(made).values() for permit in work.permits]
    return [*allowed, Permit(policies.LOOK_AT, every)]
