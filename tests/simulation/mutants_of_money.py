"""Faults in what charges, captures, sends back and invoices: its leases, keys and look-ups."""

from __future__ import annotations

from tests.simulation.mutant import Mutant

_NO_LEASE = "\n\ndef wait_for_lease(*_: object) -> None:\n    pass\n\n\n"
OF_MONEY = (
    Mutant(
        "the lease of a charge",
        "pipeline/charge.py",
        "import OperationWork, wait_for_lease\n",
        f"import OperationWork\n{_NO_LEASE}",
    ),
    Mutant(
        "the lease of a capture",
        "pipeline/capture.py",
        "import OperationWork, wait_for_lease\n",
        f"import OperationWork\n{_NO_LEASE}",
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
        """        found = await _look_up(payment, operation, gateway)
        if not isinstance(found, NotFound):
""",
        """        found: LookupAnswer = NotFound()
        if not isinstance(found, NotFound):
""",
    ),
    Mutant(
        "unknown is not failed: a lost charge",
        "pipeline/charge_answers.py",
        """            case Unanswered(because):
                lost = operation.lose(now, because)
                await self.commit(payment, lost, PaymentStatus.unknown, because)
                raise GatewayUnavailable(because)
""",
        """            case Unanswered(because):
                lost = operation.settle(OperationState.declined, reason=because)
                return await self.commit(payment, lost, PaymentStatus.declined, because)
""",
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
        "the lease of a checkout",
        "pipeline/open_checkout.py",
        "import before_lease_ends, wait_for_lease\n",
        f"import before_lease_ends\n{_NO_LEASE}",
    ),
    Mutant(
        "a lost charge without keys is not repeated",
        "pipeline/charge.py",
        "        if gateway.idempotent_charges:\n",
        "        if True:\n",
        "teller",
    ),
    Mutant(
        "the look at a checkout before it is captured again",
        "pipeline/capture.py",
        "            settled = await self._read(payment, operation)\n"
        "            if settled is not None:\n"
        "                return settled\n"
        "            # A request",
        "            # A request",
    ),
    Mutant(
        "unknown is not failed: a lost capture",
        "pipeline/capture.py",
        "            case Unanswered(because):\n",
        "            case Unanswered(because):\n"
        "                return await self._settle(payment, operation, Declined(because))\n",
    ),
    Mutant(
        "unknown is not failed: a lost refund",
        "pipeline/refund.py",
        "            case Unanswered(because):\n",
        "            case Unanswered(because):\n"
        "                return await self._failed(payment, operation, because)\n",
    ),
    Mutant(
        "the restriction of a charge",
        "pipeline/charge.py",
        "        if kept is not None:\n",
        "        if False:\n",
    ),
    Mutant(
        "the restriction of a refund",
        "pipeline/refund.py",
        "        if kept is not None:\n",
        "        if False:\n",
    ),
    Mutant(
        "an invoice is read back after its record",
        "pipeline/invoice.py",
        "            found = await self._read_back(gateway, draft, found.reference)\n",
        "            found = replace(found, state=InvoiceState.recorded)\n",
        "paypal",
    ),
    Mutant(
        "the look at the refunds on an invoice before one is recorded",
        "pipeline/invoice_refunds.py",
        "        recorded = await gateway.invoice_refunds(reference, draft)\n",
        "        recorded: Sequence[InvoiceRefund] = ()\n",
        "paypal",
    ),
)
