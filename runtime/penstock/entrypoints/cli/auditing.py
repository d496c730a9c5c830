"""Who runs a command: the caller that AWS knows, in the audit trail with what the command did."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.operators.audited import Audited


async def audited(world: AwsWorld) -> Audited:
    """
    The caller's way into the audit trail.

    Raises:
        AwsError: AWS does not say who calls; then nothing may be done.
        GatewayUnavailable: AWS gave no answer.
    """
    from penstock.operators.audited import Audited

    caller = await world.clients.call("sts", "get_caller_identity")
    return Audited(world.audit, world.clock, world.ids, str(caller["Arn"]))
