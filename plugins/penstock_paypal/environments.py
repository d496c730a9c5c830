"""PayPal's environments: where each one answers, and whose certificate signs for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from penstock.api import SettingsError
from penstock_paypal.webhooks.door import CERT_URLS


@dataclass(frozen=True, slots=True)
class Environment:
    """
    One PayPal.

    Attributes:
        api_url: where its API answers.
        certificate_url: what an address of a signing certificate must match, whole.
        certificate_name: the host name a signing certificate is made out to.
        activity_url: where the merchant sees a transaction; its id is appended.
        disputes_url: where the merchant answers a dispute; its id is appended. Empty where there
            is no such page.
        subscriptions_url: where the merchant sees a subscription; its id is appended. Empty where
            there is no such page.
        wallet_url: where a buyer changes how subscriptions are paid. Empty where there is none.
        approval_origin: scheme and host of the pages on which buyers approve.
        anchors: the certificates a chain may end at, as PEM.
        intermediates: certificates that may complete a chain, as PEM; not trusted themselves.
    """

    name: str
    api_url: str
    certificate_url: re.Pattern[str]
    certificate_name: str
    activity_url: str
    approval_origin: str
    anchors: bytes = field(repr=False)
    intermediates: bytes = field(default=b"", repr=False)
    disputes_url: str = ""
    subscriptions_url: str = ""
    wallet_url: str = ""


def environment(name: str, profile: Mapping[str, Any]) -> Environment:
    """
    The environment of that name.

    Args:
        profile: what the local platform adds; nothing anywhere else.

    Raises:
        SettingsError: `local` where no local platform defines it, or another unknown name.
    """
    match name:
        case "live":
            return _paypal("live", "")
        case "sandbox":
            return _paypal("sandbox", "sandbox.")
        case "local" if profile:
            return _local(profile)
        case _:
            raise SettingsError(
                f"paypal: environment {name!r} is not known here: set it to live or sandbox"
                " (local exists on the local platform only)"
            )


def _paypal(name: str, part: str) -> Environment:
    return Environment(
        name=name,
        api_url=f"https://api-m.{part}paypal.com",
        certificate_url=re.compile(CERT_URLS[name]),
        certificate_name=f"messageverificationcerts.{part}paypal.com",
        activity_url=f"https://www.{part}paypal.com/activity/payment/",
        disputes_url=f"https://www.{part}paypal.com/resolutioncenter/view/",
        subscriptions_url=f"https://www.{part}paypal.com/billing/subscriptions/",
        wallet_url=f"https://www.{part}paypal.com/myaccount/autopay/",
        approval_origin=f"https://www.{part}paypal.com",
        anchors=_shipped(),
    )


def _local(profile: Mapping[str, Any]) -> Environment:
    try:
        return Environment(
            name="local",
            api_url=str(profile["api_url"]),
            certificate_url=re.compile(str(profile["certificate_urls"])),
            certificate_name=str(profile["certificate_name"]),
            activity_url=str(profile["activity_url"]),
            disputes_url=str(profile.get("disputes_url", "")),
            subscriptions_url=str(profile.get("subscriptions_url", "")),
            wallet_url=str(profile.get("wallet_url", "")),
            # The simulator's pages are served beside its API, unless it says otherwise.
            approval_origin=str(profile.get("approval_origin", profile["api_url"])),
            anchors=str(profile["anchors"]).encode(),
            intermediates=str(profile.get("intermediates", "")).encode(),
        )
    except (KeyError, re.error) as exc:
        raise SettingsError(
            "paypal: the local platform's profile lacks or misspells api_url, certificate_urls,"
            " certificate_name, activity_url or anchors: start the platform again"
        ) from exc


def _shipped() -> bytes:
    """
    The roots that come with the plugin.

    Our own, because bundles drop old roots while PayPal still signs under them: certifi has no
    DigiCert High Assurance EV Root any more, at which the certificate of January 2025 ended.
    PayPal announced Global Root G2 for October 2024 (github.com/Sylius/PayPalPlugin/issues/300).
    """
    anchors = files("penstock_paypal") / "anchors"
    pems = sorted((pem for pem in anchors.iterdir() if pem.name.endswith(".pem")), key=str)
    return b"\n".join(pem.read_bytes() for pem in pems)
