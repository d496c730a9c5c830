"""Rules on who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from infra.access.policies import EVERYTHING, NOT_A_SERVICE, UNSCOPED
from infra.rules.taken_on import ROLES
from infra.rules.view import Graph, dead_letter_queues, listed, of, referred, statements

_WILD = re.compile(r"[*?]")
_INDEX = re.compile(r"/index/\w+$")
_ARN = re.compile(
    r"\$\{[A-Za-z]+/[\w-]+\.arn\}(/index/\w+|:\*)?"
    r"|arn:aws:(?!arn:)[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[^\s:{}][^\s{}]*"
)
SENDERS: Mapping[str, frozenset[str]] = {
    "verified": frozenset({"verify", "sweep", "gaps"}),
    "payments": frozenset({"api", "merchant", "sweep"}),
}
"""The functions that may send to queues whose messages are believed."""
RENEWS = "renew"
ENTITY = "payment#p"
"""The partition key of an entity: who may write it moves money, or records that it moved."""
VERIFIES = "verify"
WEBHOOKS = "-webhooks"
"""What the name of a secret ends with that authenticates webhooks."""
SHARED_WITH = "shared-with"
"""The tag of a secret that another function reads until it is split, with whose."""
TOKENS = "tokens"
"""The partition key of bearer tokens' hashes in the ledger."""
CHECK_TOKENS = frozenset({"api", "merchant", "operate"})
RESTRICTIONS = "restrictions"
"""The partition key of what operators have restricted."""
OPERATE = "operate"
"""The function that runs operators' commands, where a stack turns it on."""
OPERATOR, SERVE = "operator", "serve"
_OWN = ("dynamodb:", "logs:", "xray:")
READS = frozenset({"dynamodb:GetItem", "dynamodb:Query"})


def nobody_may_do_everything(graph: Graph) -> Iterator[str]:
    """No `*` or `?` in an action, nor in a resource but for a log group's own streams."""
    groups = tuple(f":log-group:{one['name']}:*" for one in of(graph, "LogGroup").values())
    for name, one in of(graph, "RolePolicy").items():
        for statement in statements(one["policy"]):
            if not statement["Action"] or not statement["Resource"]:
                yield f"role {name} may all but what is named (NotAction, NotResource)"
            for action in statement["Action"]:
                if _WILD.search(action):
                    yield f"role {name} may {action}"
            if UNSCOPED.issuperset(statement["Action"]):
                continue
            for resource in statement["Resource"]:
                streams = resource.endswith(groups) or (
                    referred(resource, "LogGroup") and resource.endswith("}:*")
                )
                if _WILD.search(resource.removesuffix(":*") if streams else resource):
                    yield f"role {name} may {', '.join(statement['Action'])} on {resource}"


def permissions_are_for_what_can_be(graph: Graph) -> Iterator[str]:
    """
    For a resource of the stack, or an ARN as AWS writes them.

    Any other text would be taken, too, and allow nothing: found out by the first e-mail that is
    not sent.
    """
    for name, one in of(graph, "RolePolicy").items():
        for statement in statements(one["policy"]):
            for resource in statement["Resource"]:
                if resource != EVERYTHING and not _ARN.fullmatch(resource):
                    yield f"role {name} may {', '.join(statement['Action'])} on {resource}"


def nothing_is_public(graph: Graph) -> Iterator[str]:
    """Whom a resource's policy lets in is a service, for one source; nobody is let in unnamed."""
    for kind in ("QueuePolicy", "TopicPolicy"):
        for name, one in of(graph, kind).items():
            for statement in statements(one["policy"]):
                if statement["Effect"] != "Allow":
                    continue
                services = list(statement.get("Principal", ())) == ["Service"]
                if not services or not statement.get("Condition"):
                    yield f"{kind} {name} lets in others than one source"
    for name, one in of(graph, "Permission").items():
        if one["principal"] == "*" or not one.get("sourceArn"):
            yield f"permission {name} lets in others than one source"


def few_may_send_what_is_believed(graph: Graph) -> Iterator[str]:
    """
    Only those that must send to a queue whose messages have an effect without a further check.

    Such a queue is found by what its consumer may do: write entities, as what moves money and what
    records it does. From there the rule goes back along redrives: what lies in a dead-letter queue
    comes back. Each function's own role says the same as the queue's Deny: that is not all that
    keeps others out. The stack's roles of people and hosts may, too: they redrive.
    """
    hosts = ROLES & of(graph, "Role").keys()
    for queue, functions in _believed(graph).items():
        expected = functions | hosts
        sending = {name for name, to in _sending(graph) if to == queue}
        for name in sorted(sending - expected):
            yield f"role {name} may send to queue {queue}"
        spared = [names for to, names in _denying(graph) if to == queue]
        if not any(
            {role for name in names if (role := referred(name, "Role"))} == expected
            and not any("*" in name for name in names)
            for names in spared
        ):
            yield f"queue {queue} takes messages from every role that may send to SQS"


def _believed(graph: Graph) -> Mapping[str, frozenset[str]]:
    """Queues whose messages have an effect, and those they come back from: who must send there."""
    writing = {name for name, actions in _on_items(graph, ENTITY) if not READS.issuperset(actions)}
    found: dict[str, frozenset[str]] = {}
    for one in of(graph, "EventSourceMapping").values():
        queue = referred(one["eventSourceArn"], "Queue") or ""
        function = referred(one["functionName"], "Function") or ""
        if function in writing:
            found[queue] = SENDERS.get(queue, frozenset())
            if dlq := dead_letter_queues(graph).get(queue):
                found[dlq] = frozenset({function, RENEWS})
    return found


