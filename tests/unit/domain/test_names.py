"""What names things: refs, ids, keys' digests, and the secrets in addresses of return."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.domain.approval import Approval
from penstock.domain.payment import is_own_payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.secret import new_secret, secret_digest
from penstock.domain.signup import (
    SignUp,
    of_return_token,
    request_digest,
    return_token,
    sign_up_id,
)
from penstock.testing.clock import NOON

SECOND, DAY = timedelta(seconds=1), timedelta(hours=24)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("payment#pay-1", Ref(EntityKind.payment, "pay-1")),
        ("dispute#a#b", Ref(EntityKind.dispute, "a#b")),
    ],
)
def test_a_ref_is_read_as_it_is_written(text: str, ref: Ref) -> None:
    assert (ref, text) == (Ref.parse(text), str(ref))
    with pytest.raises(ValueError, match="nothing"):
        Ref.parse("nothing#1")


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("pay-" + "0a" * 16, True),
        ("pay-" + "0a" * 15 + "0", False),
        ("pay-" + "0A" * 16, False),
        ("pay-" + "0a" * 16 + "\n", False),
        ("acme-" + "0a" * 16, False),
        ("", False),
        (None, False),
    ],
)
def test_an_id_of_ours_is_told_from_a_gateways(name: str | None, own: bool) -> None:
    assert own is is_own_payment(name)


@pytest.mark.parametrize(
    ("secret", "after", "good"),
    [
        ("secret", timedelta(), True),
        ("secret", DAY - SECOND, True),
        ("secret", DAY, False),
        ("Secret", timedelta(), False),
    ],
)
def test_a_sign_ups_address_of_return_is_good_for_a_day(
    secret: str, after: timedelta, good: bool
) -> None:
    one = SignUp(
        id="sub-1",
        gateway="acme",
        created_at=NOON,
        updated_at=NOON,
        digest="d",
        plan="P-1",
        merchant_reference="order-7",
        return_digest=secret_digest("secret"),
    )

    assert good is one.returns(secret, NOON + after)


def test_a_sign_up_is_named_by_its_key_and_its_address_by_its_name_and_secret() -> None:
    name = sign_up_id("shop/k-1")

    assert ("sub-", 36) == (name[:4], len(name))
    assert name == sign_up_id("shop/k-1") != sign_up_id("shop/k-2")
    assert f"{name[4:]}-s3-cret" == return_token(name, "s3-cret")
    assert (name, "s3-cret") == of_return_token(return_token(name, "s3-cret"))


@pytest.mark.parametrize("other", [["a"], ["a", ""], ["a", None, None], ["b", None], [None, "a"]])
def test_another_request_has_another_digest(other: list[str | None]) -> None:
    assert request_digest(["a", None]) == request_digest(("a", None)) != request_digest(other)


def test_a_secret_is_made_of_two_ids_and_has_128_bits() -> None:
    secret = new_secret(iter(("one", "two")).__next__)

    assert secret_digest("onetwo")[:32] == secret
    assert new_secret(iter(("one", "three")).__next__) != secret


def test_neither_a_secret_nor_the_buyers_page_is_in_the_repr_of_an_approval() -> None:
    one = Approval("digest", return_secret="s3cret", url="https://gateway.test/O-1")  # noqa: S106 - none

    assert ("s3cret" in repr(one), "gateway.test" in repr(one)) == (False, False)
    assert (None,) * 5 == (
        *(one.checkout, one.expires_at, one.declined_at, one.refused, one.because),
    )
