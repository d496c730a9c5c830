"""
PayPal's signing certificates: downloaded once, kept by address, proved once.

    address not PayPal's ───► forged, and never asked for
    known ──────────────────► its key; asked for anew once a day, without a budget
    unknown, budget used up ► undecided; at 10 minutes of age forged
    200, a certificate ─────► known from then on
    404 or 410 ─────────────► undecided, with growing waits; at 10 minutes of age forged
    anything else ──────────► undecided, however long it takes

A certificate is known once its whole chain was proved. Only PayPal can make us know one, so
strangers cannot crowd one out. What they can make us ask for is bounded by a budget, and the age
is the delivery's own: no memory that they can fill turns a genuine delivery into a forged one.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from penstock.api import Forged, GatewayUnavailable, Http, Log, Response, Undecided
from penstock_paypal.webhooks.age import SKEW, UNDECIDED, seconds_to_wait
from penstock_paypal.webhooks.budget import Budget
from penstock_paypal.webhooks.chain import SIZE_LIMIT, Signer, Trust

LONGEST = timedelta(days=1)
SHORTEST = timedelta(minutes=5)
GRACE = timedelta(days=1)
"""How long a known certificate stays good while PayPal's host does not serve it anew."""
FETCHES = 5
"""Requests a minute for certificates that are not known."""
_MINUTE = timedelta(minutes=1)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(seconds=30)
_GONE = frozenset({404, 410})
_MOST_KNOWN = 64
_MOST_ASKED = 1024
_URL_LIMIT = 500
_MAX_AGE = re.compile(r"max-age=([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class _Known:
    """
    A proved certificate.

    Attributes:
        url: the address as it was first written.
        fresh_until: when it is asked for again.
        good_until: when it is no longer known if that fails.
        unrenewed: the last answer if it was none; it may hide a renewed certificate.
    """

    url: str
    signer: Signer
    fresh_until: datetime
    good_until: datetime
    unrenewed: Undecided | None = None


@dataclass(frozen=True, slots=True)
class _Missing:
    """No certificate so far, which is final only for a delivery that has waited long enough."""

    because: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the last request for an unknown certificate brought; it is repeated after `wait`."""

    found: Forged | Undecided | _Missing
    at: datetime
    wait: timedelta


_NOT_ASKED = _Missing(
    "PayPal was not asked for the certificate: too many unknown certificates are named"
)
_NOT_THERE = _Missing("PayPal does not have the certificate")


class Certificates:
    """
    The signing certificates met so far.

    Args:
        urls: what an address must match, whole, before it is asked for anything.
        timeout: seconds one download may take.
    """

    def __init__(
        self, urls: re.Pattern[str], trust: Trust, http: Http, log: Log, timeout: float
    ) -> None:
        self._urls = urls
        self._trust = trust
        self._http = http
        self._log = log
        self._timeout = timeout
        # By address in lower case: a host that makes no difference would let strangers fill it.
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, _Asked] = {}
        self._budget = Budget(FETCHES, _MINUTE)
        self._downloading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def known(self, url: str, now: datetime, at: datetime) -> Signer | None:
        """The key behind an address, if it is known and good: what is kept was matched once."""
        kept = self._known.get(url.lower())
        if kept is None or kept.url != url or now >= kept.fresh_until:
            return None
        signer = kept.signer
        return signer if signer.not_before <= at <= signer.not_after else None

    async def signer(
        self, url: str, now: datetime, at: datetime, age: timedelta
    ) -> Signer | Forged | Undecided:
        """
        The key behind an address. It may not be valid yet: that is for the caller to judge.

        Args:
            now: the time, for what is kept.
            at: when the delivery came: the certificate must not have expired before.
            age: how long we have had the delivery.
        """
        if len(url) > _URL_LIMIT or not self._urls.fullmatch(url):
            return Forged("the certificate's address is not PayPal's")
        name = url.lower()
        found = self._kept(name, now)
        if found is None:
            found = await self._single_flight(name, url, now, at)
        if isinstance(found, _Known):
            return _unexpired(found, at)
        return _answer(found, now, age)

    def _kept(self, name: str, now: datetime) -> _Known | _Asked | None:
        """What need not be asked for now."""
        known = self._known.get(name)
        if known is not None:
            return known if now < known.fresh_until else None
        asked = self._asked.get(name)
        if asked is not None and timedelta() <= now - asked.at < asked.wait:
            return asked
        if name not in self._downloading and not self._budget.left(now):
            return asked or _Asked(_NOT_ASKED, now, timedelta())
        return None

    async def _single_flight(
        self, name: str, url: str, now: datetime, at: datetime
    ) -> _Known | _Asked:
        lock = self._downloading.setdefault(name, asyncio.Lock())
        async with lock:
            # The others find what the first one brought.
            kept = self._kept(name, now)
            if kept is not None:
                return kept
            known = self._known.get(name)
            if known is not None:
                return await self._anew(name, known, now, at)
            asked = self._asked.get(name)
            if not self._budget.take(now):
                return asked or _Asked(_NOT_ASKED, now, timedelta())
            found = await self._ask(url, now, at)
            if isinstance(found, _Known):
                self._keep(name, found)
                return found
            return self._note(name, found, now)

    async def _anew(
        self, name: str, known: _Known, now: datetime, at: datetime
    ) -> _Known | _Asked:
        """Ask again for a certificate that is known; a host that fails does not take it away."""
        found = await self._ask(known.url, now, at)
        if isinstance(found, _Known):
            self._known[name] = found
            return found
        if now >= known.good_until:
            del self._known[name]
            return self._note(name, found, now)
        because = found.because
        self._log.warning("paypal.certificate_not_renewed", because=because)
        undecided = Undecided(because, _MINUTE.total_seconds())
        kept = replace(known, fresh_until=now + _MINUTE, unrenewed=undecided)
        self._known[name] = kept
        return kept

    def _keep(self, name: str, found: _Known) -> None:
        self._asked.pop(name, None)
        if len(self._known) >= _MOST_KNOWN:
            first = min(self._known, key=lambda one: self._known[one].signer.not_after)
            if found.signer.not_after <= self._known[first].signer.not_after:
                return
            del self._known[first]
        self._known[name] = found

    def _note(self, name: str, found: Forged | Undecided | _Missing, now: datetime) -> _Asked:
        before = self._asked.pop(name, None)
        while len(self._asked) >= _MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        wait = min(2 * before.wait, _LONGEST_WAIT) if before else _FIRST_WAIT
        self._asked[name] = asked = _Asked(
            found, now, SHORTEST if isinstance(found, Forged) else wait
        )
        return asked

    async def _ask(
        self, url: str, now: datetime, at: datetime
    ) -> _Known | Forged | Undecided | _Missing:
        try:
            answer = await self._http.request("GET", url, timeout=self._timeout, limit=SIZE_LIMIT)
            if answer.status in _GONE:
                return _NOT_THERE
            if answer.status != 200:
                return Undecided(f"the certificate's host answered {answer.status}")
            found = await self._trust.signer(answer.body, at)
        except GatewayUnavailable as exc:
            return Undecided(f"the certificate could not be fetched: {exc}")
        if not isinstance(found, Signer):
            return found
        # One that expires is asked for again: it may be renewed under the same address.
        fresh = max(min(now + _lifetime(answer), found.not_after), now + SHORTEST)
        return _Known(url, found, fresh, fresh + GRACE)


def _unexpired(known: _Known, at: datetime) -> Signer | Forged | Undecided:
    if at - SKEW <= known.signer.not_after:
        return known.signer
    return known.unrenewed or Forged("the certificate has expired")


def _answer(asked: _Asked, now: datetime, age: timedelta) -> Forged | Undecided:
    match asked.found:
        case Forged():
            return asked.found
        case Undecided(because):
            left = (asked.at + asked.wait - now).total_seconds()
            return Undecided(because, max(left, seconds_to_wait(age)))
        case _Missing(because) if age >= UNDECIDED:
            return Forged(f"{because}, {UNDECIDED // _MINUTE} minutes after the delivery came")
        case _Missing(because):
            return Undecided(because, seconds_to_wait(age, UNDECIDED))


def _lifetime(answer: Response) -> timedelta:
    stated = _MAX_AGE.search(answer.headers.get("cache-control", ""))
    age = timedelta(seconds=int(stated[1])) if stated else LONGEST
    return min(max(age, SHORTEST), LONGEST)