def _sending(graph: Graph) -> Iterator[tuple[str, str]]:
    """Which role may send to which queue."""
    for name, one in of(graph, "RolePolicy").items():
        for statement in statements(one["policy"]):
            if "sqs:SendMessage" in statement["Action"]:
                for resource in statement["Resource"]:
                    yield name, referred(resource, "Queue") or ""


def _denying(graph: Graph) -> Iterator[tuple[str, Sequence[str]]]:
    """Which queue refuses all senders, and the principals that it spares."""
    parked = dead_letter_queues(graph).values()
    for one in of(graph, "QueuePolicy").values():
        for statement in statements(one["policy"]):
            if statement["Effect"] == "Deny" and "sqs:SendMessage" in statement["Action"]:
                condition = dict(statement.get("Condition", {}))
                spared = condition.pop("ArnNotEquals", {})
                queue = referred(one["queueUrl"], "Queue") or ""
                # SQS itself fills dead-letter queues; each other condition makes a Deny weaker.
                if not condition or (condition == NOT_A_SERVICE and queue in parked):
                    yield queue, listed(spared.get("aws:PrincipalArn", []))


def verify_reads_no_other_functions_secret(graph: Graph) -> Iterator[str]:
    """
    It works on strangers' requests: what calls a gateway's API is nothing that it may read.

    Where a gateway has one secret only, its plugin does not say which fields `verify` needs. A
    secret that is not split yet says so by a tag (`penstock:sharedSecrets`).
    """
    secrets = of(graph, "Secret")
    reading: dict[str, set[str]] = {}
    for name, one in of(graph, "RolePolicy").items():
        for statement in statements(one["policy"]):
            if "secretsmanager:GetSecretValue" in statement["Action"]:
                for resource in statement["Resource"]:
                    reading.setdefault(resource, set()).add(name)
    for resource, names in reading.items():
        secret = referred(resource, "Secret") or ""
        shared = secrets.get(secret, {}).get("tags", {}).get(SHARED_WITH) == VERIFIES
        if f"{secret}{WEBHOOKS}" in secrets and VERIFIES in names and not shared:
            yield f"role {VERIFIES} may read secret {secret}"
        if secret.endswith(WEBHOOKS) and names - {SERVE} != {VERIFIES}:
            yield f"secret {secret} is read by {', '.join(sorted(names))}"


def no_function_writes_tokens(graph: Graph) -> Iterator[str]:
    """
    Tokens are made by people: a function that could write one could let anybody in.

    Every function names the ledger's items that it may write, and tokens are not among them.
    """
    for name, actions in _on_items(graph, TOKENS):
        if name != OPERATOR and not READS.issuperset(actions):
            yield f"role {name} may {', '.join(actions)} on tokens"


def few_may_read_tokens(graph: Graph) -> Iterator[str]:
    """Only functions that check tokens read their hashes, `serve` that does, and people."""
    for name, actions in _on_items(graph, TOKENS):
        if name not in CHECK_TOKENS | ROLES and not READS.isdisjoint(actions):
            yield f"role {name} may {', '.join(actions)} on tokens"


def operators_only_restrict(graph: Graph) -> Iterator[str]:
    """A function that could write restrictions could lift those that keep it from moving money."""
    for name, actions in _on_items(graph, RESTRICTIONS):
        if name not in {OPERATE, *ROLES} and not READS.issuperset(actions):
            yield f"role {name} may {', '.join(actions)} on restrictions"


def operators_commands_commit_only(graph: Graph) -> Iterator[str]:
    """They write to the ledger: no gateway's secret, no queue and no topic."""
    for name, one in of(graph, "RolePolicy").items():
        for statement in statements(one["policy"]):
            others = [one for one in statement["Action"] if not one.startswith(_OWN)]
            if name == OPERATE and others and not _for_the_table(statement):
                yield f"role {name} may {', '.join(others)}"


def _for_the_table(statement: Mapping[str, Any]) -> bool:
    """Whether it lets DynamoDB use a customer's key, and no other service and nobody directly."""
    conditions = statement.get("Condition", {}).values()
    services = [one for tests in conditions for one in listed(tests.get("kms:ViaService", []))]
    return bool(services) and all(one.startswith("dynamodb.") for one in services)


def _on_items(graph: Graph, key: str) -> Iterator[tuple[str, Sequence[str]]]:
    """What each role may do to items of a table that may have this partition key."""
    for name, one in of(graph, "RolePolicy").items():
        for statement in statements(one["policy"]):
            actions = [a for a in statement["Action"] if a.startswith("dynamodb:")]
            if not actions or all(_INDEX.search(one) for one in statement["Resource"]):
                continue
            patterns = listed(_items(statement))
            if not patterns or any(fnmatchcase(key, pattern) for pattern in patterns):
                yield name, actions


def _items(statement: Mapping[str, Any]) -> Any:
    """The patterns of partition keys that a statement is limited to, none if it is not."""
    condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    return condition.get("dynamodb:LeadingKeys", [])


RULES = (
    nobody_may_do_everything,
    permissions_are_for_what_can_be,
    nothing_is_public,
    few_may_send_what_is_believed,
    verify_reads_no_other_functions_secret,
    no_function_writes_tokens,
    few_may_read_tokens,
    operators_only_restrict,
    operators_commands_commit_only,
)
