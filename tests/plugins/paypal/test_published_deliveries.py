"""Deliveries that PayPal really signed, and what becomes of them when anything is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from penstock.adapters.memory.secrets import MemorySecrets
from penstock.api import Authentic, Authenticity, Delivery, Forged, Response, Undecided
from penstock.testing.clock import FrozenClock
from penstock.testing.context import RecordingLog
from penstock_paypal.environments import environment
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.certificate import Certificates
from penstock_paypal.webhooks.chain import Trust
from penstock_paypal.webhooks.signature import Signatures
from tests.plugins.paypal.fakes import ToldHttp, pem_answer
from tests.plugins.paypal.reference import (
    PRESENT,
    SANDBOX_URL,
    Vector,
    certificate,
    needs_reference,
    vectors,
)

pytestmark = needs_reference

INTERMEDIATE = "DigiCertSHA2ExtendedValidationServerCA.pem"
VECTORS = vectors() if PRESENT else []
NOT_PAYPALS = Forged("the certificate's address is not PayPal's")
NO_MATCH = Forged("the signature does not match")


def _well_addressed(vector: Vector) -> Vector:
    """The vector; the one whose certificate's address is a test page gets a proper one."""
    proper = SANDBOX_URL if vector.certificate_url.endswith("/test") else vector.certificate_url
    return replace(vector, headers={**vector.headers, door.CERT_URL: proper})


def _signatures(
    vector: Vector,
    http: ToldHttp,
    *,
    webhook_id: str | None = None,
    believe_simulator: bool = True,
    extra: str | None = None,
) -> Signatures:
    where = environment(vector.environment, {})
    intermediate = certificate(INTERMEDIATE).decode() if extra is None else extra
    trust = Trust(where, intermediate, http, RecordingLog(), 8.0)
    secrets = MemorySecrets(
        FrozenClock(vector.sent), {"webhook_id": webhook_id or vector.webhook_id}
    )
    refused = {"refused": frozenset[str]()} if believe_simulator else {}
    return Signatures(
        Certificates(where.certificate_url, trust, http, RecordingLog(), 8.0), secrets, **refused
    )


def _serving(vector: Vector, pem: bytes | None = None) -> ToldHttp:
    return ToldHttp(
        {_well_addressed(vector).certificate_url: pem_answer(pem or vector.certificate)}
    )


async def _ask(vector: Vector, delivery: Delivery, http: ToldHttp | None = None) -> Authenticity:
    signatures = _signatures(vector, http or _serving(vector))
    return await signatures.authenticate(delivery, delivery.received_at)


each = pytest.mark.parametrize("vector", VECTORS, ids=[one.name for one in VECTORS])


@each
async def test_a_published_delivery_is_authentic_at_its_own_time(vector: Vector) -> None:
    """
    All six, the one with a test page for a certificate address once that alone is replaced.
    """
    assert Authentic() == await _ask(vector, _well_addressed(vector).delivery())


async def test_a_test_page_for_a_certificate_address_is_refused_for_that_alone() -> None:
    (vector,) = (one for one in VECTORS if one.certificate_url.endswith("/test"))
    http = _serving(vector)

    assert NOT_PAYPALS == await _ask(vector, vector.delivery(), http)
    assert [] == http.asked


@each
async def test_any_changed_byte_of_the_body_is_refused(vector: Vector) -> None:
    genuine = _well_addressed(vector).delivery()
    signatures = _signatures(vector, _serving(vector))
    for place in range(len(genuine.body)):
        tampered = bytearray(genuine.body)
        tampered[place] ^= 1
        delivery = replace(genuine, body=bytes(tampered))

        assert NO_MATCH == await signatures.authenticate(delivery, genuine.received_at), place


@each
@pytest.mark.parametrize("added", [b"\n", b" ", b"\0"])
async def test_a_body_that_grew_is_refused(vector: Vector, added: bytes) -> None:
    genuine = _well_addressed(vector).delivery()

    assert NO_MATCH == await _ask(vector, replace(genuine, body=genuine.body + added))
    assert NO_MATCH == await _ask(vector, replace(genuine, body=added + genuine.body))


