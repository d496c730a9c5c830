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


@dataclass(frozen=True, slots=True)
class Target:
    """
    Something that schemathesis tries.

    Attributes:
        document: the contract, as JSON.
        config: of schemathesis, as TOML.
    """

    url: str
    document: str = field(repr=False)
    config: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@contextmanager
def host(name: str, folder: Path) -> Iterator[Target]:
    """One host of our own API, with everything behind it."""
    document = json.dumps(contracts.load().published)
    with living() as live:
        bearer = {"Authorization": f"Bearer {live.token}"}
        yield Target(live.hosts[name], document, _config(EXCEPTIONS), bearer)


@contextmanager
def simulator(name: str, folder: Path) -> Iterator[Target]:
    """A provider's stand-in, stocked with what the document's examples name."""
    basic = [one.id for one in provider(name).operations if one.scheme == "basic"]
    with standing(name, folder) as stand:
        config = _config({}, OF_PROVIDERS)
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
    of_operations: Mapping[str, Sequence[str]], of_all: Mapping[str, Any] | None = None
) -> str:
    lines = [f'hooks = "{HOOKS}"']
    lines += ["[checks]"] + [f"{name}.enabled = false" for name in of_all or {}]
    for operation, checks in of_operations.items():
        lines += ["[[operations]]", f'include-operation-id = "{operation}"']
        lines += [f"checks.{name}.enabled = false" for name in checks]
    return "\n".join(lines) + "\n"
