"""`penstock webhooks check`: a kept webhook is judged as the platform judges what arrives."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock_paypal.simulator.authority import Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.signature import signed_text
from tests.contract.cli.running import Ran, run
from tests.plugins.paypal.reference import (
    PRESENT,
    SANDBOX_URL,
    Vector,
    certificate,
    needs_reference,
    vectors,
)
from tests.plugins.paypal.signing import KEY

AUTHENTIC, FORGED, UNDECIDED, USAGE = 0, 1, 2, 64
INTERMEDIATE = "DigiCertSHA2ExtendedValidationServerCA.pem"
VECTORS = vectors() if PRESENT else []
each = pytest.mark.parametrize("vector", VECTORS, ids=[one.name for one in VECTORS])


def penstock(*arguments: str) -> Ran:
    return run(list(arguments))


@dataclass
class Kept:
    """A webhook as a person kept it, and the folder of certificates beside it."""

    folder: Path
    headers: dict[str, Any]
    body: bytes
    options: dict[str, str | None]
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @classmethod
    def of(cls, folder: Path, vector: Vector) -> Kept:
        """A published delivery; a test page for a certificate's address becomes a proper one."""
        placeholder = vector.certificate_url.endswith("/test")
        url = SANDBOX_URL if placeholder else vector.certificate_url
        return cls(
            folder,
            {**vector.headers, door.CERT_URL: url},
            vector.body,
            {"webhook-id": vector.webhook_id, "at": vector.headers[door.TIME]},
            {
                f"kept-{url.rpartition('/')[2]}.pem": vector.certificate,
                "issuer.pem": certificate(INTERMEDIATE),
            },
        )

    def changed(self, **headers: Any) -> Kept:
        """With other headers; None takes one away."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **named}
        return replace(self, headers={k: v for k, v in merged.items() if v is not None})

    def opted(self, **options: str | None) -> Kept:
        """With other options; None takes one away."""
        named = {name.replace("_", "-"): value for name, value in options.items()}
        return replace(self, options={**self.options, **named})

    def check(self, *more: str, raw: bytes | None = None) -> Ran:
        """Run the command on these files."""
        (self.folder / "headers.json").write_bytes(
            json.dumps(self.headers).encode() if raw is None else raw
        )
        (self.folder / "body").write_bytes(self.body)
        certificates = self.folder / "certificates"
        certificates.mkdir(exist_ok=True)
        for old in certificates.iterdir():
            old.unlink()
        for name, content in self.files.items():
            (certificates / name).write_bytes(content)
        given: dict[str, str | None] = {
            "headers": str(self.folder / "headers.json"),
            "body": str(self.folder / "body"),
            "certificates": str(certificates),
            **self.options,
        }
        options = [f"--{name}={value}" for name, value in given.items() if value is not None]
        return penstock("webhooks", "check", *options, *more)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A sandbox delivery of 2016, genuinely signed."""
    return Kept.of(tmp_path, next(one for one in VECTORS if "2016" in one.name))


@pytest.fixture
def invented(tmp_path: Path) -> Kept:
    """A delivery that nobody signed, for what needs no signature."""
    headers = {
        door.ID: "dfb3be50-fd74-11e4-8bf3-77339302725b",
        door.TIME: "2026-11-02T12:00:00Z",
        door.SIGNATURE: "A" * 344,
        door.CERT_URL: SANDBOX_URL,
        door.ALGORITHM: "SHA256withRSA",
    }
    options: dict[str, str | None] = {"webhook-id": "WH1", "at": "2026-11-02T12:00:00Z"}
    return Kept(tmp_path, headers, b"{}", options)


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
    "encode",
    [
        lambda headers: json.dumps(headers).encode("utf-8-sig"),
        lambda headers: codecs.BOM_UTF16_LE + json.dumps(headers).encode("utf-16-le"),
        lambda headers: json.dumps(headers, indent=2).replace("\n", "\r\n").encode(),
        lambda headers: json.dumps({k.title(): v for k, v in headers.items()}).encode(),
        lambda headers: json.dumps({k: f" {v}\t" for k, v in headers.items()}).encode(),
        lambda headers: json.dumps({"Host": "x", **headers, "X-Other": ""}).encode(),
    ],
    ids=["BOM", "UTF-16", "CRLF", "case", "blanks", "more headers"],
)
def test_how_the_headers_were_written_down_makes_no_difference(
    kept: Kept, encode: Callable[[Any], bytes]
):
    assert AUTHENTIC == kept.check(raw=encode(kept.headers)).exit_code


