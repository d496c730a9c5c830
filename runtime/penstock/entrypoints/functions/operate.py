"""Operators' commands as a function of its own: it writes what no other function may write."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from penstock import contracts, observability
from penstock.bootstrap import Platform
from penstock.bootstrap.aws import connect
from penstock.entrypoints.functions.api import ApiHost
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.operating import OperateHandlers
from penstock.entrypoints.http.tokens import Authenticator
from penstock.settings import Function


def make_operate(platform: Platform) -> Api:
    """
    The part of the API that this function serves.

    Raises:
        SettingsError: the contract and the handlers do not fit together.
    """
    authenticate = Authenticator(platform.world.tokens, platform.world.clock)
    table = OperateHandlers(platform).table()
    return Api(contracts.load(), table, authenticate, (Function.operate.value,))


@cache
def _host() -> ApiHost:
    platform = connect(os.environ, Function.operate)
    observability.configure(platform.settings.log_level, platform.settings.stack)
    return ApiHost(platform, Function.operate, make_operate)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """The operations that the contract gives to `operate`."""
    return _host()(event)
