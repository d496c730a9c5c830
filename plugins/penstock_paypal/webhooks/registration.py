"""Whether PayPal sends its webhooks to us: asked by people who look after a stack."""

from __future__ import annotations

from penstock.api import Secrets
from penstock_paypal import shapes
from penstock_paypal.client.api import Api
from penstock_paypal.webhooks import notification

WANTED = (
    notification.MONEY_CLAIMS
    | notification.SENT_BACK
    | notification.CAPTURE_SENT_BACK
    | notification.CHECKOUT
    # Not REFUND.COMPLETED, RISK.DISPUTE.CREATED and SUBSCRIPTION.RE-ACTIVATED: they are handled,
    # and PayPal's list of events does not have them, so a webhook could not be given them.
    | {"PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"}
    | {f"CUSTOMER.DISPUTE.{what}" for what in ("CREATED", "UPDATED", "RESOLVED")}
    | {"INVOICING.INVOICE.PAID", "INVOICING.INVOICE.CANCELLED"}
    | (notification.SAYS.keys() - {"BILLING.SUBSCRIPTION.RE-ACTIVATED"})
)
"""The events a webhook must be registered for; a test compares docs/deploy.md with them."""
_ALL = "*"


async def unregistered(api: Api, secrets: Secrets, url: str) -> str | None:
    """
    What is wrong with the webhook at that address, and what to do; None when nothing is.

    Raises:
        GatewayUnavailable: PayPal gave no answer, or the secret cannot be read.
    """
    answer = await api.read("/v1/notifications/webhooks", "list webhooks")
    listed = shapes.sequence(answer.data.get("webhooks")) if answer else ()
    here = [one for one in listed if shapes.text(one, "url") == url]
    if not here:
        return f"PayPal has no webhook for {url}: run `penstock webhooks register`"
    known = {version.get("webhook_id") for version in (await secrets.get()).versions}
    ours = [one for one in here if shapes.text(one, "id") in known]
    if not ours:
        return "webhook_id is not the id of PayPal's webhook: run `penstock webhooks register`"
    told = {shapes.text(one, "name") for one in shapes.sequence(shapes.at(ours[0], "event_types"))}
    missing = set[str]() if _ALL in told else WANTED - told
    if missing:
        named = ", ".join(sorted(missing))
        return f"PayPal's webhook lacks {named}: run `penstock webhooks register`"
    return None
