"""Plans and subscriptions as a function: unlike the API's, it runs the gateways' plugins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from penstock.entrypoints.functions.cold_start import uncollected

with uncollected():
    from penstock import contracts, observability
    from penstock.bootstrap import Platform
    from penstock.bootstrap.aws import connect
    from penstock.entrypoints.functions.api import ApiHost
    from penstock.entrypoints.http.api import Api
    from penstock.entrypoints.http.merchant import MerchantHandlers
    from penstock.entrypoints.http.pages.handlers import PageHandlers
    from penstock.entrypoints.http.pages.page import PageSettings
    from penstock.entrypoints.http.tokens import Authenticator
    from penstock.settings import Function


def make_merchant(platform: Platform) -> Api:
    """
    The part of the API that this function serves.

    Raises:
        SettingsError: the contract and the handlers do not fit together, or buyers cannot return
            to the API's address.
    """
    authenticate = Authenticator(platform.world.tokens, platform.world.clock)
    table = {**MerchantHandlers(platform).table(), **PageHandlers.of(platform).table()}
    pages = PageSettings.of(platform.settings)
    contract = contracts.load(operations=False)
    return Api(contract, table, authenticate, (Function.merchant.value,), pages)


@cache
def _host() -> ApiHost:
    with uncollected():
        platform = connect(os.environ, Function.merchant)
    observability.configure(platform.settings.log_level, platform.settings.stack)
    return ApiHost(platform, Function.merchant, make_merchant)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """The operations that the contract gives to `merchant`."""
    return _host()(event)
