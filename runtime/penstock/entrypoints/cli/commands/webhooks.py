"""`penstock webhooks`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from penstock.adapters.clock import SystemClock
from penstock.adapters.doors import doors
from penstock.api import Authentic, Delivery, Door, Forged, Undecided
from penstock.api.account import CheckedWebhook, ChecksWebhooks
from penstock.bootstrap.account import account
from penstock.entrypoints.cli import kept
from penstock.entrypoints.cli.session import AsJson, Code, session
from penstock.errors import DoorRefusal
from penstock.pipeline.receive import check as pass_door
from penstock.plugins import Kind, Registry, describe, load, variable

app = typer.Typer(no_args_is_help=True, help="Webhooks: why one was refused.")

_CODES: Mapping[type, int] = {Authentic: 0, Forged: 1, Undecided: 2}


class OwnCodes(TyperCommand):
    """A command whose wrong usage ends with 64, because 1 and 2 are answers of its own."""

    def make_context(self, *given: Any, **more: Any) -> Any:
        """Read the command line."""
        try:
            return super().make_context(*given, **more)
        except Exception as exc:
            if hasattr(exc, "exit_code") and hasattr(exc, "show"):
                vars(exc)["exit_code"] = int(Code.check_usage)
            raise


@app.callback()
def group() -> None:
    """Keep `check` a command of its own while it is the only one."""


@app.command("check", cls=OwnCodes)
def check(
    context: typer.Context,
    headers: Annotated[
        Path, typer.Option("--headers", metavar="FILE", help="the headers, as a JSON object")
    ],
    body: Annotated[
        Path, typer.Option("--body", metavar="FILE", help="the body, byte for byte as it came")
    ],
    webhook_id: Annotated[
        str, typer.Option("--webhook-id", metavar="ID", help="the gateway's id of the webhook")
    ],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="when it came, in RFC 3339 with its offset; else now"
        ),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env", metavar="live|sandbox", help="else the one of the certificate's address"
        ),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            "--certificates",
            metavar="DIR",
            help="PEM files, instead of downloads: the signing certificate's name ends with the"
            " last part of its address and .pem, the others complete its chain; none is trusted"
            " by being there",
        ),
    ] = None,
    gateway: Annotated[
        str | None, typer.Option("--gateway", help="whose webhook it is, if several are installed")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Say whether a gateway signed a webhook, and if not, why: "why was this webhook refused?"

    It judges the webhook with the platform's own code. With --certificates, nothing is sent and
    nothing is downloaded.

    \b
    Exit codes, which replace the usual ones:
    0   authentic
    1   forged
    2   undecided: for example, the signing certificate is missing
    64  wrong usage
    """
    came = kept.moment(at) if at is not None else SystemClock().now()
    given = kept.headers(headers)
    raw = kept.body(body)
    identity = kept.webhook_id(webhook_id)
    folder = kept.certificates(certificates) if certificates is not None else None
    registry = load()
    sender = _sender(registry, gateway)
    door = _door(registry, sender)
    where, checked = asyncio.run(
        _Question(registry, sender, door, given, raw, came, identity, folder).answer(env)
    )
    code = _CODES[type(checked.answer)]
    answer = type(checked.answer).__name__.lower()
    because = getattr(checked.answer, "because", f"{sender} signed it for webhook {identity}")
    told = {
        "answer": answer,
        "because": because,
        "note": checked.note or None,
        "gateway": sender,
        "environment": where,
        "at": came.isoformat(),
        "exit_code": code,
    }
    lines = [f"{answer} ({', '.join(filter(None, (sender, where)))}): {because}"]
    lines += [checked.note] if checked.note else []
    session(context, None, as_json).show(told, lambda: lines)
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Question:
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
            raise kept.wrong("--env", f"{self.gateway} has {' and '.join(names)}")
        meant = next((one for one in names if _fits(self.door, self.headers, one)), None)
        where = env or meant
        if env and meant and env != meant:
            because = f"the certificate's address is that of {meant}, and --env says {env}"
            return env, CheckedWebhook(Forged(because))
        try:
            # An address of no environment is refused at the door of any.
            passed = self._passed(where or names[0])
        except DoorRefusal as exc:
            return where, CheckedWebhook(Forged(exc.detail))
        delivery = Delivery.of(self.gateway, passed, self.body, self.came)
        async with account(self.registry, self.gateway, {"environment": where}) as made:
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


def _sender(registry: Registry, named: str | None) -> str:
    """The gateway: the one that was named, or the only one there is."""
    offered = sorted(one.name for one in registry.accounts)
    if named in offered:
        return named
    if named is None and len(offered) == 1:
        return offered[0]
    raise kept.wrong("--gateway", f"name one of: {', '.join(offered) or 'none is installed'}")


def _door(registry: Registry, gateway: str) -> Door:
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
