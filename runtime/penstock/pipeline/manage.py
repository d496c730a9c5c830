"""
Manage: cancel, suspend, resume and revise a subscription.

    read it ─► its status allows it? ─► the gateway ─► read it again, commit, publish
                  no: 409, nothing is sent
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NoReturn, assert_never

from penstock import problems
from penstock.api.answers import NotSent, Refused, Unanswered
from penstock.api.context import Clock, Ids
from penstock.api.subscriptions import (
    Done,
    Invalid,
    ManageAnswer,
    Revised,
)
from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.secret import secret_digest
from penstock.domain.signup import SignUp, request_digest, sign_up_id
from penstock.domain.subscription import PlanChange, Subscription, SubscriptionStatus
from penstock.errors import ChannelUnavailable, GatewayUnavailable, LedgerConflict, RequestRefused
from penstock.pipeline import correlation
from penstock.pipeline.publish import Publish
from penstock.pipeline.subscribe import return_url
from penstock.pipeline.subscribing import Subscribing, SubscriptionGateway, invalid
from penstock.pipeline.subscription import ObserveSubscription
from penstock.ports import Ledger


class Action(StrEnum):
    """The changes of a subscription that the API offers."""

    cancel = "cancel"
    suspend = "suspend"
    resume = "resume"
    revise = "revise"


_ALLOWED: Mapping[Action, tuple[SubscriptionStatus, ...]] = {
    Action.cancel: (SubscriptionStatus.active, SubscriptionStatus.suspended),
    Action.suspend: (SubscriptionStatus.active,),
    Action.resume: (SubscriptionStatus.suspended,),
    Action.revise: (SubscriptionStatus.active, SubscriptionStatus.suspended),
}
_REACHES: Mapping[Action, SubscriptionStatus] = {
    Action.cancel: SubscriptionStatus.cancelled,
    Action.suspend: SubscriptionStatus.suspended,
    Action.resume: SubscriptionStatus.active,
}
_LOOKED_AT = rules.Learned(unreported=True)
_READS = 3
"""A webhook about the same change is often processed at the same moment: read once more."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A change of plan that waits for the buyer, who approves it at the address."""

    subscription: Subscription
    approval_url: str


