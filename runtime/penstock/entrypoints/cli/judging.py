"""A kept webhook, judged by the platform's own door and the gateway's own verifier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from penstock.adapters.doors import doors
from penstock.api import Delivery, Door, Forged
from penstock.api.account import CheckedWebhook, ChecksWebhooks
from penstock.bootstrap.account import account
from penstock.entrypoints.cli import kept
from penstock.errors import DoorRefusal
from penstock.pipeline.receive import check as pass_door
from penstock.plugins import Kind, Registry, describe, variable


@dataclass(frozen=True, slots=True)
class Question:
    """What was given to the command, read."""

    registry: Registry
    gateway: str
    door: Door
    headers: Mapping[str, str]
    body: bytes
    came: datetime
    webhook_id: str
    certificates: Mapping[str, bytes] | None

    async def answer(self, env: str | None) -> tuple[str | None, CheckedWebhook]:
        """The environment it was judged in, if there is one, and the answer."""
        names = _environments(self.door)
        if env is not None and env not in names:
            has = " and ".join(names) or "one environment only: leave it out"
            raise kept.wrong("--env", f"{self.gateway} has {has}")
        meant = next((one for one in names if _fits(self.door, self.headers, one)), None)
        where = env or meant
        if env and meant and env != meant:
            because = f"the certificate's address is that of {meant}, and --env says {env}"
            return env, CheckedWebhook(Forged(because))
        try:
            # An address of no environment is refused at the door of any.
            passed = self._passed(where or next(iter(names), ""))
        except DoorRefusal as exc:
            return where, CheckedWebhook(Forged(exc.detail))
        delivery = Delivery.of(self.gateway, passed, self.body, self.came)
        settings = {"environment": where} if where else {}
        async with account(self.registry, self.gateway, settings) as made:
            if not isinstance(made, ChecksWebhooks):
                raise kept.wrong("--gateway", f"{self.gateway} has no check of kept webhooks")
            return where, await made.check_webhook(delivery, self.webhook_id, self.certificates)

    def _passed(self, environment: str) -> dict[str, str]:
        """The headers that the platform's own door lets through."""
        index = {"plugins": [describe(plugin) for plugin in self.registry.plugins]}
        environ = {
            "PENSTOCK_GATEWAYS": self.gateway,
            variable(Kind.gateway, self.gateway, "environment"): environment,
        }
        return pass_door(doors(index, environ, {})[self.gateway], self.headers, self.body)


def sender(registry: Registry, named: str | None) -> str:
    """The gateway: the one that was named, or the only one there is."""
    offered = sorted(one.name for one in registry.accounts)
    if named in offered:
        return named
    if named is None and len(offered) == 1:
        return offered[0]
    raise kept.wrong("--gateway", f"name one of: {', '.join(offered) or 'none is installed'}")


def door_of(registry: Registry, gateway: str) -> Door:
    door = registry.gateway(gateway).door
    if door is None:
        raise kept.wrong("--gateway", f"{gateway} sends no webhooks")
    return door


def _environments(door: Door) -> list[str]:
    """The environments that a header's pattern tells apart."""
    named = [one for one in door.headers.values() if not isinstance(one, str)]
    return list(dict.fromkeys(name for patterns in named for name in patterns))


def _fits(door: Door, headers: Mapping[str, str], environment: str) -> bool:
    """Whether each header that tells environments apart is that one's."""
    return all(
        isinstance(pattern, str) or re.fullmatch(pattern[environment], headers.get(name, ""))
        for name, pattern in door.headers.items()
    )
