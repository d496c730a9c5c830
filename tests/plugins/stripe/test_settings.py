"""The API key goes to Stripe, or to a stand-in on this machine, and nowhere in the clear."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from penstock_stripe.settings import StripeSettings


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "https://api.stripe.com/v1/refunds"),
        ({"api_url": "https://stripe.test/"}, "https://stripe.test/v1/refunds"),
        ({"api_url": "http://127.0.0.1:4711"}, "http://127.0.0.1:4711/v1/refunds"),
        ({"api_url": "http://[::1]:4711"}, "http://[::1]:4711/v1/refunds"),
    ],
)
def test_an_address_that_is_safe_is_taken(given: dict[str, str], address: str):
    assert address == StripeSettings.model_validate(given).address("refunds")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.stripe.com",
        "http://127.0.0.1.evil.test",
        "ftp://stripe.test",
        "https://",
        "https://key@stripe.test",
        "https://stripe.test?key=1",
        "stripe.test",
    ],
)
def test_any_other_is_refused(url: str):
    with pytest.raises(ValidationError):
        StripeSettings.model_validate({"api_url": url})
