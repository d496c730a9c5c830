"""An account at PayPal as commands see it."""

from __future__ import annotations

from typing import Any

from penstock.api import Response
from penstock.testing.context import FixedSecrets, RecordingLog, context
from penstock.testing.http import response
from penstock_paypal.account import PayPalAccount
from penstock_paypal.settings import PayPalSettings
from tests.plugins.paypal.fakes import ToldHttp
from tests.plugins.paypal.told import API, SECRET, TOKEN, granted

PRODUCT: dict[str, Any] = {"id": "TEA-CLUB", "name": "T", "type": "PHYSICAL"}
WEBHOOKS = "/v1/notifications/webhooks"


def account(http: Any, environment: str = "sandbox", **secret: str) -> PayPalAccount:
    settings = PayPalSettings.model_validate({"environment": environment})
    secrets = FixedSecrets({**SECRET, **secret})
    return PayPalAccount(context(settings, secrets=secrets, http=http, log=RecordingLog()))


class PayPalOf(ToldHttp):
    """PayPal with so many plans and webhooks; whatever else is asked for is not there."""

    def __init__(self, plans: Any = (), webhooks: Any = (), product: Any = PRODUCT) -> None:
        super().__init__({TOKEN: granted()})
        self.shown = {
            "/v1/billing/plans": {"plans": plans},
            WEBHOOKS: {"webhooks": webhooks},
            "/v1/catalogs/products/TEA-CLUB": product,
        }
        self.sent: list[tuple[str, str]] = []

    async def request(self, method: str, url: str, **more: Any) -> Response:
        where = url.removeprefix(API).partition("?")[0]
        if url in self.answers:
            return await super().request(method, url, **more)
        if method != "GET":
            self.sent.append((method, where))
            return response(201, {"id": "WH-NEW"})
        shown = self.shown.get(where)
        return response(200, shown) if shown is not None else response(404, {})
