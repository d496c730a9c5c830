"""What a plan of a set-up file is unless the file says otherwise, and what a folder answers."""

from __future__ import annotations

import pytest

from penstock.api import HttpNotSent, Interval, IntervalUnit, Money, Response
from penstock_paypal.account.folder import FolderHttp, issuers, leaves
from penstock_paypal.account.wanted import Plan, Trial

PLAN = Plan(name="Monthly", price="9.90", currency="EUR", interval="month")
CERT = "https://api.paypal.com/v1/notifications/certs/CERT-1"


def test_a_plan_is_monthly_without_end_or_trial_and_collects_what_is_owed() -> None:
    (cycle,) = PLAN.billing

    assert (Interval(IntervalUnit.month, 1), Money(990, "EUR"), False, 0) == (
        cycle.interval,
        cycle.price,
        cycle.trial,
        cycle.cycles,
    )
    assert (None, True, 0, None, True) == (
        PLAN.fee,
        PLAN.collect_outstanding,
        PLAN.suspend_after_failures,
        PLAN.tax_percent,
        PLAN.tax_included,
    )


def test_a_trial_is_one_cycle_and_comes_first() -> None:
    trial = Trial(price="0", interval="week")
    first, last = PLAN.model_copy(update={"trials": [trial]}).billing

    assert [(True, 1), (False, 0)] == [(one.trial, one.cycles) for one in (first, last)]


@pytest.mark.parametrize(("fee", "taken"), [("0", None), ("0.01", 1), (2, 200)])
def test_a_fee_of_nothing_is_none(fee: str | int, taken: int | None) -> None:
    found = PLAN.model_copy(update={"setup_fee": fee}).fee

    assert taken == (found and found.minor)


async def test_a_folder_answers_for_its_certificate_and_nothing_else() -> None:
    folder = FolderHttp(CERT, b"pem")

    assert Response(200, {}, b"pem") == await folder.request("GET", CERT)
    with pytest.raises(HttpNotSent, match=r"^issuer\.crt is not among the given certificates"):
        await folder.request("GET", "http://cacerts.digicert.com/issuer.crt")


def test_a_certificate_is_found_by_the_end_of_its_address() -> None:
    kept = {"sandbox-CERT-1.pem": b"b", "live-CERT-1.pem": b"a", "CERT-1.txt": b"c"}

    assert [b"a", b"b"] == leaves(kept, CERT)
    assert [] == leaves(kept, "https://api.paypal.com/")
    assert [] == leaves(kept, "https://api.paypal.com/CERT-2")
    assert b"" == issuers(kept)
