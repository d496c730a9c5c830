"""
Whether functions' variables and roles' policies fit into what AWS takes, before anything is made.

Functions and roles are planned once more, on a stack that is not there: its addresses are texts of
the length that AWS will give them, so that what is counted is what will be sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pulumi

from infra.access.merging import merged
from infra.access.policies import Grant, role_policy
from infra.access.roles import allowed_to
from infra.components.function import Permit
from infra.config.configured import Plugins
from infra.config.project import PROJECT, ConfigError
from infra.config.settings import StackSettings
from infra.environment import variable as variable_of
from infra.stack import STAGES, TERMINAL, TOPICS, Foundation
from infra.works import works

LAMBDA_BYTES = 4096
"""[aws] All variables of a function together, as JSON ("Lambda quotas")."""
POLICY_CHARACTERS = 10_240
"""[aws] A role's inline policies together, without white space (IAM, "Quotas")."""
SCHEDULED = ("sweep", "gaps", "renew")
"""The functions that rules of their names start."""
ACCOUNT = "0" * 12
T = TypeVar("T")


class _Known(str):
    """A text that is known already, where the program has an output."""

    def apply(self, work: Callable[[str], T]) -> T:
        """Work on it at once."""
        return work(self)


def refuse_what_does_not_fit(stack: str, settings: StackSettings, plugins: Plugins) -> None:
    """
    Make sure that Lambda takes every function's variables, and IAM the roles' policies.

    Raises:
        ConfigError: they would refuse some, half-way through the deployment; names the functions
            or roles, and the longest settings.
    """
    if problems := [
        *_oversize(variables(stack, settings, plugins), plugins),
        *_long_policies(policies(stack, settings, plugins)),
    ]:
        raise ConfigError(*problems)


def variables(
    stack: str, settings: StackSettings, plugins: Plugins
) -> Mapping[str, Mapping[str, str]]:
    """The variables of each function, with addresses of the length that they will have."""
    planned = works(_planned(stack, settings, plugins))
    return {name: cast("Mapping[str, str]", work.variables) for name, work in planned.items()}


def policies(stack: str, settings: StackSettings, plugins: Plugins) -> Mapping[str, str]:
    """The policy of each role that people and hosts take on, with names of their real length."""
    made = _planned(stack, settings, plugins)
    region = pulumi.Config("aws").require("region")

    def function(name: str) -> Any:
        physical, begin = f"{made.prefix}-{name}", f"{region}:{ACCOUNT}"
        arn = _Known(f"arn:aws:lambda:{begin}:function:{physical}")
        log = _Known(f"arn:aws:logs:{begin}:log-group:/aws/lambda/{physical}")
        return SimpleNamespace(function=SimpleNamespace(arn=arn), log=SimpleNamespace(arn=log))

    functions = {name: function(name) for name in works(made)}
    alerts = _Known(f"arn:aws:sns:{region}:{ACCOUNT}:{made.prefix}-alerts")
    return {
        role: role_policy(merged([_known(permit) for permit in permits]))
        for role, permits in allowed_to(made, functions, alerts, SCHEDULED).items()
    }


def _known(permit: Permit) -> Grant:
    return Grant(permit.actions, cast("Sequence[str]", permit.resources), permit.condition)


def _long_policies(found: Mapping[str, str]) -> Iterator[str]:
    for role, policy in found.items():
        if (characters := len("".join(policy.split()))) > POLICY_CHARACTERS:
            yield (
                f"{PROJECT}:sinks: the policy of the role {role} would take {characters:,} "
                f"characters, and IAM takes at most {POLICY_CHARACTERS:,}: use fewer sinks or "
                f"gateways, or shorter names, or make the role yourself ({PROJECT}:roles.existing)"
            )


def measured(given: Mapping[str, str]) -> int:
    """The bytes of a function's variables, as Lambda counts them."""
    return len(json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode())


