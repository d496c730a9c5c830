"""Faults to put into a copy of the code: each takes one of the platform's safeguards away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """
    One safeguard taken away.

    Attributes:
        file: below `runtime/penstock`.
        before: the text that is replaced, which must be there once.
        gateway: the one that needs the safeguard.
    """

    name: str
    file: str
    before: str
    after: str
    gateway: str = "example"


_NO_LEASE = "\n\ndef wait_for_lease(*_: object) -> None:\n    pass\n\n\n"
MUTANTS = (
    Mutant(
        "the lease of a charge",
        "pipeline/charge.py",
        "import asked_again, wait_for_lease\n",
        f"import asked_again\n{_NO_LEASE}",
    ),
    Mutant(
        "the lease of a capture",
        "pipeline/capture.py",
        "from penstock.pipeline.operation_work import wait_for_lease\n",
        _NO_LEASE,
    ),
    Mutant(
        "the lease of a refund",
        "pipeline/refund.py",
        "    wait_for_lease,\n)\n",
        f")\n{_NO_LEASE}",
    ),
    Mutant(
        "the lease of a sign-up",
        "pipeline/subscribe.py",
        "import before_lease_ends, wait_for_lease\n",
        f"import before_lease_ends\n{_NO_LEASE}",
    ),
    Mutant(
        "the look-up of a charge before it is sent again",
        "pipeline/charge.py",
        """        answer: LookupAnswer = NotFound()
        if isinstance(gateway, Lookup):
""",
        """        answer: LookupAnswer = NotFound()
        if False:
""",
    ),
    Mutant(
        "unknown is not failed: a lost charge",
        "pipeline/charge.py",
        """            case Unanswered(because):
                lost = operation.lose(now, because)
                await self._commit(payment, lost, PaymentStatus.unknown, because)
                raise GatewayUnavailable(because)
""",
        """            case Unanswered(because):
                lost = operation.settle(OperationState.declined, reason=because)
                return await self._commit(payment, lost, PaymentStatus.declined, because)
""",
    ),
    Mutant(
        "the published mark",
        "pipeline/publish.py",
        "        return replace(entity, published=unsent[-1].sequence)\n",
        "        return entity\n",
    ),
    Mutant(
        "a mark for what has left only",
        "pipeline/publish.py",
        "        for event in unsent:\n",
        "        for event in unsent[:1]:\n",
    ),
    Mutant(
        "the deduplication of deliveries to a sink",
        "pipeline/deliver.py",
        "        if await self.attempts.delivered(self.sink.name, key):\n",
        "        if False:\n",
    ),
    Mutant(
        "one key is one payment",
        "pipeline/accept.py",
        '    return derived_id("pay", idempotency_key, client)\n',
        '    import uuid\n    return derived_id("pay", f"{uuid.uuid4()}", client)\n',
    ),
    Mutant(
        "one key is one refund",
        "pipeline/refunding.py",
        '            name = derived_id("refund", idempotency_key, caller.client)\n',
        "            name = self.ids.new()\n",
    ),
    Mutant(
        "the version of a commit",
        "adapters/memory/ledger.py",
        "        if (held.version if held else None) != change.expected:\n",
        "        if False:\n",
    ),
    Mutant(
        "the order within a group",
        "pipeline/batch.py",
        """                later = messages[place:]
                await self._postpone(later, delay)
                results += [
                    Result(follower.id, Status.retry, "waits for an earlier message of its group")
                    for follower in later[1:]
                ]
                break
""",
        """                await self._postpone([message], delay)
""",
    ),
    Mutant(
        "a message that comes back is kept",
        "entrypoints/serve/consume.py",
        "                if result.status is not Status.retry:\n",
        "                if True:\n",
    ),
    Mutant(
        "the sweep's unsent payments",
        "pipeline/sweep.py",
        "            await self.accept.send(entity)\n",
        "            pass\n",
    ),
    Mutant(
        "the sweep's unsent operations",
        "pipeline/sweep.py",
        "                await self.hand_over(entity, operation)\n",
        "                pass\n",
    ),
    Mutant(
        "the sweep's undecided charges",
        "pipeline/sweep.py",
        "                entity = await self.dispatch.charge.settle_by_lookup(entity)\n",
        "                pass\n",
    ),
    Mutant(
        "the sweep's checkouts that are over",
        "pipeline/sweep.py",
        "                entity = await self.checkouts.due(entity)\n",
        "                pass\n",
    ),
    Mutant(
        "the sweep's look at access",
        "pipeline/sweep.py",
        "            await self.finish.observe_subscription.due(subscription)\n",
        "            pass\n",
    ),
    Mutant(
        "the sweep's unfinished entities",
        "pipeline/sweep.py",
        """        await self._asked(entity)
        await self.finish(ref)
""",
        """        await self._asked(entity)
""",
    ),
    Mutant(
        "the detector of lost webhooks",
        "pipeline/gaps.py",
        "            await send_fetched(self.gaps.verified, one)\n",
        "            pass\n",
    ),
    Mutant(
        "the search for an invoice before it is made",
        "pipeline/invoice.py",
        "        found = await gateway.find_invoice(draft, operation.reference)\n"
        "        if found is not None and found.foreign:\n",
        "        found = None\n        if found is not None and found.foreign:\n",
        "paypal",
    ),
    Mutant(
        "the wait for an invoice in doubt",
        "pipeline/invoice_work.py",
        "        if left > 0:\n",
        "        if False:\n",
        "paypal",
    ),
    Mutant(
        "a release lifts the restriction",
        "operators/restrictions.py",
        "            lifted = await self.restrictions.lift(key)\n",
        "            lifted = None\n",
    ),
)