@each
async def test_another_time_id_or_signature_is_refused(vector: Vector) -> None:
    proper = _well_addressed(vector)
    later = (vector.sent + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    changes: Iterable[dict[str, str]] = [
        {door.TIME: later},
        {door.TIME: vector.headers[door.TIME].replace("Z", ".0Z")},
        {door.ID: vector.headers[door.ID][:-1] + "x"},
        {door.ID: vector.headers[door.ID] + "0"},
        {door.SIGNATURE: _flipped(vector.headers[door.SIGNATURE])},
    ]
    for change in changes:
        headers = {**proper.headers, **change}

        assert NO_MATCH == await _ask(vector, replace(proper, headers=headers).delivery())


@each
async def test_a_delivery_to_another_webhook_is_refused(vector: Vector) -> None:
    delivery = _well_addressed(vector).delivery()
    signatures = _signatures(vector, _serving(vector), webhook_id="1AB23456CD789012E")

    assert NO_MATCH == await signatures.authenticate(delivery, delivery.received_at)


@each
async def test_another_certificate_of_paypals_does_not_do(vector: Vector) -> None:
    """
    The same environment's later certificate, or the other environment's.
    """
    delivery = _well_addressed(vector).delivery()
    for other in {one.certificate for one in VECTORS} - {vector.certificate}:
        answer = await _ask(vector, delivery, _serving(vector, other))

        assert Authentic() != answer


@each
async def test_at_todays_clock_they_are_too_old(vector: Vector) -> None:
    """
    However long it says it waited: what our queues cannot have held so long is refused.
    """
    today = datetime(2026, 11, 22, tzinfo=UTC)
    signatures = _signatures(vector, _serving(vector))
    for received_at in (vector.sent, today):
        delivery = replace(_well_addressed(vector).delivery(), received_at=received_at)

        assert Forged(
            "the transmission time is missing or too far from when it came"
        ) == await signatures.authenticate(delivery, today)


@each
async def test_without_the_intermediate_nothing_is_decided(vector: Vector) -> None:
    """
    PayPal serves the leaf alone: until its issuer can be fetched, we cannot tell.
    """
    http = _serving(vector)
    issuer = "http://cacerts.digicert.com/DigiCertSHA2ExtendedValidationServerCA.crt"
    http.answers[issuer] = [Response(503, {}, b""), pem_answer(certificate(INTERMEDIATE))]
    signatures = _signatures(vector, http, extra="")
    delivery = _well_addressed(vector).delivery()

    assert isinstance(await signatures.authenticate(delivery, delivery.received_at), Undecided)
    later = delivery.received_at + timedelta(seconds=30)

    assert Authentic() == await signatures.authenticate(delivery, later)


@pytest.mark.parametrize("status", [199, 201, 302, 403, 410, 500])
async def test_only_an_answer_of_200_brings_an_issuers_certificate(status: int) -> None:
    vector = VECTORS[0]
    http = _serving(vector)
    issuer = "http://cacerts.digicert.com/DigiCertSHA2ExtendedValidationServerCA.crt"
    http.answers[issuer] = replace(pem_answer(certificate(INTERMEDIATE)), status=status)
    signatures = _signatures(vector, http, extra="")
    delivery = _well_addressed(vector).delivery()
    answer = await signatures.authenticate(delivery, delivery.received_at)

    assert isinstance(answer, Undecided)
    assert answer.because.endswith(f"its issuer's host answered {status}")


async def test_an_issuer_whose_certificate_is_not_published_leaves_the_chain_open() -> None:
    vector = VECTORS[0]
    http = _serving(vector)
    issuer = "http://cacerts.digicert.com/DigiCertSHA2ExtendedValidationServerCA.crt"
    http.answers[issuer] = Response(404, {}, certificate(INTERMEDIATE))
    signatures = _signatures(vector, http, extra="")
    delivery = _well_addressed(vector).delivery()
    answer = await signatures.authenticate(delivery, delivery.received_at)

    assert isinstance(answer, Undecided)
    assert "the certificate's chain ends at no trusted root" in answer.because


@pytest.mark.parametrize(
    "vector",
    [one for one in VECTORS if one.webhook_id == "WEBHOOK_ID"],
    ids=[one.name for one in VECTORS if one.webhook_id == "WEBHOOK_ID"],
)
async def test_what_paypals_simulator_signs_is_never_believed(vector: Vector) -> None:
    """
    Not even if its webhook id is configured: anybody can have it sign. The reason says so.
    """
    for webhook_id in (vector.webhook_id, "1AB23456CD789012E"):
        signatures = _signatures(
            vector, _serving(vector), webhook_id=webhook_id, believe_simulator=False
        )
        delivery = vector.delivery()
        answer = await signatures.authenticate(delivery, delivery.received_at)

        assert isinstance(answer, Forged)
        assert "signed by PayPal's webhook simulator" in answer.because


@each
async def test_an_error_page_at_its_issuers_host_decides_nothing(vector: Vector) -> None:
    http = _serving(vector)
    issuer = "http://cacerts.digicert.com/DigiCertSHA2ExtendedValidationServerCA.crt"
    page = Response(200, {}, b"<html>maintenance</html>")
    http.answers[issuer] = [page, pem_answer(certificate(INTERMEDIATE))]
    signatures = _signatures(vector, http, extra="")
    delivery = _well_addressed(vector).delivery()

    assert isinstance(await signatures.authenticate(delivery, delivery.received_at), Undecided)
    later = delivery.received_at + timedelta(seconds=30)

    assert Authentic() == await signatures.authenticate(delivery, later)


def _flipped(signature: str) -> str:
    return ("B" if signature[0] == "A" else "A") + signature[1:]
