"""What the one who deploys a stack may do: derived from the graph, for the stack's own names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.access.customer_key import deployer_uses
from infra.access.deployer_needs import NEEDS, Needs
from infra.access.policies import VERSION
from infra.config.project import ConfigError
from infra.rules.view import Graph, of

_WORD = re.compile(r"\{(\w+)\}")


def policy(graph: Graph) -> str:
    """
    The policy, as IAM takes it: for the graph's types, and names that begin as the stack's do.

    Raises:
        ConfigError: a type of the graph has no entry in `NEEDS`.
    """
    document = {"Version": VERSION, "Statement": list(_statements(graph))}
    return json.dumps(document, indent=1) + "\n"


def _statements(graph: Graph) -> Iterator[Mapping[str, Any]]:
    types = {one.type for one in graph if one.custom and not one.type.startswith("pulumi:")}
    if unknown := sorted(types - NEEDS.keys()):
        raise ConfigError(
            f"infra/access/deployer_needs.py has no entry for {', '.join(unknown)}: add it"
        )
    allowed: dict[tuple[tuple[str, ...], str], set[str]] = {}
    for needs in {id(one): one for type_ in sorted(types) for one in NEEDS[type_]}.values():
        resources = tuple(sorted(_filled(graph, needs.arn, needs)))
        limits = json.dumps(_condition(graph, needs), sort_keys=True)
        actions = {f"{needs.service}:{action}" for action in needs.actions.split()}
        allowed.setdefault((resources, limits), set()).update(actions)
    for key in {t["serverSideEncryption"]["kmsKeyArn"] for t in _encrypted(graph)}:
        for actions, condition in deployer_uses(_given(graph)["region"][0]):
            allowed[(key,), json.dumps(condition, sort_keys=True)] = set(actions)
    for (resources, limits), actions in sorted(allowed.items()):
        condition = json.loads(limits)
        yield {
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": list(resources),
            **({"Condition": condition} if condition else {}),
        }


def _encrypted(graph: Graph) -> Iterator[Mapping[str, Any]]:
    """Tables with a key of the customer's; then all that is kept has it."""
    return (one for one in of(graph, "Table").values() if "serverSideEncryption" in one)


def _condition(graph: Graph, needs: Needs) -> Mapping[str, Any] | None:
    """The condition with its values filled in; none where they would be empty."""
    if needs.only_if is None:
        return None
    filled = {
        operator: {key: sorted(_filled(graph, text, needs)) for key, text in keys.items()}
        for operator, keys in needs.only_if.items()
    }
    return filled if all(all(keys.values()) for keys in filled.values()) else None


def _filled(graph: Graph, text: str, needs: Needs) -> set[str]:
    """The text once for each account and name that it has a word for."""
    given = _given(graph)
    given["name"] = _patterns(graph, given["stack"][0], needs.named) if needs.named else []
    texts = set(text.split())
    for word in _WORD.findall(text):
        texts = {one.replace(f"{{{word}}}", value) for one in texts for value in given[word]}
    return texts


def _given(graph: Graph) -> dict[str, list[str]]:
    ((_, provider),) = of(graph, "aws").items()
    roles = of(graph, "Role").values()
    stack = next(one.urn for one in graph).split(":")[2]
    return {
        "stack": [stack],
        "region": [str(provider["region"])],
        # Where the stack names no account, the policy's own account is meant.
        "account": json.loads(provider.get("allowedAccountIds") or "[]") or ["*"],
        "path": sorted({one.get("path", "/") for one in roles}),
        "boundary": sorted(
            {one["permissionsBoundary"] for one in roles if one.get("permissionsBoundary")}
        ),
    }


def _patterns(graph: Graph, stack: str, named: tuple[str, str]) -> list[str]:
    """The names of a kind; of those that begin with the stack's prefix, what they begin with."""
    kind, key = named
    prefix = re.compile(rf".*?penstock[-/]{re.escape(stack)}(.?)")
    found: set[str] = set()
    for one in of(graph, kind).values():
        name = str(one[key])
        own = prefix.match(name)
        found.add(f"{own[0]}*" if own and own[1] else name)
    return sorted(found)
