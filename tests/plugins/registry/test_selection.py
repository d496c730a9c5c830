"""Which event types a sink gets: what the stack says, otherwise the plugin's own choice."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from penstock.api import EventType
from penstock.errors import PluginError
from penstock.plugins import describe, load
from tests.plugins.registry.fakes import gateway_plugin, sink_plugin
from tests.plugins.registry.test_build import make_context

OWN = (EventType.dispute_opened, EventType.payment_parked)


def selection(text: str, events: tuple[str, ...] | None = OWN) -> Collection[str] | None:
    registry = load([sink_plugin(events=events)])
    return registry.selection("pager", {"SINK_PAGER_EVENTS": text})


def test_a_sink_gets_its_plugins_choice_where_the_stack_says_nothing():
    registry = load([sink_plugin(events=OWN)])

    assert OWN == registry.selection("pager", {})
    assert ["dispute.opened", "payment.parked"] == describe(registry.plugins[0])["sinks"][0][
        "events"
    ]


def test_a_sink_of_a_plugin_without_a_choice_gets_everything():
    assert load([sink_plugin()]).selection("pager", {}) is None


@pytest.mark.parametrize("text", ["all", "*", '["*"]', '["payment.parked", "*"]'])
def test_the_stack_may_select_everything(text: str):
    assert selection(text) is None


def test_the_stack_may_select_some():
    assert {"invoice.paid"} == selection('["invoice.paid"]')


def test_a_type_that_only_newer_code_knows_may_be_selected():
    assert {"payment.blessed"} == selection('["payment.blessed"]')


@pytest.mark.parametrize("text", ["some", "[1]", '{"a": 1}', "["])
def test_a_selection_that_is_none_is_refused_by_name(text: str):
    with pytest.raises(PluginError, match=r"SINK_PAGER_EVENTS is neither `all` nor a list"):
        selection(text)


def test_the_selection_is_no_setting_of_the_plugin():
    registry = load([sink_plugin()])

    assert registry.build_sink("pager", {"SINK_PAGER_EVENTS": "all"}, make_context)


@pytest.mark.parametrize(
    ("events", "said"), [(("payment.suceeded",), "payment.suceeded"), ((), "it is empty")]
)
def test_a_plugin_that_chooses_no_event_type_is_refused(events: tuple[str, ...], said: str):
    with pytest.raises(PluginError, match=f"must name event types, and does not: {said}"):
        load([sink_plugin(events=events)])


def test_a_gateway_gets_no_events():
    with pytest.raises(PluginError, match="only a sink gets events"):
        load([gateway_plugin(events=OWN)])
