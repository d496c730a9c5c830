"""Receive: what cannot be the gateway's is refused with nothing queued; the rest is kept."""

import re

import pytest

from penstock.adapters.memory import MemoryQueue
from penstock.domain.delivery import Delivery
from penstock.errors import DoorRefusal
from penstock.pipeline.receive import Door, Receive
from penstock.testing.clock import FrozenClock

DOOR = Door(
    "acme",
    {
        "acme-sig": re.compile(r"[a-z]+"),
        "acme-cert": re.compile(r"https://certs\.acme\.example/\w+"),
    },
    body_limit=64,
    json=True,
)
GOOD = {"Acme-Sig": "abc", "ACME-CERT": "https://certs.acme.example/1", "cookie": "x"}


def stage() -> tuple[Receive, MemoryQueue]:
    clock = FrozenClock()
    queue = MemoryQueue(clock)
    return Receive({"acme": DOOR}, queue, clock), queue


async def test_a_delivery_is_kept_byte_for_byte_with_the_doors_headers_only():
    receive, queue = stage()

    await receive("acme", GOOD, b'{"a": 1.0}\n')

    (message,) = await queue.receive(10, 0)
    kept = Delivery.loads(message.body)
    assert (b'{"a": 1.0}\n', ["acme-cert", "acme-sig"]) == (kept.body, sorted(kept.headers))
    assert kept.id == message.group


@pytest.mark.parametrize(
    ("gateway", "headers", "body", "status", "names"),
    [
        ("other", GOOD, b"{}", 404, "gateway"),
        ("acme", {}, b"{}", 400, "acme-sig"),
        ("acme", {**GOOD, "Acme-Sig": "ABC"}, b"{}", 400, "acme-sig"),
        ("acme", {**GOOD, "Acme-Sig": "abc\n"}, b"{}", 400, "acme-sig"),
        ("acme", {**GOOD, "Acme-Sig": "a" * 5000}, b"{}", 400, "acme-sig"),
        ("acme", {**GOOD, "ACME-CERT": "https://evil.example/1"}, b"{}", 400, "acme-cert"),
        ("acme", GOOD, b"[" * 60, 400, "JSON"),
        ("acme", GOOD, b"", 400, "JSON"),
        ("acme", GOOD, b"\xff", 400, "JSON"),
        ("acme", GOOD, b" " * 65, 413, "64 bytes"),
    ],
)
async def test_what_cannot_be_the_gateways_is_refused_and_nothing_is_queued(
    gateway: str, headers: dict[str, str], body: bytes, status: int, names: str
):
    receive, queue = stage()

    with pytest.raises(DoorRefusal) as refusal:
        await receive(gateway, headers, body)

    assert status == refusal.value.status
    assert names in refusal.value.detail + refusal.value.title
    assert {"visible": 0, "in_flight": 0} == await queue.depth()


async def test_a_header_that_came_twice_is_refused_and_the_problem_says_so():
    receive, _ = stage()

    with pytest.raises(DoorRefusal) as refusal:
        await receive("acme", {**GOOD, "Acme-Sig": "abc,abc"}, b"{}")

    assert (
        "the header acme-sig is not one acme would send: it came more than once, or holds a comma"
    ) == refusal.value.detail


async def test_a_door_whose_own_pattern_holds_commas_lets_them_in():
    """
    Stripe's signature header is such: `t=1,v1=…,v0=…`.
    """
    clock = FrozenClock()
    queue = MemoryQueue(clock)
    pattern = re.compile(r"t=[0-9]{1,12}(,v[0-9]=[0-9a-f]{4,64}){1,8}")
    stripe = Door("stripe", {"stripe-signature": pattern}, body_limit=64, json=True)
    signature = "t=1700000000,v1=5257a869,v1=6ffbb59b,v0=63f3a72b"

    await Receive({"stripe": stripe}, queue, clock)(
        "stripe", {"Stripe-Signature": signature}, b"{}"
    )

    (message,) = await queue.receive(10, 0)
    assert {"stripe-signature": signature} == dict(Delivery.loads(message.body).headers)


async def test_json_nested_to_the_bottom_is_refused_not_a_crash():
    deep = Door("acme", {}, body_limit=150 * 1024, json=True)
    clock = FrozenClock()

    with pytest.raises(DoorRefusal):
        await Receive({"acme": deep}, MemoryQueue(clock), clock)("acme", {}, b"[" * 150_000)
