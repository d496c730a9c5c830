"""
What plugins send to simulators in any test, and are answered, held to `contracts/providers`.

tests/conftest.py has a recorder watch for the whole run. A test during which a plugin sent, or a
simulator answered, what the provider's document does not have fails with the finding. So neither
can change without the other and the document.
"""

from __future__ import annotations

from collections import deque

from penstock.adapters.http import USER_AGENT
from penstock.testing.simulator import Exchange
from tests.contract.providers.compare import wrong_answer, wrong_request
from tests.contract.providers.document import PROVIDERS, provider


class Recorder:
    """
    Keeps what it found until it is asked.

    Only our own requests are looked at, by their User-Agent: tests also send simulators what no
    plugin would. The simulators themselves are asked anything at all by test_simulators.py.

    Attributes:
        seen: how many exchanges it has looked at.
    """

    def __init__(self) -> None:
        # Simulators run in threads of their own; a deque takes and gives from any of them.
        self.seen = 0
        self._requests: deque[str] = deque()
        self._answers: deque[str] = deque()

    def watch(self, exchange: Exchange) -> None:
        """Look at one exchange."""
        if exchange.provider not in PROVIDERS or not _ours(exchange):
            return
        if provider(exchange.provider).pages.fullmatch(exchange.path):
            return
        self.seen += 1
        self._requests.extend(wrong_request(exchange))
        self._answers.extend(wrong_answer(exchange))

    def found(self, *, odd_answers: bool = False) -> list[str]:
        """
        What was found since the last call, each finding once.

        Args:
            odd_answers: the test has the simulator answer what the provider should not.
        """
        requests, answers = _drained(self._requests), _drained(self._answers)
        return list(dict.fromkeys(requests if odd_answers else [*requests, *answers]))


def _ours(exchange: Exchange) -> bool:
    return exchange.headers.get("user-agent") == USER_AGENT


def _drained(found: deque[str]) -> list[str]:
    return [found.popleft() for _ in range(len(found))]
