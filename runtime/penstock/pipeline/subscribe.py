"""
Subscribe: a sign-up opens one subscription, whatever crashes on the way.

    reserved ───────────────► submit ─► the gateway's answer ─► settle ─► the subscription is read
    submitting, lease runs ─► 503: come back when it ends
    lease over; unknown ────► the same operation id again, as long as gateways keep ids
    succeeded, declined ────► the same answer again

The sign-up holds no personal data, so only a repeat of the request can submit: its operation has
no due time. The sweep can only resume the follow operation, which reads the subscription.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

import structlog

from penstock import problems
from penstock.api.answers import NotSent, Refused, Unanswered
from penstock.api.context import Clock, Ids
from penstock.api.subscriptions import (
    Invalid,
    SubscribeAnswer,
    Subscribed,
    Subscriber,
    SubscriptionRequest,
)
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.secret import new_secret, secret_digest
from penstock.domain.signup import SignUp, request_digest, return_token, sign_up_id
from penstock.domain.subscription import subscription_id
from penstock.errors import (
    GatewayUnavailable,
    LedgerConflict,
    PenstockError,
    RequestRefused,
)
from penstock.pipeline import correlation
from penstock.pipeline.finish import Finish
from penstock.pipeline.operation_work import before_lease_ends, wait_for_lease
from penstock.pipeline.subscribing import Subscribing, SubscriptionGateway, field_refused
from penstock.ports import Ledger

IDS_KEPT = timedelta(hours=72)
"""How long gateways recognize a request id; PayPal keeps ids for 72 hours."""
_FOLLOW_SECONDS = 8.0
"""How long a request waits for its subscription to be read; the sweep reads it otherwise."""


@dataclass(frozen=True, slots=True)
class SignUpRequest:
    """The request of a merchant's backend; see `SubscriptionRequest`."""

    gateway: str
    plan: str
    reference: str
    subscriber: Subscriber

    @property
    def digest(self) -> str:
        """SHA-256 over the request: a repeat under a key must ask for the same."""
        who = self.subscriber
        return request_digest(
            [self.gateway, self.plan, self.reference, who.given_name, who.surname, who.email]
        )


