"""
The functions that work behind the queues, by their handlers' names.

`receive` and the API have modules of their own, so that these load nothing only they need.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from penstock.entrypoints.functions.cold_start import uncollected

with uncollected():
    from penstock import observability
    from penstock.bootstrap.aws import connect
    from penstock.entrypoints.functions.host import Host, LambdaContext
    from penstock.settings import Function


@cache
def _host(function: Function) -> Host:
    with uncollected():
        platform = connect(os.environ, function)
    observability.configure(platform.settings.log_level, platform.settings.stack)
    return Host(function, platform)


def verify(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Deliveries: authentic, forged, or not known yet."""
    return _host(Function.verify).batch(event, context)


def process(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Notifications: into the ledger, on to the invoice and the events."""
    return _host(Function.process).batch(event, context)


def charge(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Payment messages: to their gateways."""
    return _host(Function.charge).batch(event, context)


def deliver(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Events: to the one sink this function is for."""
    return _host(Function.deliver).batch(event, context)


def sweep(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The schedule: finish what a crash left behind."""
    return _host(Function.sweep).sweep(context)


def gaps(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The schedule: notifications whose webhooks were lost."""
    return _host(Function.gaps).gaps(context)


def renew(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The schedule: dead letters that SQS would forget in four days."""
    return _host(Function.renew).renew(context)


__all__: Sequence[str] = ("charge", "deliver", "gaps", "process", "renew", "sweep", "verify")
