"""
A flood of deliveries that name certificates which do not exist, in virtual time.

Each delivery is tried again as its queue would: after the wait that the verifier names, or by the
back-off, until it is decided. Genuine deliveries arrive all the while.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from penstock.api import Authentic, Authenticity, Delivery, Forged, Response, Undecided
from penstock.pipeline.batch import Backoff
from penstock.testing.clock import FrozenClock
from penstock.testing.context import FixedSecrets, context
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.simulator.authority import NAME, Authority, pem
from penstock_paypal.webhooks import door
from tests.depth import DEEP
from tests.plugins.paypal.fakes import pem_answer
from tests.plugins.paypal.signing import KEY, SENT, URL, WEBHOOK_ID, World

MINUTES = 10
RECEIVES = 200
"""How often a queue hands a message out before it is a dead letter."""
BACKOFF = Backoff(2.0, 900.0)
NEW_URL = URL[: -len("0000")] + "ffff"


@dataclass
class Host:
    """PayPal's host of certificates: 404 for what it does not have; it counts what it is asked."""

    served: dict[str, bytes]
    clock: FrozenClock
    asked: list[tuple[str, datetime]] = field(default_factory=list)

    async def request(self, method: str, url: str, **_: object) -> Response:
        """Serve a certificate, or say that there is none."""
        self.asked.append((url, self.clock.now()))
        return pem_answer(self.served[url]) if url in self.served else Response(404, {}, b"")


@dataclass
class Flood:
    """The verifier of one process, and the deliveries that it has not decided."""

    gateway: PayPal
    clock: FrozenClock
    host: Host
    ended: Counter[tuple[str, type[object]]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    reasons: set[str] = field(default_factory=set)
    in_flight: int = 0
    most_in_flight: int = 0
    most_receives: int = 0

    async def run(self, arrivals: Iterator[tuple[float, str, Delivery]]) -> None:
        """Judge every delivery until none is left, in the order of their times."""
        numbers = itertools.count()
        due: list[tuple[float, int, int, str, Delivery]] = []
        coming = next(arrivals, None)
        while due or coming is not None:
            if coming is not None and (not due or coming[0] <= due[0][0]):
                at, kind, delivery = coming
                receives = 1
                coming = next(arrivals, None)
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
            else:
                at, _, receives, kind, delivery = heapq.heappop(due)
            self.clock.advance(at - (self.clock.now() - SENT).total_seconds())
            answer = await self.gateway.authenticate(delivery, self.clock.now())
            if isinstance(answer, Undecided) and receives < RECEIVES:
                wait = BACKOFF.delay(receives, answer.retry_after)
                heapq.heappush(due, (at + wait, next(numbers), receives + 1, kind, delivery))
                continue
            self._end(kind, delivery, answer, receives)

    def _end(self, kind: str, delivery: Delivery, answer: Authenticity, receives: int) -> None:
        age = (self.clock.now() - delivery.received_at).total_seconds()
        self.ended[kind, type(answer)] += 1
        self.slowest[kind] = max(self.slowest.get(kind, 0.0), age)
        self.most_receives = max(self.most_receives, receives)
        self.in_flight -= 1
        if isinstance(answer, Forged):
            self.reasons.add(answer.because)

    @property
    def fetches_by_minute(self) -> Counter[int]:
        return Counter(int((at - SENT).total_seconds() // 60) for _, at in self.host.asked)


@pytest.fixture(scope="module")
def world() -> World:
    return World.of(Authority.make(SENT - timedelta(days=30)))


@pytest.fixture
def flood(world: World) -> Flood:
    authority = Authority.make(SENT - timedelta(days=30))
    leaf = authority.issue(NAME, KEY.public_key(), SENT - timedelta(days=9), SENT + timedelta(99))
    clock = FrozenClock(SENT)
    host = Host({URL: pem(leaf), NEW_URL: pem(leaf)}, clock)
    profile = {
        "api_url": "https://api.local",
        "certificate_urls": URL.partition("CERT-")[0] + door.CERT_NAME,
        "certificate_name": NAME,
        "activity_url": "https://www.local/",
        "anchors": pem(authority.root).decode(),
        "intermediates": pem(authority.intermediate).decode(),
    }
    gateway = PayPal(
        context(
            PayPalSettings.model_validate({"environment": "local"}),
            secrets=FixedSecrets({"webhook_id": WEBHOOK_ID}),
            clock=clock,
            http=host,
            profile=profile,
        )
    )
    return Flood(gateway, clock, host)


def arrivals(
    world: World, a_second: int, *, minutes: int = MINUTES, url: str = URL
) -> Iterator[tuple[float, str, Delivery]]:
    """Made-up names, and from the first of them on a genuine delivery every five seconds."""
    pattern = world.genuine()
    for number in range(a_second * 60 * minutes):
        at = number / a_second
        if number % (5 * a_second) == 0:
            genuine = world.genuine(f"g{number}", at=at / 60)
            named = {**genuine.headers, door.CERT_URL: url}
            yield at, "genuine", replace(genuine, headers=named)
        came = SENT + timedelta(seconds=at)
        name = f"{URL.partition('CERT-')[0]}CERT-360caa42-fca2a594-{number + 16**7:08x}"
        headers = {**pattern.headers, door.CERT_URL: name}
        yield at, "made up", Delivery(f"{number}", "paypal", headers, b"{}", came)


# The same at another rate, 60,000 deliveries of it: in `make check-deep`.
@pytest.mark.parametrize("a_second", [18, 100] if DEEP else [18])
async def test_a_flood_of_made_up_certificates_takes_no_genuine_delivery_along(
    world: World, flood: Flood, a_second: int
) -> None:
    """
    The genuine certificate is known; all its deliveries are authentic at once.
    """
    made_up, genuine = a_second * 60 * MINUTES, 60 * MINUTES // 5
    await flood.run(arrivals(world, a_second))

    assert {("genuine", Authentic): genuine, ("made up", Forged): made_up} == flood.ended
    assert (0.0, 600.0) == (flood.slowest["genuine"], round(flood.slowest["made up"], 3))
    assert {
        "PayPal does not have the certificate, 10 minutes after the delivery came",
        "PayPal was not asked for the certificate: too many unknown certificates are named,"
        " 10 minutes after the delivery came",
    } >= flood.reasons
    # A queue holds 120,000 in flight, and hands each out 200 times.
    assert a_second * 600 + 1 >= flood.most_in_flight
    assert 10 >= flood.most_receives < RECEIVES
    assert {5} == set(flood.fetches_by_minute.values())
    assert 1 == sum(url == URL for url, _ in flood.host.asked)


async def test_a_certificate_that_is_new_during_a_flood_waits_and_is_found_after_it(
    world: World, flood: Flood
) -> None:
    """
    Its deliveries share the budget with the made-up names; SECURITY.md says so.
    """
    await flood.run(arrivals(world, 18, minutes=2, url=NEW_URL))

    assert {"genuine": Authentic, "made up": Forged} == dict(flood.ended.keys())
    assert 300 > flood.slowest["genuine"]
