"""
Whether each function's variables fit into what Lambda takes, before anything is made.

The functions are planned once more, on a stack that is not there: its addresses are texts of the
length that AWS will give them, so that what is counted is what will be sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pulumi

from infra.config.plugins import Plugins
from infra.config.project import PROJECT, ConfigError
from infra.config.settings import StackSettings
from infra.environment import variable as variable_of
from infra.functions import works
from infra.stack import STAGES, TERMINAL, TOPICS, Foundation

LAMBDA_BYTES = 4096
"""[aws] All variables of a function together, as JSON ("Lambda quotas")."""
ACCOUNT = "0" * 12
T = TypeVar("T")


class _Known(str):
    """A text that is known already, where the program has an output."""

    def apply(self, work: Callable[[str], T]) -> T:
        """Work on it at once."""
        return work(self)


def refuse_what_does_not_fit(stack: str, settings: StackSettings, plugins: Plugins) -> None:
    """
    Make sure that Lambda takes every function's variables.

    Raises:
        ConfigError: it would refuse some, half-way through the deployment; names the functions
            and the longest settings.
    """
    if problems := list(_oversize(variables(stack, settings, plugins), plugins)):
        raise ConfigError(*problems)


def variables(
    stack: str, settings: StackSettings, plugins: Plugins
) -> Mapping[str, Mapping[str, str]]:
    """The variables of each function, with addresses of the length that they will have."""
    planned = works(_planned(stack, settings, plugins))
    return {name: cast("Mapping[str, str]", work.variables) for name, work in planned.items()}


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