@needs_reference
@pytest.mark.parametrize("again", ["PayPal-Transmission-Id", "paypal-transmission-id"])
def test_a_header_that_came_twice_is_forged(kept: Kept, again: str):
    """
    Also under the same name: JSON allows it, and most readers keep the last one.
    """
    text = json.dumps(kept.headers)
    twice = f'{{"{again}": "{kept.headers[door.ID]}", {text[1:]}'
    result = kept.check(raw=twice.encode())

    assert FORGED == result.exit_code
    assert "came more than once" in result.output


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"{} {}",
        b"\xff\xfe\xfa",
        b"[" * 200_000,
        b'[["paypal-auth-algo", "SHA256withRSA"]]',
        b'{"paypal-auth-algo": 1}',
        b'{"paypal-auth-algo": null}',
        b'{"paypal-auth-algo": ["SHA256withRSA"]}',
        b'{"x": {"y": "z"}}',
    ],
)
def test_headers_that_are_no_json_object_of_texts_are_wrong_usage(invented: Kept, raw: bytes):
    result = invented.check(raw=raw)

    assert USAGE == result.exit_code
    assert "penstock: --headers: " in result.output


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2026-11-28",
        "2026-11-28T10:15:00",
        "2026-11-28T10:15Z",
        "20261128T101500Z",
        "2026-11-28T10:15:00+0800",
        "2026-11-28T10:15:60Z",
        "2026-13-28T10:15:00Z",
        "2026-02-30T10:15:00Z",
        "2026-11-28T10:15:00+25:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "1795860900",
        "2026-11-28T10:15:00Z\n",
    ],
)
def test_a_time_without_offset_or_of_another_form_is_wrong_usage(invented: Kept, at: str):
    result = invented.opted(at=at).check()

    assert USAGE == result.exit_code
    assert "penstock: --at: " in result.output


@needs_reference
@pytest.mark.parametrize(
    "at",
    [
        "2016-09-21T22:00:46Z",
        "2016-09-21t22:00:46z",
        "2016-09-21 22:00:46Z",
        "2016-09-21T22:00:46.123456789Z",
        "2016-09-22T06:00:46+08:00",
        "2016-09-21T15:00:46-07:00",
        "2016-09-21T22:00:46-00:00",
    ],
)
def test_a_time_may_be_written_in_every_form_of_rfc_3339(kept: Kept, at: str):
    assert AUTHENTIC == kept.opted(at=at).check().exit_code


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"webhook_id": None}, "--webhook-id"),
        ({"webhook_id": ""}, "--webhook-id"),
        ({"webhook_id": " WH1"}, "--webhook-id"),
        ({"webhook_id": "WH\udcff1"}, "--webhook-id"),
        ({"headers": None}, "--headers"),
        ({"headers": "not/there.json"}, "--headers"),
        ({"headers": "."}, "--headers"),
        ({"body": None}, "--body"),
        ({"body": "not/there"}, "--body"),
        ({"body": "."}, "--body"),
        ({"certificates": "not/there"}, "--certificates"),
        ({"certificates": "pyproject.toml"}, "--certificates"),
        ({"env": "local"}, "--env"),
        ({"env": ""}, "--env"),
        ({"env": "LIVE"}, "--env"),
        ({"gateway": "nope"}, "--gateway"),
        ({"bogus": "1"}, "--bogus"),
    ],
)
def test_wrong_usage_ends_with_64_and_names_the_option(
    invented: Kept, options: dict[str, str | None], named: str
):
    result = invented.opted(**options).check()

    assert USAGE == result.exit_code, result.output
    assert named in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("webhooks", "check"),
        ("--nope", "webhooks", "check"),
        ("webhooks", "--nope", "check"),
        ("--json", "webhooks", "check", "--nope"),
    ],
)
def test_wrong_usage_around_the_command_is_never_an_answer(arguments: tuple[str, ...]):
    assert USAGE == penstock(*arguments).exit_code


def test_wrong_usage_of_other_commands_keeps_its_code():
    assert 2 == penstock("webhooks", "drift", "--nope").exit_code
    assert 2 == penstock("webhooks", "chek").exit_code


def test_an_argument_too_many_is_wrong_usage(invented: Kept):
    assert USAGE == invented.check("more").exit_code


def test_help_says_what_the_codes_mean(invented: Kept):
    result = invented.check("--help")

    assert 0 == result.exit_code
    for said in ("0   authentic", "1   forged", "2   undecided", "64  wrong usage"):
        assert said in result.output


@needs_reference
def test_json_says_the_same(kept: Kept):
    result = kept.check("--json")

    assert AUTHENTIC == result.exit_code
    assert {
        "answer": "authentic",
        "because": "paypal signed it for webhook 9XL90610J3647323C",
        "note": None,
        "gateway": "paypal",
        "environment": "sandbox",
        "at": "2016-09-21T22:00:46+00:00",
        "exit_code": 0,
    } == json.loads(result.stdout)


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


ANY_TEXT = st.text(max_size=30) | st.sampled_from(
    ["\ud800", "\0", "\r\n", "2026-11-02T12:00:00Z", "A" * 344, "A" * 342 + "==", SANDBOX_URL]
)
ANY_VALUE = ANY_TEXT | st.none() | st.integers() | st.lists(ANY_TEXT, max_size=2)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changed=st.dictionaries(
        st.sampled_from([*door.PATTERNS, door.CERT_URL, "x"]), ANY_VALUE, max_size=3
    ),
    body=st.binary(max_size=40),
    pem=st.binary(max_size=40) | st.just(b"-----BEGIN CERTIFICATE-----\nAAAA\n"),
    at=st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | ANY_TEXT,
)
def test_whatever_is_given_it_ends_with_one_of_its_four_codes_and_never_authentic(
    invented: Kept, changed: dict[str, Any], body: bytes, pem: bytes, at: str
):
    kept = replace(invented.opted(at=at), headers={**invented.headers, **changed}, body=body)
    kept.files = {f"{SANDBOX_URL.rpartition('/')[2]}.pem": pem}

    assert kept.check().exit_code in (FORGED, UNDECIDED, USAGE)
