"""What `make run` shows: where everything is, what to try, and each stage as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from rich.console import Console
from rich.text import Text

from local.demonstration import Sent
from local.platform import Platform
from local.stages import StageLine
from penstock.entrypoints.cli.terminal import harmless

_ODD = frozenset({"parked", "rejected", "retry", "declined", "contradicted"})
_BEGAN_BY = {"receive": "webhook", "verify": "webhook", "process": "webhook", "charge": "payment"}
_WIDTH = 26
_STAND_INS = {
    "slack": ("Slack capture", "/"),
    "webhook": ("Webhook endpoint", "/"),
    "paypal": ("PayPal simulator", ""),
    "stripe": ("Stripe simulator", ""),
    "example": ("Example simulator", ""),
}


def addresses(console: Console, platform: Platform, token: str, shop: str) -> None:
    """Where everything is; the shop first, because it shows the rest at work."""
    rows = {
        "Shop": f"{shop}/",
        "API": platform.api_url,
        "its documentation": f"{platform.api_url}/docs",
    }
    if platform.instances("email"):
        rows["mailbox"] = str(platform.outputs["mailbox"])
    for name, running in platform.simulators.items():
        shown, path = _stand_in(platform, name)
        rows[shown] = f"{running.url}{path}"
    rows |= {"AWS emulator": platform.emulator.url, "API token": token}
    for name, value in rows.items():
        # Not wrapped: an address is there to be copied.
        console.print(Text(f"{name:20}", style="bold"), Text(value), soft_wrap=True)


def _stand_in(platform: Platform, name: str) -> tuple[str, str]:
    """What a simulator is called, and the path of its page; an instance's has its name, too."""
    for plugin, (shown, path) in _STAND_INS.items():
        if name in platform.instances(plugin):
            return (shown if name == plugin else f"{shown} {name}"), path
    return f"{name} simulator", ""


def what_to_try(console: Console, platform: Platform, token: str, sent: Sent) -> None:
    """Commands that work now, as long as the platform is up."""
    penstock = ".venv/bin/penstock --stack local"
    console.print("\n[bold]Try, in another terminal:[/bold]")
    lines: list[str] = []
    accounts = [one for one in platform.instances("paypal") if one in sent.webhooks]
    if accounts:
        named = f" --gateway {accounts[0]}" if len(accounts) > 1 else ""
        lines += [
            f"{penstock} trigger PAYMENT.SALE.COMPLETED{named} --set resource.amount.total=12.50",
            f"{penstock} trigger PAYMENT.SALE.COMPLETED{named} --forge",
        ]
    others = [one for one in sent.webhooks if one not in accounts]
    lines += [f"{penstock} trigger --gateway {one}" for one in others]
    if sent.payments:
        lines.append(f"{penstock} payments show {sent.payments[-1]}")
    lines += [f"{penstock} events list", f"{penstock} queue depth"]
    if sent.payment:
        lines.append("make sqs_create_test_message")
    if sent.payments:
        shown = f"{platform.api_url}/payments/{sent.payments[0]}"
        lines.append(f"curl -H 'Authorization: Bearer {token}' {shown}")
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)


class Stages:
    """
    The stages as they go, a line an item.

    Attributes:
        complete: set once every expected line was shown. The stages end in any order: a function
            logs after it has answered, and the next one may be faster.
    """

    def __init__(self, console: Console, expected: Mapping[str, int], began: datetime) -> None:
        """
        Show nothing yet.

        Args:
            expected: how many lines each stage will have that are no retries.
        """
        self.complete = asyncio.Event()
        self._console = console
        self._missing = {where: count for where, count in expected.items() if count}
        self._began = began
        self._done: set[tuple[str, str, str]] = set()
        if not self._missing:
            self.complete.set()
        self._kinds: dict[str, str] = {}

    async def follow(self, lines: AsyncIterator[StageLine]) -> None:
        """Show lines as they come."""
        self._print(_row("s", "", "stage", "entity", "outcome", "ms"), "bold")
        async for line in lines:
            self._show(line)

    def _show(self, line: StageLine) -> None:
        kind = self._kind(line)
        text = _row(
            f"{(line.at - self._began).total_seconds():.3f}",
            kind,
            line.where,
            line.entity if len(line.entity) <= _WIDTH else line.entity[: _WIDTH - 1] + "…",
            line.outcome,
            f"{line.ms:.1f}",
        )
        odd = "yellow" if line.outcome in _ODD else ""
        self._print(f"{text}  {line.because}" if line.because else text, odd)
        self._count(line)

    def _count(self, line: StageLine) -> None:
        told = (line.where, line.entity, line.outcome)
        if line.where not in self._missing or line.outcome == "retry" or told in self._done:
            return
        self._done.add(told)
        self._missing[line.where] -= 1
        if not any(count > 0 for count in self._missing.values()):
            self.complete.set()

    def _kind(self, line: StageLine) -> str:
        """Whether a webhook or a payment message set it going, as far as its stages tell."""
        if began := _BEGAN_BY.get(line.where):
            self._kinds[line.entity] = began
        return self._kinds.get(line.entity, "")

    def _print(self, text: str, style: str) -> None:
        # What a line says of an item may quote a stranger.
        self._console.print(Text(harmless(text), style=style), soft_wrap=True)


def _row(seconds: str, kind: str, where: str, entity: str, outcome: str, ms: str) -> str:
    return f"{seconds:>8}  {kind:8}{where:16} {entity:{_WIDTH + 2}}{outcome:30}{ms:>8}"
