"""
Faults to put into a copy of the code: each takes one of the platform's safeguards away.

Left out are those with another one behind them, which hide each other here and have tests of
their own in tests/unit: the lease of an invoice (the wait in doubt), the event's dedup id at the
topic (the record of its delivery), a known notification (observations are cumulative), payments
that the sweep finds (the gap detector), the lease of a charge that the sweep looks up (the
version of its commit), the key of a collection (one is under way at a time), what a release
makes due (it is due by itself), the sweep's look at captures and refunds (their message). Too
rare are a crash between the two calls of a renewal, and a collection whose answer is lost:
tests/unit has both.
"""

from __future__ import annotations

from tests.simulation.mutant import Mutant
from tests.simulation.mutants_of_money import OF_MONEY

MUTANTS = (
    *OF_MONEY,
    Mutant(
        "the published mark",
        "pipeline/publish.py",
        "        return replace(entity, published=unsent[-1].sequence, caused=())\n",
        "        return entity\n",
    ),
    Mutant(
        "a mark for what has left only",
        "pipeline/publish.py",
        "        for event in unsent:\n",
        "        for event in unsent[:1]:\n",
    ),
    Mutant(
        "events of an earlier commit leave, too",
        "pipeline/publish.py",
        "        if [event.sequence for event in entity.caused] == list(waiting):\n",
        "        if entity.caused or not waiting:\n",
    ),
    Mutant(
        "the deduplication of deliveries to a sink",
        "pipeline/deliver.py",
        "        if await self.attempts.delivered(self.sink.name, key):\n",
        "        if False:\n",
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
        "a release lifts the restriction",
        "operators/restrictions.py",
        "            lifted = meant.since and await self.restrictions.lift(key, meant.since)\n",
        "            lifted = None\n",
    ),
    Mutant(
        "the record of a delivery",
        "pipeline/deliver.py",
        "                await self.attempts.record(self.sink.name, key, self.clock.now())\n",
        "                pass\n",
    ),
    Mutant(
        "the age of the list of restrictions",
        "pipeline/gate.py",
        " or not self._read_at <= now < self._read_at + KNOWN_FOR:\n",
        ":\n",
    ),
    Mutant(
        "the look again at a payment in doubt",
        "pipeline/sweep.py",
        "            await self.finish.observe.again(entity)\n",
        "            pass\n",
        "paypal",
    ),
    Mutant(
        "the renewal of dead letters",
        "pipeline/renew.py",
        "        if not self._is_old(first):\n",
        "        if True:\n",
    ),
    Mutant(
        "a redriven letter is sent",
        "operators/dead_letters.py",
        "            await self.of.dead.send_back(message)\n",
        "            pass\n",
    ),
    Mutant(
        "retention",
        "pipeline/retention.py",
        "        erased = await self.forget(payment)\n",
        "        erased = False\n",
    ),
    Mutant(
        "a payer stays forgotten",
        "domain/rules/observed.py",
        "    return nameless(payer) if payment.forgotten_at else payer\n",
        "    return payer\n",
        "paypal",
    ),
    Mutant(
        "an order of a forgotten payer is still the same",
        "domain/payment.py",
        "        asked = order.nameless if self.forgotten_at else order\n",
        "        asked = order\n",
    ),
)