def _oversize(functions: Mapping[str, Mapping[str, str]], plugins: Plugins) -> Iterator[str]:
    """One line for each setting that is the longest of some functions' variables."""
    over: dict[str, dict[str, int]] = {}
    remedies: dict[str, str] = {}
    for function, given in functions.items():
        if (total := measured(given)) <= LAMBDA_BYTES:
            continue
        sizes = {name: measured({name: value}) - 2 for name, value in given.items()}
        where = {name: key for name in given if (key := _setting(name, plugins))}
        longest = max(where, key=lambda name: sizes[name])
        over.setdefault(where[longest], {})[function] = total
        remedies[where[longest]] = (
            f"the longest with {sizes[longest]:,}{_besides(sizes, where, longest)}"
        )
    for key, totals in over.items():
        yield (
            f"{key}: the variables of {', '.join(totals)} would take up to "
            f"{max(totals.values()):,} bytes, and Lambda takes at most {LAMBDA_BYTES:,}: shorten "
            f"it, {remedies[key]}"
        )


def _besides(sizes: Mapping[str, int], where: Mapping[str, str], longest: str) -> str:
    """The settings that take much of the room, too."""
    others = sorted((one for one in where if one != longest), key=lambda one: -sizes[one])
    told = [f"{where[one]} with {sizes[one]:,}" for one in others[:2] if sizes[one] > 256]
    return f", or {' or '.join(told)}" if told else ""


def _setting(variable: str, plugins: Plugins) -> str | None:
    """The key that a variable's length depends on."""
    for kind, key, used in (
        ("PROVIDER", "gateways", plugins.gateways),
        ("SINK", "sinks", plugins.sinks),
    ):
        for name, one in used.items():
            for field in (*one.settings, "events"):
                if variable == variable_of(kind, name, field):
                    return f"{PROJECT}:{key}.{name}.{field}"
    if variable == "PENSTOCK_DEAD_LETTER_QUEUES":
        return f"{PROJECT}:sinks"
    if variable == "PENSTOCK_GATEWAYS":
        return f"{PROJECT}:gateways"
    return f"{PROJECT}:pages" if variable.startswith("PENSTOCK_PAGES_") else None


def _planned(stack: str, settings: StackSettings, plugins: Plugins) -> Foundation:
    """A stack of which only names and addresses are there."""
    region = pulumi.Config("aws").require("region")
    prefix = f"{PROJECT}-{stack}"

    def arn(service: str, name: str) -> _Known:
        return _Known(f"arn:aws:{service}:{region}:{ACCOUNT}:{name}")

    def queue(name: str) -> Any:
        url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{prefix}-{name}.fifo"
        return SimpleNamespace(url=_Known(url), arn=arn("sqs", f"{prefix}-{name}.fifo"))

    def pair(name: str) -> Any:
        dlq = None if name == TERMINAL else queue(f"{name}-dlq")
        return SimpleNamespace(queue=queue(name), dlq=dlq)

    kept = settings.ledger_table or f"{prefix}-ledger"
    table = arn("dynamodb", f"table/{kept}")
    ledger = SimpleNamespace(
        table=SimpleNamespace(name=_Known(kept), arn=table),
        index_arn=lambda index: _Known(f"{table}/index/{index}"),
    )
    # [aws] An API's id has ten characters.
    host = settings.own_name or f"{'a' * 10}.execute-api.{region}.amazonaws.com"
    queues = (*STAGES, TERMINAL, *(f"sink-{sink}" for sink in plugins.sinks))
    secrets = [name for kept in plugins.secrets.values() for name in kept]
    sketch: Any = SimpleNamespace(
        stack=stack,
        prefix=prefix,
        settings=settings,
        plugins=plugins,
        account=_Known(ACCOUNT),
        ledger=ledger,
        api=SimpleNamespace(url=_Known(f"https://{host}")),
        topics={
            name: SimpleNamespace(topic=SimpleNamespace(arn=arn("sns", f"{prefix}-{name}.fifo")))
            for name in TOPICS
        },
        queues={name: pair(name) for name in queues},
        secrets={
            name: SimpleNamespace(
                secret=SimpleNamespace(arn=arn("secretsmanager", f"secret:{prefix}/{name}-aaaaaa"))
            )
            for name in secrets
        },
        secrets_prefix=prefix,
    )
    return cast("Foundation", sketch)
