"""Rules on who may take a role on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.rules.view import Graph, listed, of, statements

ROLES = frozenset({"operator", "serve"})
"""The roles that are no function's: people's, and a host's of one's own."""
HOSTED_BY = frozenset({"ec2.amazonaws.com", "ecs-tasks.amazonaws.com"})
_NAMED = re.compile(r"arn:aws:iam::[0-9]{12}:(root|(role|user)/[\w+=,.@/-]+)", re.ASCII)


def roles_are_of_one_service(graph: Graph) -> Iterator[str]:
    """
    A function's role is taken on by Lambda, and by nobody else.

    `operator` is taken on by people of named accounts, `serve` by hosts too: never by everybody.
    """
    for name, one in of(graph, "Role").items():
        for statement in statements(one["assumeRolePolicy"]):
            principal = statement.get("Principal")
            if name in ROLES:
                if not _few(name, principal):
                    yield f"role {name} may be taken on by anybody"
            elif principal != {"Service": "lambda.amazonaws.com"}:
                yield f"role {name} may be taken on by others than Lambda"


def _few(name: str, principal: Any) -> bool:
    match principal:
        case {"AWS": named, **rest} if not rest:
            return all(_NAMED.fullmatch(str(one)) for one in listed(named))
        case {"Service": service, **rest} if not rest:
            return name == "serve" and service in HOSTED_BY
        case _:
            return False


def every_role_has_the_same_path_and_boundary(graph: Graph) -> Iterator[str]:
    """One without the boundary is the way past it."""
    bounds: Mapping[str, Any] = {
        name: (one.get("path"), one.get("permissionsBoundary"))
        for name, one in of(graph, "Role").items()
    }
    most = next(iter(sorted(set(bounds.values()), key=str, reverse=True)), None)
    for name, one in bounds.items():
        if one != most:
            yield f"role {name} has another path or permissions boundary than the others"


RULES = (roles_are_of_one_service, every_role_has_the_same_path_and_boundary)
