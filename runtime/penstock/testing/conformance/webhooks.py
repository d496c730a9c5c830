"""What a gateway must do that sends webhooks."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from penstock.api import (
    Authentic,
    Delivery,
    Evidence,
    Forged,
    HttpNotSent,
    HttpUnanswered,
    MalformedDelivery,
    Notification,
    Undecided,
)
from penstock.plugins import read_settings
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.hearing import listening
from penstock.testing.context import FixedSecrets, NoSecrets
from penstock.testing.http import Always

MARK = "hunter2"
HOSTILE = ("", " ", "\x00", "é", "\ud800", "x" * 100_000, "https://evil.test/", "%s{}", "-1")
BODIES = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"hunter2"',
    b"{}",
    b"{hunter2",
    b'{"id": 7, "hunter2": []}',
    b"[" * 100_000,
)


class WebhooksConformance:
    """
    What holds for `Webhooks`.

    Fixtures: `bench`; `genuine`, a delivery the gateway signed; `now`, a time it is good at.
    """

    async def test_a_genuine_delivery_is_authentic(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """Each time it is asked."""
        gateway = bench.build()

        said = "it does not take a genuine delivery, or not twice"
        assert [Authentic()] * 2 == [await gateway.authenticate(genuine, now) for _ in range(2)], (
            said
        )

    @pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
    async def test_one_flipped_bit_is_forged(
        self, bench: Bench, genuine: Delivery, now: datetime, place: float
    ) -> None:
        """Anywhere in the body."""
        at = int(place * (len(genuine.body) - 1))
        flipped = bytes([genuine.body[at] ^ 1])
        body = genuine.body[:at] + flipped + genuine.body[at + 1 :]

        answer = await bench.build().authenticate(replace(genuine, body=body), now)

        assert isinstance(answer, Forged)

    async def test_a_body_that_lost_or_gained_bytes_is_forged(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """Bytes count, not what they mean: not even white space may be added."""
        gateway, body = bench.build(), genuine.body
        others = (b"", body[:-1], body + b" ", b" " + body, b"\xff" + body)

        answers = [
            await gateway.authenticate(replace(genuine, body=other), now) for other in others
        ]

        said = "a body that lost or gained bytes is not Forged"
        assert all(isinstance(answer, Forged) for answer in answers), said

    async def test_a_missing_header_is_forged(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """Each of the door's headers is needed, here too."""
        gateway = bench.build()

        for name in _door(bench):
            headers = {k: v for k, v in genuine.headers.items() if k != name}
            answer = await gateway.authenticate(replace(genuine, headers=headers), now)
            assert isinstance(answer, Forged), f"without {name} it is not Forged"

    @pytest.mark.parametrize("value", HOSTILE, ids=ascii)
    async def test_no_header_value_gets_in_or_raises(
        self, bench: Bench, genuine: Delivery, now: datetime, value: str
    ) -> None:
        """Whatever a stranger writes there."""
        gateway = bench.build()

        for name in _door(bench):
            headers = {**genuine.headers, name: value}
            answer = await gateway.authenticate(replace(genuine, headers=headers), now)
            assert isinstance(answer, Forged | Undecided), (
                f"with another value of {name} it is {type(answer).__name__}"
            )

    async def test_header_names_are_read_in_lower_case(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """A provider may write them in any case, and the platform hands them on in lower case."""
        headers = {name.lower(): value for name, value in genuine.headers.items()}

        answer = await bench.build().authenticate(replace(genuine, headers=headers), now)

        said = "it does not find a header whose name is in lower case"
        assert isinstance(answer, Authentic), f"{type(answer).__name__}: {said}"

    async def test_a_replay_under_another_header_is_not_authentic(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """Or an old webhook could be sent again under a newer time or another id."""
        gateway = bench.build()

        for name in _door(bench):
            value = genuine.headers[name]
            other = value[:-1] + ("1" if value[-1:] != "1" else "2")
            headers = {**genuine.headers, name: other}
            answer = await gateway.authenticate(replace(genuine, headers=headers), now)
            assert not isinstance(answer, Authentic), f"the signature does not cover {name}"

    def test_a_replay_is_the_same_notification(self, bench: Bench, genuine: Delivery) -> None:
        """Its id comes from the body: by that the ledger knows what it has applied."""
        gateway = bench.build()
        later = genuine.received_at + timedelta(days=1)

        first, again = [
            gateway.read(one) for one in (genuine, replace(genuine, id="d-2", received_at=later))
        ]

        assert first.id == again.id, "the same body gave two notification ids"
        assert first.subject == again.subject, "the same body concerned two entities"

    async def test_authenticating_logs_no_secret(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """Nor a signature: a log is read by many, and a representation ends up in one."""
        with listening() as heard:
            gateway = bench.build(log=heard.log)
            await gateway.authenticate(genuine, now)
            await gateway.authenticate(replace(genuine, body=b"{}"), now)
            gateway.read(genuine)

        headers = {name: genuine.headers[name] for name in _door(bench)}
        told = [*bench.told(heard), *heard.told(_long(headers).items())]
        assert not told, f"it logs {', '.join(told)}"
        shown = bench.shown_by(gateway)
        assert not shown, f"its repr shows {', '.join(shown)} afterwards"

    @pytest.mark.parametrize("failure", [HttpNotSent("x"), HttpUnanswered("x")], ids=repr)
    async def test_an_outage_makes_nothing_a_forgery(
        self, bench: Bench, genuine: Delivery, now: datetime, failure: Exception
    ) -> None:
        """What cannot be decided now is decided later."""
        answer = await bench.build(http=Always(failure)).authenticate(genuine, now)

        assert isinstance(answer, Authentic | Undecided)

    async def test_an_unreadable_secret_makes_nothing_a_forgery(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """What cannot be decided now is decided later."""
        answer = await bench.build(secrets=NoSecrets()).authenticate(genuine, now)

        assert isinstance(answer, Authentic | Undecided)

    async def test_the_fields_it_names_are_enough_to_authenticate(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """`verify` reads `webhook_secrets` and nothing else of the secret."""
        named = bench.registration.webhook_secrets or bench.registration.secrets
        secret = {name: value for name, value in bench.secret.items() if name in named}
        answer = await bench.build(secrets=FixedSecrets(secret)).authenticate(genuine, now)

        assert isinstance(answer, Authentic), (
            "webhook_secrets lacks a field that the signature needs"
        )

    def test_its_door_lets_the_genuine_in(self, bench: Bench, genuine: Delivery) -> None:
        """Or nothing is ever received."""
        door = bench.registration.door
        assert door is not None, "register it with a door"
        assert len(genuine.body) <= door.body_limit, "the door takes shorter bodies only"
        if door.json:
            json.loads(genuine.body)
        for name, pattern in _door(bench).items():
            assert re.fullmatch(pattern, genuine.headers[name]), (
                f"the door's pattern of {name} refuses it"
            )

    def test_a_delivery_is_read_as_a_notification(self, bench: Bench, genuine: Delivery) -> None:
        """With where it came from, and able to travel."""
        notification: Notification = bench.build().read(genuine)

        digest = hashlib.sha256(genuine.body).hexdigest()
        told = (notification.gateway, notification.evidence, notification.delivery_id)
        said = "the notification has not the name, the evidence, the id or the digest it must have"
        assert (bench.registration.name, Evidence.signed, genuine.id) == told, said
        assert digest == notification.digest, said
        assert notification.id, "the notification has no id"
        said = "the notification does not survive being written and read"
        assert notification == Notification.loads(notification.dumps()), said

    @pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
    def test_what_cannot_be_read_is_malformed(
        self, bench: Bench, genuine: Delivery, body: bytes
    ) -> None:
        """Never another exception, and never a word of it."""
        with pytest.raises(MalformedDelivery) as refused:
            bench.build().read(replace(genuine, body=body))

        assert MARK not in str(refused.value), "its error quotes the body"


def _long(headers: dict[str, str]) -> dict[str, str]:
    """Those that tell of the key: a short value may be in a line by chance."""
    return {name: value for name, value in headers.items() if len(value) >= 32}


def _door(bench: Bench) -> dict[str, str]:
    """The door's headers and patterns for the environment on the bench."""
    door = bench.registration.door
    assert door is not None, "register it with a door"
    settings: Any = read_settings(bench.registration, bench.environ)
    local = cast(dict[str, str], bench.profile.get("door", {}))
    return {
        name: patterns
        if isinstance(patterns, str)
        else patterns.get(settings.environment) or local[name]
        for name, patterns in door.headers.items()
    }
