"""Whether a secret's value works, asked of its gateway before the value is written."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import GatewayUnavailable
from penstock.api.account import ChecksPermissions
from penstock.entrypoints.cli.ready import Gateway
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.errors import SettingsError

_ANYWAY = "nothing was written (with --untested it is)"


async def tried(begun: Session, plugin: str, fields: Mapping[str, str]) -> str:
    """
    What the gateway says of these values, in words.

    Raises:
        CommandError: it does not take them, or gives no answer.
    """
    unknown = f"not tested: {plugin} has no check of its secret"
    if plugin not in begun.stack().outputs["gateways"]:
        return unknown
    gateway = Gateway.of(begun, plugin, None)
    if all(one.name != gateway.plugin for one in gateway.registry.accounts):
        return unknown
    try:
        async with gateway.account(fields, object) as made:
            if not isinstance(made, ChecksPermissions):
                return unknown
            found = await made.permissions()
    except SettingsError as exc:
        raise CommandError(f"{exc}; {_ANYWAY}", Code.refused) from None
    except GatewayUnavailable as exc:
        why = f"{plugin} cannot be asked whether the value works: {exc}"
        raise CommandError(f"{why}; {_ANYWAY}", Code.unavailable) from None
    lacking = [one.name for one in found if one.granted is False]
    if not lacking:
        return f"tested: {plugin} takes it"
    check = f"{gateway.plugin} check"
    if gateway.plugin != plugin:
        check += f" --gateway {plugin}"
    return (
        f"tested: {plugin} takes it, and does not permit {', '.join(lacking)};"
        f" see `{begun.command(check)}`"
    )
