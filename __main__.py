"""
The stack as a table of contents.

Run by `pulumi up`, and by `infra.emulated` for the platform on a laptop: there is no second
description of what Penstock is made of.
"""

from __future__ import annotations

import pulumi

from infra.access.guard import guard
from infra.access.roles import roles
from infra.asks import GAPS_MINUTES
from infra.checks import refuse_what_cannot_be
from infra.components.api import Routes, RoutesArgs
from infra.components.schedule import Schedule, ScheduleArgs
from infra.config.configured import configured
from infra.config.contract import operations
from infra.config.load import load
from infra.config.plugins import installed
from infra.config.stackconfig import project_config
from infra.functions import functions
from infra.mocks import routes
from infra.outputs import outputs
from infra.sizes import refuse_what_does_not_fit
from infra.stack import foundation
from infra.trial import refuse_what_cannot_be_built
from infra.watch import watch
from infra.works import RENEW_MINUTES


def main() -> None:
    """Settings, then components, then exports; what is wrong is refused before any is made."""
    stack = pulumi.get_stack()
    settings = load(stack, project_config())
    plugins = configured(settings, installed())
    refuse_what_cannot_be(settings, plugins)
    refuse_what_does_not_fit(stack, settings, plugins)
    refuse_what_cannot_be_built(plugins)

    # What holds or carries data: ledger, secrets, topics, queues, the address of the API.
    made = foundation(stack, settings, plugins)

    # What works on it: receive, api, merchant, verify, process, charge, sweep, gaps, renew, a
    # deliver per sink, operate if it is turned on, and mocks of gateways in a trial stack.
    working = functions(made)

    # What sets it going: a route per operation of the contract that is turned on and per mock, and
    # three schedules.
    served = [one for one in operations() if one.function in working] + routes(plugins)
    Routes("routes", RoutesArgs(made.api, served, working), made.options)
    rates = {"sweep": settings.sweep_minutes, "gaps": GAPS_MINUTES, "renew": RENEW_MINUTES}
    for name, minutes in rates.items():
        args = ScheduleArgs(f"{made.prefix}-{name}", working[name], minutes, settings.enabled)
        Schedule(name, args, made.options)

    # What tells somebody: metrics from logs, alarms, a dashboard, a budget.
    watched = watch(made, working)

    # Who takes care of it: people, and a host of one's own; and who besides functions may vouch
    # for a delivery or have money moved.
    hosts = roles(made, working, watched["alertsTopicArn"], list(rates))
    guard(made, working, list(hosts.values()))

    for name, value in {**outputs(made, working, rates), **watched}.items():
        pulumi.export(name, value)
    pulumi.export("roles", dict(hosts))


if __name__ == "__main__":
    main()