@dataclass(frozen=True, slots=True)
class Subscribe:
    """
    The stage behind `POST /subscriptions`.

    Attributes:
        lease: longer than one request may take, so that no worker is at it once it expired.
        api_url: the public address that buyers return to.
        brand: the merchant's name, as the gateway's page shows it.
    """

    subscribing: Subscribing
    ledger: Ledger
    finish: Finish
    clock: Clock
    ids: Ids
    lease: timedelta
    api_url: str
    brand: str | None = None

    async def __call__(self, namespace: str, asked: SignUpRequest) -> SignUp:
        """
        Open a subscription; the same key with the same request opens one, however often sent.

        Args:
            namespace: the Idempotency-Key with the client that sent it.

        Raises:
            RequestRefused: 422; the provider, the plan or a field is not taken, the key belongs
                to another request, or it is too old.
            TransientError: not opened, or not known to be; repeat the same request.
        """
        gateway = self.subscribing.gateway(asked.gateway)
        sign_up = await self._committed(sign_up_id(namespace), asked)
        if sign_up.digest != asked.digest:
            raise RequestRefused(problems.KEY_REUSED, "use a new key for a new subscription")
        correlation.bind(entity=sign_up.id)
        sign_up = await self._advance(sign_up, asked, gateway)
        if sign_up.refused_field is not None:
            raise field_refused(sign_up.refused_field, sign_up.refused or "")
        await self._followed(sign_up)
        return sign_up

    async def _committed(self, identity: str, asked: SignUpRequest) -> SignUp:
        known = await self.ledger.load(SignUp, identity)
        if known is not None:
            return known
        await self.subscribing.need_plan(asked.gateway, asked.plan)
        now, secret = self.clock.now(), new_secret(self.ids.new)
        sign_up = SignUp(
            id=identity,
            gateway=asked.gateway,
            created_at=now,
            updated_at=now,
            digest=asked.digest,
            plan=asked.plan,
            merchant_reference=asked.reference,
            return_digest=secret_digest(secret),
            return_secret=secret,
        )
        kind = OperationKind.subscribe
        reserved = Operation(sign_up.operation_id(kind), kind)
        try:
            return await self._commit(None, sign_up, reserved)
        except LedgerConflict:
            # The same request at the same moment: use what the other one committed.
            known = await self.ledger.load(SignUp, identity)
            if known is None:
                raise
            return known

    async def _advance(
        self, sign_up: SignUp, asked: SignUpRequest, gateway: SubscriptionGateway
    ) -> SignUp:
        operation = sign_up.operation(OperationKind.subscribe)
        if operation is None or not operation.open:
            return sign_up
        now = self.clock.now()
        wait_for_lease(operation, now, "the subscription")
        if operation.attempts and now - sign_up.created_at >= IDS_KEPT:
            raise RequestRefused(
                problems.KEY_TOO_OLD,
                "its answer was lost, and the provider has forgotten it; use a new key",
            )
        submitted = operation.submit(now, self.lease)
        sign_up = await self._commit(sign_up, sign_up, submitted)
        request = self._request(sign_up, submitted, asked)
        answer = await before_lease_ends(
            gateway.create_subscription(request), submitted, self.clock.now()
        )
        return await self._settle(sign_up, submitted, answer)

    def _request(
        self, sign_up: SignUp, operation: Operation, asked: SignUpRequest
    ) -> SubscriptionRequest:
        back = return_url(self.api_url, sign_up, sign_up.return_secret or "")
        return SubscriptionRequest(
            operation.id,
            asked.plan,
            asked.reference,
            asked.subscriber,
            return_url=back,
            cancel_url=f"{back}/cancelled",
            brand=self.brand,
        )

    async def _settle(
        self, sign_up: SignUp, operation: Operation, answer: SubscribeAnswer
    ) -> SignUp:
        match answer:
            case Subscribed(reference, approval_url):
                return await self._opened(sign_up, operation, reference, approval_url)
            case Invalid(field, because):
                declined = operation.settle(OperationState.declined, reason=because)
                refused = replace(
                    sign_up, refused_field=field, refused=because, return_secret=None
                )
                return await self._commit(sign_up, refused, declined)
            case Refused(because):
                # A person must look at the account or its permissions. Then the same key works.
                await self._commit(sign_up, sign_up, operation.release(because))
                raise RequestRefused(problems.PROVIDER_REFUSED, because)
            case NotSent(because, retry_after):
                await self._commit(sign_up, sign_up, operation.release(because))
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                now = self.clock.now()
                lost = operation.lose(now, because)
                await self._commit(sign_up, sign_up, lost)
                wait = ((lost.lease_until or now) - now).total_seconds()
                raise GatewayUnavailable(because, retry_after=max(wait, 1))
            case _:
                assert_never(answer)

    async def _opened(
        self, sign_up: SignUp, operation: Operation, reference: str, approval_url: str
    ) -> SignUp:
        identity = subscription_id(sign_up.gateway, reference)
        follow = Operation(
            sign_up.operation_id(OperationKind.follow),
            OperationKind.follow,
            due_at=self.clock.now(),
            reference=str(Ref(EntityKind.subscription, identity)),
            reason="it was opened",
        )
        opened = replace(
            sign_up,
            operations=sign_up.replacing(follow),
            opened=identity,
            approval_url=approval_url,
            return_secret=None,
        )
        settled = operation.settle(OperationState.succeeded, reference=reference)
        return await self._commit(sign_up, opened, settled)

    async def _commit(self, before: SignUp | None, after: SignUp, operation: Operation) -> SignUp:
        # No due time: the sweep cannot submit it, because it does not know the subscriber.
        owned = after.replacing(replace(operation, due_at=None))
        decided = change(
            before,
            replace(after, operations=owned),
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        await self.ledger.commit(decided)
        return decided.entity

    async def _followed(self, sign_up: SignUp) -> None:
        """Read the new subscription; if that fails, it is open all the same."""
        follow = sign_up.operation(OperationKind.follow)
        if follow is None or not follow.open:
            return
        try:
            async with asyncio.timeout(_FOLLOW_SECONDS):
                await self.finish.resume(sign_up)
        except (PenstockError, TimeoutError) as exc:
            structlog.get_logger().warning(
                "subscription.read_later", entity=sign_up.id, because=type(exc).__name__
            )


def return_url(api_url: str, sign_up: SignUp, secret: str) -> str:
    """Where the gateway sends a buyer who approved; with `/cancelled` for one who did not."""
    return f"{api_url}/returns/{return_token(sign_up.id, secret)}"