@dataclass(frozen=True, slots=True)
class Manage:
    """
    The stage behind `POST /subscriptions/{id}/cancel`, `…/suspend`, `…/resume` and `…/revise`.

    Attributes:
        api_url: the public address that buyers return to.
    """

    subscribing: Subscribing
    ledger: Ledger
    observe: ObserveSubscription
    publish: Publish
    clock: Clock
    ids: Ids
    api_url: str

    async def __call__(self, action: Action, identity: str, reason: str) -> Subscription:
        """
        Cancel, suspend or resume a subscription; returns it as it stands then.

        Args:
            identity: our id of it, `<gateway>-<the gateway's id>`.
            reason: why, for the gateway's records; 1 to 128 characters.

        Raises:
            RequestRefused: 404; 409, its status does not allow it; 422.
            TransientError: not done, or not known to be done.
        """
        gateway, before = await self._allowed(action, identity)
        answer = await _asked(gateway, action, _reference(before), reason)
        match answer:
            case Done():
                return await self._read(identity, gateway)
            case Unanswered(because):
                after = await self._read(identity, gateway)
                if after.status is _REACHES[action]:
                    return after
                raise GatewayUnavailable(because)
            case Refused():
                await self._refused(action, identity, gateway)
            case Invalid():
                raise invalid(answer)
            case NotSent(because, retry_after):
                raise GatewayUnavailable(because, retry_after=retry_after)
            case _:
                assert_never(answer)

    async def revise(self, identity: str, plan: str, reason: str | None = None) -> Revision:
        """
        Move a subscription to another plan, once the buyer approves.

        Args:
            reason: why; gateways take no reason, so the subscription keeps it for the event.

        Raises:
            RequestRefused: 404; 409, its status does not allow it; 422, such as no such plan.
            TransientError: not done, or not known to be done; a repeat is safe.
        """
        gateway, before = await self._allowed(Action.revise, identity)
        await self.subscribing.need_plan(gateway.name, plan)
        back, secret = self._way_back(before, plan)
        url = return_url(self.api_url, back, secret)
        answer = await gateway.revise_subscription(
            _reference(before), plan, url, f"{url}/cancelled"
        )
        match answer:
            case Revised(approval_url):
                # Only now: before the answer no buyer has the address.
                added = change(None, back, now=self.clock.now(), new_id=self.ids.new)
                await self.ledger.commit(added)
                asked = rules.Learned(unreported=True, asked=PlanChange(plan, reason))
                return Revision(await self._read(identity, gateway, asked), approval_url)
            case Refused():
                await self._refused(Action.revise, identity, gateway)
            case Invalid():
                raise invalid(answer)
            case NotSent(because, retry_after):
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                raise GatewayUnavailable(because)
            case _:
                assert_never(answer)

    async def _allowed(
        self, action: Action, identity: str
    ) -> tuple[SubscriptionGateway, Subscription]:
        correlation.bind(entity=identity)
        known = await self.ledger.load(Subscription, identity)
        name = known.gateway if known else self._gateway_of(identity)
        gateway = self.subscribing.gateway(name)
        subscription = await self._read(identity, gateway)
        if subscription.status not in _ALLOWED[action]:
            raise _not_allowed(action, subscription)
        return gateway, subscription

    def _gateway_of(self, identity: str) -> str:
        """The gateway that an unknown subscription's id names: it may be from before our time."""
        named = [one for one in self.subscribing.names if identity.startswith(f"{one}-")]
        if not named:
            raise _none_of_that_id()
        return max(named, key=len)

    async def _read(
        self,
        identity: str,
        gateway: SubscriptionGateway,
        learned: rules.Learned = _LOOKED_AT,
    ) -> Subscription:
        """The subscription as the gateway shows it, committed and published."""
        ref = Ref(EntityKind.subscription, identity)
        found = await self._observed(ref, gateway.name, learned)
        if found is None:
            raise _none_of_that_id()
        try:
            await self.publish.unsent(found)
        except ChannelUnavailable:
            # It is committed: the sweep publishes it.
            return found
        return found

    async def _observed(
        self, ref: Ref, gateway: str, learned: rules.Learned
    ) -> Subscription | None:
        for _ in range(_READS - 1):
            try:
                return await self.observe(ref, gateway, learned)
            except LedgerConflict:
                continue
        return await self.observe(ref, gateway, learned)

    async def _refused(
        self, action: Action, identity: str, gateway: SubscriptionGateway
    ) -> NoReturn:
        raise _not_allowed(action, await self._read(identity, gateway))

    def _way_back(self, subscription: Subscription, plan: str) -> tuple[SignUp, str]:
        """What the buyer's address of return names: a sign-up for the new plan."""
        name, secret = self.ids.new(), sha256(f"{self.ids.new()}{self.ids.new()}".encode())
        text, now = secret.hexdigest()[:32], self.clock.now()
        back = SignUp(
            # A namespace that no client's key has: keys hold no line break.
            id=sign_up_id(f"revise\n{name}"),
            gateway=subscription.gateway,
            created_at=now,
            updated_at=now,
            digest=request_digest([subscription.id, plan]),
            plan=plan,
            merchant_reference=subscription.seen.merchant_reference or "",
            return_digest=secret_digest(text),
            opened=subscription.id,
        )
        return back, text


async def _asked(
    gateway: SubscriptionGateway, action: Action, reference: str, reason: str
) -> ManageAnswer:
    match action:
        case Action.cancel:
            return await gateway.cancel_subscription(reference, reason)
        case Action.suspend:
            return await gateway.suspend_subscription(reference, reason)
        case Action.resume:
            return await gateway.resume_subscription(reference, reason)
        case Action.revise:
            raise ValueError("a revision has a method of its own")
        case _:
            assert_never(action)


def _reference(subscription: Subscription) -> str:
    return subscription.id.removeprefix(f"{subscription.gateway}-")


def _none_of_that_id() -> RequestRefused:
    return RequestRefused(problems.NO_SUCH_SUBSCRIPTION, "there is no subscription of that id")


def _not_allowed(action: Action, subscription: Subscription) -> RequestRefused:
    status = subscription.status
    if status in _ALLOWED[action]:
        detail = f"the provider refused to {action} it, although it shows it as {status}"
    elif status is SubscriptionStatus.approval_pending:
        detail = (
            f"its status is {status}: the buyer has not approved it, so there is nothing to "
            f"{action}; it never begins unless the buyer approves"
        )
    else:
        allowed = " or ".join(_ALLOWED[action])
        detail = f"its status is {status}; to {action} it, it must be {allowed}"
    return RequestRefused(problems.SUBSCRIPTION_STATE, detail)
