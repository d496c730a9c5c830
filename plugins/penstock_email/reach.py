"""Whether SES takes the letters: the account, the sender, and in the sandbox each recipient."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import Aws, AwsError

_PAUSED = "SES has paused this account's sending: its console says why (Account dashboard)"
_SENDER = (
    "the sender is no verified identity of SES: verify the address or its domain in SES's console"
)


async def unreachable(aws: Aws, sender: str, recipients: Sequence[str]) -> str | None:
    """
    Say why letters would not arrive, and what to do; None if they would.

    Raises:
        AwsError, GatewayUnavailable: SES did not say.
    """
    account = await aws.call("sesv2", "get_account")
    if not account["SendingEnabled"]:
        return _PAUSED
    if not await _verified(aws, sender):
        return _SENDER
    if account["ProductionAccessEnabled"]:
        return None
    strangers = [one for one in recipients if not await _verified(aws, one)]
    if not strangers:
        return None
    return (
        f"SES's sandbox sends to verified addresses only, and {len(strangers)} of "
        f"{len(recipients)} recipients are not: ask for production access in SES's console"
    )


async def _verified(aws: Aws, address: str) -> bool:
    """Whether the address or its domain is an identity that may send."""
    for identity in (address, address.rpartition("@")[2]):
        try:
            found = await aws.call("sesv2", "get_email_identity", EmailIdentity=identity)
        except AwsError as exc:
            if exc.code != "NotFoundException":
                raise
        else:
            if found["VerifiedForSendingStatus"]:
                return True
    return False
