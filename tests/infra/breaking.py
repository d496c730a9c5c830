"""Ways to break a graph of the stack: a resource less, other inputs, another policy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.graph.monitor import Declared

Graph = Sequence[Declared]
Break = Callable[[Graph], Graph]

UNSET = object()


def changed(kind: str, name: str, /, **inputs: Any) -> Break:
    """The graph with other inputs of one resource."""

    def apply(graph: Graph) -> Graph:
        hit = [o for o in graph if o.custom and o.type.endswith(f":{kind}") and o.name == name]
        assert 1 == len(hit), f"{kind} {name}"
        new = {k: v for k, v in {**hit[0].inputs, **inputs}.items() if v is not UNSET}
        return [dataclasses.replace(o, inputs=new) if o is hit[0] else o for o in graph]

    return apply


def without(kind: str, name: str) -> Break:
    """The graph with one resource less."""

    def apply(graph: Graph) -> Graph:
        left = [
            o for o in graph if not (o.custom and o.type.endswith(f":{kind}") and o.name == name)
        ]
        assert len(graph) - 1 == len(left), f"{kind} {name}"
        return left

    return apply


def untagged(graph: Graph) -> Graph:
    return [dataclasses.replace(one, provider={}) for one in graph]


def renamed(kind: str, name: str, to: str) -> Break:
    """The graph with what one resource has under another name."""
    return lambda graph: [
        dataclasses.replace(one, name=to)
        if one.custom and one.type.endswith(f":{kind}") and one.name == name
        else one
        for one in graph
    ]


def unprotected(name: str) -> Break:
    return lambda graph: [
        dataclasses.replace(one, protect=False) if one.name == name else one for one in graph
    ]


def unordered(graph: Graph) -> Graph:
    return [dataclasses.replace(one, dependencies=()) for one in graph]


def policy(effect: str = "Allow", **statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": effect, **statement}]})


QUEUE = "${Queue/payments.arn}"
OPEN = policy(Principal="*", Action="sqs:SendMessage", Resource=QUEUE)
ELSE = policy(
    effect="Deny",
    Principal="*",
    Action="sqs:SendMessage",
    Resource="${Queue/verified.arn}",
    Condition={"ArnNotEquals": {"aws:PrincipalArn": ["${Role/verify.arn}", "arn:aws:iam::1:*"]}},
)


def spares(queue: str, *names: str) -> str:
    """A Deny that spares those functions' roles and operators only."""
    arns = [f"${{Role/{name}.arn}}" for name in (*names, "operator")]
    return policy(
        effect="Deny",
        Principal="*",
        Action="sqs:SendMessage",
        Resource=f"${{Queue/{queue}.arn}}",
        Condition={"ArnNotEquals": {"aws:PrincipalArn": arns}},
    )


def limited(queue: str, **condition: Mapping[str, str]) -> str:
    """The Deny of a dead-letter queue, for fewer requests than it must be for."""
    document = json.loads(spares(queue, "charge", "renew"))
    document["Statement"][0]["Condition"] |= condition
    return json.dumps(document)


TOO_MANY = spares("verified", "verify", "sweep", "gaps", "charge")
PAYS_TOO = spares("payments", "api", "merchant", "sweep", "gaps")
SENDS_TO_VERIFIED = policy(Action=["sqs:SendMessage"], Resource=["${Queue/verified.arn}"])
ONE_SERVICE = policy(
    Principal={"Service": "cloudwatch.amazonaws.com"},
    Action="sns:Publish",
    Resource="x",
    Condition={"StringEquals": {}},
)
ONE_SERVICES_KEY = policy(
    Principal={"Service": "cloudwatch.amazonaws.com"},
    Action=["kms:Decrypt", "kms:GenerateDataKey*"],
    Resource="*",
)
ONE = {"ArnEquals": {"aws:SourceArn": "x"}}
OTHER = {"AWS": "arn:aws:iam::999999999999:root"}
SOME = {"AWS": [OTHER["AWS"], "*"]}
TO_ANOTHERS = json.dumps({"deadLetterTargetArn": "${Queue/payments-dlq.arn}"})
FROM_ANOTHER = json.dumps({"sourceQueueArns": ["${Queue/deliveries.arn}"]})
OLD_TLS = {"certificateArn": "x", "securityPolicy": "TLS_1_0"}
AT_ONCE = json.dumps({"deadLetterTargetArn": "${Queue/payments-dlq.arn}", "maxReceiveCount": 0})
LOGS_BODIES = {"destinationArn": "x", "format": '{"b": "$context.requestBody"}'}


def items(action: str, **limits: Any) -> str:
    return policy(Action=action, Resource="${Table/ledger.arn}", **limits)


def only(*keys: str, operator: str = "ForAllValues:StringLike") -> Mapping[str, Any]:
    """A limit on the partition keys of items."""
    return {"Condition": {operator: {"dynamodb:LeadingKeys": list(keys)}}}


TOKENS_INCLUDED = ({}, only("*"), only("tok*"), only("payment#*", operator="StringNotLike"))
"""Limits that let tokens through."""
