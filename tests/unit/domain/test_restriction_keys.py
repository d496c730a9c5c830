"""Which restrictions hold an entity: its own, its subscription's, its payer's, its gateway's."""

from __future__ import annotations

from penstock.domain.payment import Payer
from penstock.domain.restriction import Restriction, RestrictionKind, keys
from penstock.domain.subscription import subscription_id
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON


def test_a_payment_is_held_by_its_id_and_its_gateway() -> None:
    assert ["payment#pay-1", "gateway#example"] == list(keys(payment()))


def test_a_payment_is_held_by_its_subscription_and_each_payer_that_is_known() -> None:
    buyer, asked = Payer("PAYER1", "Ann"), Payer("customer-7")
    one = payment(subscription="I-1", payer=buyer, order=order(payer=asked))

    assert [
        "payment#pay-1",
        "gateway#example",
        f"subscription#{subscription_id('example', 'I-1')}",
        "payer#PAYER1",
        "payer#customer-7",
    ] == list(keys(one))


def test_a_payer_without_a_reference_is_not_held() -> None:
    assert ["payment#pay-1", "gateway#example"] == list(keys(payment(payer=Payer(None, "Ann"))))


def test_a_restriction_has_the_key_of_what_it_holds_and_says_its_kind_only() -> None:
    held = Restriction(RestrictionKind.payer, "PAYER1", NOON, "local ada", "a complaint")

    assert "payer#PAYER1" == held.key
    assert "held: the payer is restricted" == held.says
