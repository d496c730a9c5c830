"""What contract-deep tries: a document, where it is served, and which checks do not hold there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from penstock import contracts
from tests.contract.exceptions import EXCEPTIONS, OF_PROVIDERS
from tests.contract.living import living
from tests.contract.providers.document import PROVIDERS, provider, raw
from tests.contract.providers.fuzzing import standing

HOOKS = "tests.contract.deep.hooks"
HOOKS_OF_HOSTS = "tests.contract.deep.hosts"
LEAST_WALKED = 0.8
"""
The share of our API's links that the stateful phase has to follow. Of 65 it can follow 54: it
makes 11 of `Location` headers and looks for an absolute path in them, and ours are relative.
"""
WALKS = 30
STEPS = 60
"""
How many walks along the links, and the requests of each. With schemathesis' 6 steps a walk hardly
leaves the operations that it may begin with, which are 11; with 60 it follows each link of an
answer up to three times.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """
    Something that schemathesis tries.

    Attributes:
        document: the contract, as JSON.
        config: of schemathesis, as TOML.
        least: the share of its links that the stateful phase has to follow.
    """

    url: str
    document: str = field(repr=False)
    config: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    least: float = 0.0


@contextmanager
def host(name: str, folder: Path, walks: int = WALKS) -> Iterator[Target]:
    """One host of our own API, with everything behind it."""
    document = json.dumps(contracts.load().published)
    with living() as live:
        bearer = {"Authorization": f"Bearer {live.token}"}
        config = _config(HOOKS_OF_HOSTS, EXCEPTIONS)
        config += f"[phases.stateful]\nmax-steps = {STEPS}\ngeneration.max-examples = {walks}\n"
        yield Target(live.hosts[name], document, config, bearer, LEAST_WALKED)


@contextmanager
def simulator(name: str, folder: Path) -> Iterator[Target]:
    """A provider's stand-in, stocked with what the document's examples name."""
    basic = [one.id for one in provider(name).operations if one.scheme == "basic"]
    with standing(name, folder) as stand:
        config = _config(HOOKS, {}, OF_PROVIDERS)
        for operation in basic:
            value = json.dumps(stand.basic["Authorization"])
            config += f'\n[[operations]]\ninclude-operation-id = "{operation}"\n'
            config += f"headers = {{ Authorization = {value} }}\n"
        yield Target(stand.url, json.dumps(raw(name)), config, stand.bearer)


Serve = Callable[[Path], AbstractContextManager[Target]]
TARGETS: Mapping[str, Serve] = {
    "serve": partial(host, "serve"),
    "functions": partial(host, "functions"),
    **{name: partial(simulator, name) for name in PROVIDERS},
}


def _config(
    hooks: str,
    of_operations: Mapping[str, Sequence[str]],
    of_all: Mapping[str, Any] | None = None,
) -> str:
    lines = [f'hooks = "{hooks}"']
    lines += ["[checks]"] + [f"{name}.enabled = false" for name in of_all or {}]
    for operation, checks in of_operations.items():
        lines += ["[[operations]]", f'include-operation-id = "{operation}"']
        lines += [f"checks.{name}.enabled = false" for name in checks]
    return "\n".join(lines) + "\n"
