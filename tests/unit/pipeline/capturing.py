"""A reserved capture, and one whose answer is lost."""

from __future__ import annotations

from penstock.api import Unanswered
from penstock.pipeline.capture import Capture
from penstock.pipeline.orders import Action, ActionMessage
from tests.unit.pipeline.approving import approved
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import PAYMENT


def stage(store: Store) -> Capture:
    found = store.dispatch.stages[Action.capture]
    assert isinstance(found, Capture)
    return found


async def asked(store: Store) -> ActionMessage:
    """The message of the payment's newest capture."""
    return ActionMessage(PAYMENT, "till", Action.capture, (await store.captures())[-1].id)


async def reserved() -> Store:
    store = await approved()
    await store.back()
    store.till.reads = 0
    return store


async def lost(*, taken: bool = False) -> Store:
    """A capture whose answer was lost, beyond its lease."""
    store = await reserved()
    store.till.capture_answers = [Unanswered("lost")]
    store.till.captures_before_answering = taken
    await store.work()
    store.clock.advance(200)
    store.till.captures_before_answering = False
    return store
