"""Events as messages in a Slack channel, by an incoming webhook."""

from penstock.api import Register, RegisterSimulator, Sink, hookimpl
from penstock_slack.sink import SlackSettings, SlackSink


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink."""
    register(name="slack", settings=SlackSettings, build=SlackSink, secrets=("webhook_url",))


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="slack", build="penstock_slack.simulator:build")
