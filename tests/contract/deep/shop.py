"""The shop of a walk: it sells, its buyers approve, and it waits for the gateway."""

from __future__ import annotations

from itertools import count
from typing import Any

import requests

from tests.contract.providers.keys import KEY
from tests.e2e.world import until

_SUBSCRIBER = {"given_name": "Ada", "surname": "Lovelace", "email": "ada@example.com"}
_UNDECIDED = {"accepted", "approval_pending"}


class Shop:
    """
    A client of one host, with a customer for each thing it sells.

    Attributes:
        customers: the references that it gave.
        newest: the last of them.
    """

    def __init__(self, url: str, authorization: str) -> None:
        self._url = url
        self._bearer = {"Authorization": authorization}
        self._numbers = count(1)
        self.customers: set[str] = set()
        self.newest = ""

    def key(self) -> str:
        """A key or a reference that nothing has."""
        self.newest = f"walk-{next(self._numbers)}"
        self.customers.add(self.newest)
        return self.newest

    def pay(self) -> dict[str, Any]:
        """A payment that has succeeded."""
        order = {"amount": 1250, "currency": "USD", "reference": self.key()}
        return self.settle("payments", self._post("payments", provider="example", order=order))

    def subscribe(self) -> dict[str, Any]:
        """A subscription that is active and paid."""
        sold = {"provider": "example", "plan": "plan-monthly", "subscriber": _SUBSCRIBER}
        told = self._post("subscriptions", reference=self.key(), **sold)
        return self.settle("subscriptions", told)

    def suspend(self, subscription: str) -> None:
        """Have an active subscription suspended."""
        self._post(f"subscriptions/{subscription}/suspend", reason="a walk")

    def settle(self, kind: str, told: dict[str, Any]) -> dict[str, Any]:
        """Let its buyer approve it, and wait until the gateway has said what became of it."""
        page = _approved(told["approval_url"]) if "approval_url" in told else None
        one = f"{kind}/{told['id']}"

        def decided() -> bool:
            if page:
                # The page of the buyer who is back looks again, which goes on with a payment.
                requests.get(page, timeout=10)
            return self._get(one)["status"] not in _UNDECIDED

        until(decided, what="the gateway's word", pause=0.0)
        if kind == "subscriptions" and self._get(one)["access"] != "trial":
            until(lambda: self._get(f"{one}/payments")["payments"], what="its payment", pause=0.0)
        return told

    def _get(self, path: str) -> Any:
        return requests.get(f"{self._url}/{path}", headers=self._bearer, timeout=10).json()

    def _post(self, path: str, **body: Any) -> Any:
        headers = {**self._bearer, KEY: f"{self.newest}-{next(self._numbers)}"}
        answer = requests.post(f"{self._url}/{path}", json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()


def _approved(url: str) -> str:
    """Where the buyer is sent back to."""
    return requests.post(url, data={"decision": "approve"}, timeout=10).url
