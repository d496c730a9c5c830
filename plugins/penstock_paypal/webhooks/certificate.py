"""
PayPal's signing certificates: downloaded once, kept by address, proved once.

    address not PayPal's ─► forged, and never asked for
    200, a certificate ───► its key, kept as long as PayPal says, at most a day
    404 ──────────────────► undecided; 404 again, 60 s later or more ─► forged
    anything else ────────► undecided, not asked for again for some seconds
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from weakref import WeakValueDictionary

from penstock.api import Forged, GatewayUnavailable, Http, Response, Undecided
from penstock_paypal.webhooks.chain import SIZE_LIMIT, Signer, Trust

T = TypeVar("T")

SKEW = timedelta(minutes=5)
LONGEST = timedelta(days=1)
SHORTEST = timedelta(minutes=5)
AFTER_FAILURE = timedelta(seconds=5)
AFTER_REFUSAL = timedelta(hours=1)
BETWEEN_404S = timedelta(seconds=60)
# Strangers may name any address that PayPal could have: what they make us keep is bounded.
_MOST = 1024
_URL_LIMIT = 500
_MAX_AGE = re.compile(r"max-age=([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class _Kept:
    found: Signer | Forged | Undecided
    until: datetime


class Certificates:
    """
    The signing certificates met so far.

    Args:
        urls: what an address must match, whole, before it is asked for anything.
        timeout: seconds one download may take.
    """

    def __init__(self, urls: re.Pattern[str], trust: Trust, http: Http, timeout: float) -> None:
        self._urls = urls
        self._trust = trust
        self._http = http
        self._timeout = timeout
        self._kept: dict[str, _Kept] = {}
        self._missing: dict[str, datetime] = {}
        self._downloading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def known(self, url: str, now: datetime, at: datetime) -> Signer | None:
        """The key behind an address, if it is kept and good: what is kept was matched once."""
        kept = self._kept.get(url)
        if kept is None or now >= kept.until:
            return None
        found = kept.found
        if isinstance(found, Signer) and found.not_before <= at <= found.not_after:
            return found
        return None

    async def signer(self, url: str, now: datetime, at: datetime) -> Signer | Forged | Undecided:
        """
        The key behind an address.

        Args:
            now: the time, for what is kept.
            at: when the delivery came: the certificate must have been valid then.
        """
        if len(url) > _URL_LIMIT or not self._urls.fullmatch(url):
            return Forged("the certificate's address is not PayPal's")
        kept = self._kept.get(url)
        if kept is None or now >= kept.until:
            kept = await self._single_flight(url, now, at)
        found = kept.found
        if isinstance(found, Signer):
            if at > found.not_after + SKEW:
                return Forged("the certificate has expired")
            if at < found.not_before - SKEW:
                return Undecided("the certificate is not valid yet")
        elif isinstance(found, Undecided):
            return Undecided(found.because, (kept.until - now).total_seconds())
        return found

    async def _single_flight(self, url: str, now: datetime, at: datetime) -> _Kept:
        lock = self._downloading.setdefault(url, asyncio.Lock())
        async with lock:
            # Whoever waited finds what the first one brought.
            kept = self._kept.get(url)
            if kept is not None and now < kept.until:
                return kept
            kept = await self._ask(url, now, at)
            _put(self._kept, url, kept)
            return kept

    async def _ask(self, url: str, now: datetime, at: datetime) -> _Kept:
        try:
            answer = await self._http.request("GET", url, timeout=self._timeout, limit=SIZE_LIMIT)
            if answer.status == 404:
                return self._not_there(url, now)
            self._missing.pop(url, None)
            if answer.status != 200:
                return self._failed(f"the certificate's host answered {answer.status}", now)
            found = await self._trust.signer(answer.body, at)
        except GatewayUnavailable as exc:
            return self._failed(f"the certificate could not be fetched: {exc}", now)
        match found:
            case Signer():
                return _Kept(found, now + _lifetime(answer))
            case Forged():
                return _Kept(found, now + AFTER_REFUSAL)
            case Undecided(because):
                return self._failed(because, now)

    def _failed(self, because: str, now: datetime) -> _Kept:
        return _Kept(Undecided(because), now + AFTER_FAILURE)

    def _not_there(self, url: str, now: datetime) -> _Kept:
        first = self._missing.get(url)
        if first is not None and now - first >= BETWEEN_404S:
            return _Kept(Forged("PayPal has no such certificate"), now + AFTER_REFUSAL)
        first = first or now
        _put(self._missing, url, first)
        return _Kept(Undecided("PayPal does not have the certificate"), first + BETWEEN_404S)


def _lifetime(answer: Response) -> timedelta:
    stated = _MAX_AGE.search(answer.headers.get("cache-control", ""))
    age = timedelta(seconds=int(stated[1])) if stated else LONGEST
    return min(max(age, SHORTEST), LONGEST)


def _put(entries: dict[str, T], url: str, entry: T) -> None:
    entries.pop(url, None)
    while len(entries) >= _MOST:
        del entries[next(iter(entries))]
    entries[url] = entry
