"""`penstock webhooks check`: a kept webhook is judged as the platform judges what arrives."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from penstock_paypal.simulator.authority import Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.signature import signed_text
from tests.contract.cli.kept_webhooks import (
    AUTHENTIC,
    FORGED,
    INTERMEDIATE,
    UNDECIDED,
    VECTORS,
    Kept,
    each,
)
from tests.plugins.paypal.reference import (
    SANDBOX_URL,
    Vector,
    certificate,
    needs_reference,
)
from tests.plugins.paypal.signing import KEY


@needs_reference
@each
def test_a_published_delivery_is_authentic_at_its_own_time(vector: Vector, tmp_path: Path):
    result = Kept.of(tmp_path, vector).check()

    assert AUTHENTIC == result.exit_code, result.output
    assert result.output.startswith("authentic (paypal, ")


@needs_reference
@each
def test_a_changed_byte_of_the_body_is_forged(vector: Vector, tmp_path: Path):
    kept = Kept.of(tmp_path, vector)
    for place in range(0, len(kept.body), 397):
        tampered = bytearray(kept.body)
        tampered[place] ^= 1

        assert FORGED == replace(kept, body=bytes(tampered)).check().exit_code, place


@needs_reference
@pytest.mark.parametrize("vector", VECTORS[1::3], ids=[one.name for one in VECTORS[1::3]])
def test_each_changed_header_is_not_authentic(vector: Vector, tmp_path: Path):
    """
    A signature header that differs makes it forged. The certificate's address is not signed: one
    that names no file of the folder leaves it undecided.
    """
    kept = Kept.of(tmp_path, vector)
    url, time = kept.headers[door.CERT_URL], kept.headers[door.TIME]
    sandbox = "sandbox." in url
    other_host = url.replace("sandbox.", "") if sandbox else url.replace("api.", "api.sandbox.")
    for header, value, expected in (
        (door.ID, kept.headers[door.ID][:-1] + "x", FORGED),
        (door.TIME, time.replace("Z", ".0Z"), FORGED),
        (door.TIME, time.replace("Z", "+00:00"), FORGED),
        (door.SIGNATURE, flipped(kept.headers[door.SIGNATURE]), FORGED),
        (door.SIGNATURE, kept.headers[door.SIGNATURE] + "\r\n", FORGED),
        (door.SIGNATURE, "", FORGED),
        (door.ALGORITHM, "SHA1withRSA", FORGED),
        (door.CERT_URL, other_host, FORGED),
        (door.CERT_URL, url.replace("https:", "http:"), FORGED),
        (door.CERT_URL, url.replace("paypal.com", "paypal.com.evil.test"), FORGED),
        (door.CERT_URL, url.replace("api.", "evilapi."), FORGED),
        (door.CERT_URL, url.replace("paypal.com/", "paypal.com@evil.test/"), FORGED),
        (door.CERT_URL, url.replace("paypal.com/", "paypal.com:443/"), FORGED),
        (door.CERT_URL, url + "?x=1", FORGED),
        (door.CERT_URL, url + "/", FORGED),
        (door.CERT_URL, url[:-1] + ("0" if url[-1] != "0" else "1"), UNDECIDED),
    ):
        result = kept.changed(**{header: value}).check()

        assert expected == result.exit_code, (header, value, result.output)


@needs_reference
@each
@pytest.mark.parametrize("header", [*door.PATTERNS, door.CERT_URL])
def test_a_missing_header_is_forged(vector: Vector, header: str, tmp_path: Path):
    result = Kept.of(tmp_path, vector).changed(**{header: None}).check()

    assert FORGED == result.exit_code
    assert header in result.output


@needs_reference
@each
def test_another_webhook_another_environment_and_a_late_copy_are_forged(
    vector: Vector, tmp_path: Path
):
    kept = Kept.of(tmp_path, vector)
    own = "live" if "live" in vector.name else "sandbox"
    other = {"live": "sandbox", "sandbox": "live"}[own]
    late = (vector.sent + timedelta(days=4, seconds=1)).isoformat()

    assert AUTHENTIC == kept.opted(env=own).check().exit_code
    assert FORGED == kept.opted(env=other).check().exit_code
    assert FORGED == kept.opted(webhook_id="1AB23456CD789012E").check().exit_code
    assert FORGED == kept.opted(at=late).check().exit_code
    assert FORGED == kept.opted(at=None).check().exit_code


@needs_reference
@each
def test_a_time_before_it_was_sent_is_undecided(vector: Vector, tmp_path: Path):
    early = (vector.sent - timedelta(minutes=6)).isoformat()

    assert UNDECIDED == Kept.of(tmp_path, vector).opted(at=early).check().exit_code


@needs_reference
@each
def test_another_certificate_of_paypals_does_not_do(vector: Vector, tmp_path: Path):
    kept = Kept.of(tmp_path, vector)
    (leaf,) = (name for name in kept.files if name.startswith("kept-"))
    for other in {one.certificate for one in VECTORS} - {vector.certificate}:
        result = replace(kept, files={**kept.files, leaf: other}).check()

        assert FORGED == result.exit_code, result.output


@needs_reference
def test_a_certificates_address_that_is_a_test_page_is_forged(tmp_path: Path):
    """
    As it was published, with a file of that name beside it.
    """
    (vector,) = (one for one in VECTORS if one.certificate_url.endswith("/test"))
    kept = Kept.of(tmp_path, vector).changed(**{door.CERT_URL: vector.certificate_url})
    kept.files["test.pem"] = vector.certificate

    assert FORGED == kept.check().exit_code


@needs_reference
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no file of the folder has a name that ends with CERT-"),
        ({"issuer.pem": None}, "DigiCertSHA2ExtendedValidationServerCA.crt is not among"),
        ({"leaf": b"<html>maintenance</html>"}, "does not serve a certificate"),
    ],
    ids=["no leaf", "no issuer", "no certificate in the file"],
)
def test_without_its_certificates_it_is_undecided(
    kept: Kept, files: Mapping[str, bytes | None], said: str
):
    (leaf,) = (name for name in kept.files if name.startswith("kept-"))
    changed = {leaf if name == "leaf" else name: content for name, content in files.items()}
    merged = {**kept.files, **changed} if files else {"issuer.pem": certificate(INTERMEDIATE)}
    held = {name: content for name, content in merged.items() if content is not None}
    result = replace(kept, files=held).check()

    assert UNDECIDED == result.exit_code
    assert said in result.output


@needs_reference
def test_the_issuer_may_be_in_the_file_of_the_leaf_and_other_files_are_passed_over(kept: Kept):
    (leaf,) = (name for name in kept.files if name.startswith("kept-"))
    bundle = kept.files[leaf] + b"\n" + kept.files["issuer.pem"]
    other = "another-" + leaf.removeprefix("kept-")
    files = {leaf: bundle, "README.txt": b"\xff", "empty.pem": b"", other: b"no certificate"}

    assert AUTHENTIC == replace(kept, files=files).check().exit_code


def test_a_root_in_the_folder_is_not_trusted(invented: Kept):
    """
    A whole chain of somebody's own, with PayPal's name on the certificate, and a right signature.
    """
    sent = datetime(2026, 11, 2, 12, tzinfo=UTC)
    authority = Authority.make(sent - timedelta(days=30))
    leaf = authority.issue(
        "messageverificationcerts.sandbox.paypal.com",
        KEY.public_key(),
        sent - timedelta(days=10),
        sent + timedelta(days=300),
    )
    text = signed_text(invented.headers[door.ID], invented.headers[door.TIME], "WH1", b"{}")
    signature = base64.b64encode(KEY.sign(text, PKCS1v15(), SHA256())).decode()
    chain = pem(authority.intermediate) + pem(authority.root)
    invented.files = {
        f"{SANDBOX_URL.rpartition('/')[2]}.pem": pem(leaf) + chain,
        "chain.pem": chain,
        "root.pem": pem(authority.root),
    }
    result = invented.changed(**{door.SIGNATURE: signature}).check()

    assert UNDECIDED == result.exit_code
    assert "ends at no trusted root" in result.output


@needs_reference
@pytest.mark.parametrize(
    ("saved", "why"),
    [
        (lambda body: body + b"\n", "without its last line break"),
        (lambda body: body + b"\r\n", "without its last line break"),
        (lambda body: b"\xef\xbb\xbf" + body, "without its byte order mark"),
    ],
)
def test_a_body_that_an_editor_changed_is_forged_and_the_note_says_how(
    kept: Kept, saved: Callable[[bytes], bytes], why: str
):
    result = replace(kept, body=saved(kept.body)).check()

    assert FORGED == result.exit_code
    assert why in result.output


@needs_reference
def test_what_paypals_simulator_signed_is_said_for_every_id(tmp_path: Path):
    kept = Kept.of(tmp_path, next(one for one in VECTORS if one.webhook_id == "WEBHOOK_ID"))
    own, other = kept.check(), kept.opted(webhook_id="9XL90610J3647323C").check()

    assert (AUTHENTIC, FORGED) == (own.exit_code, other.exit_code)
    assert "a stack refuses it" in own.output
    assert "signed by PayPal's webhook simulator" in other.output


def test_a_body_beyond_the_doors_limit_or_no_json_is_forged(invented: Kept):
    for body in (b"", b"no JSON", b'"' + b"x" * 200_000 + b'"', b"x" * 3_000_000):
        assert FORGED == replace(invented, body=body).check().exit_code


def flipped(signature: str) -> str:
    return ("B" if signature[0] == "A" else "A") + signature[1:]
