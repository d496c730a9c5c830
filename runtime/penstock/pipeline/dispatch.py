"""Dispatch: each message of payments.fifo goes to the stage of its action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from penstock.domain.operation import Operation
from penstock.domain.payment import Payment
from penstock.errors import MissingCapability
from penstock.pipeline.batch import Handled
from penstock.pipeline.charge import Charge
from penstock.pipeline.orders import Action, ActionMessage, ChargeMessage, load_message
from penstock.ports import Message


class ActionStage(Protocol):
    """Runs the operations of one action."""

    async def __call__(self, asked: ActionMessage) -> Handled:
        """
        Bring the operation that a message names to its end, or as far as it goes now.

        Raises:
            PermanentError: people must look; the payment says why.
            TransientError: not decided; the message comes back.
        """
        ...

    async def resume(self, payment: Payment, operation: Operation) -> Payment:
        """
        Ask the gateway what became of an operation that is due, for the sweep.

        It never begins an operation: only a message does.

        Raises:
            TransientError: no answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Dispatch:
    """
    The consumer of payments.fifo.

    Attributes:
        charge: also takes messages from before there were actions.
        stages: the other actions that this version runs on payments.
        collect: runs the action `collect` on subscriptions.
    """

    charge: Charge
    stages: Mapping[Action, ActionStage]
    collect: Callable[[ActionMessage], Awaitable[Handled]] | None = None

    async def __call__(self, message: Message) -> Handled:
        """
        Run what a message asks for.

        Raises:
            PermanentError: people must look; also for an action that this version does not run.
            TransientError: not decided; the message comes back.
        """
        asked = load_message(message.body)
        if isinstance(asked, ChargeMessage):
            return await self.charge.take(asked)
        if asked.action is Action.collect and self.collect is not None:
            return await self.collect(asked)
        return await self._stage(asked.action)(asked)

    async def resume(self, payment: Payment, operation: Operation) -> Payment:
        """
        Ask what became of an operation that is due.

        Raises:
            MissingCapability: this version does not run operations of its kind.
            TransientError: no answer.
        """
        return await self._stage(Action(operation.kind.value)).resume(payment, operation)

    def _stage(self, action: Action) -> ActionStage:
        stage = self.stages.get(action)
        if stage is None:
            raise MissingCapability(
                f"the action {action.value} is not run by this version; deploy one that does, "
                "then redrive the message"
            )
        return stage
