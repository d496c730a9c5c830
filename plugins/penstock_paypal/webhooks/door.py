"""
What a webhook of PayPal's looks like from outside: its five signature headers.

The headers are those of developer.paypal.com/api/rest/webhooks/rest; their lengths are the limits
of `verify_webhook_signature` in notifications_webhooks_v1 of
github.com/paypal/paypal-rest-api-specifications, a signature's aside; the certificate's address
has the form of every published delivery, `api-m` being the API's newer name.

Patterns match a value in full, so an address is compared whole: `endswith("paypal.com")` would
take evilpaypal.com. They are text, because the door knows them without importing this plugin.
"""

from __future__ import annotations

from types import MappingProxyType

from penstock.api import Door

ID = "paypal-transmission-id"
TIME = "paypal-transmission-time"
SIGNATURE = "paypal-transmission-sig"
CERT_URL = "paypal-cert-url"
ALGORITHM = "paypal-auth-algo"

CERT_NAME = "CERT-[0-9a-fA-F-]{1,64}"

CERT_URLS = MappingProxyType(
    {
        "live": rf"https://api(-m)?\.paypal\.com/v1/notifications/certs/{CERT_NAME}",
        "sandbox": rf"https://api(-m)?\.sandbox\.paypal\.com/v1/notifications/certs/{CERT_NAME}",
    }
)

PATTERNS = MappingProxyType(
    {
        ID: "[0-9A-Za-z-]{1,50}",
        TIME: "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z",
        # Base64 of an RSA signature: 256 bytes today, 512 with a longer key.
        SIGNATURE: "[A-Za-z0-9+/]{340,684}={0,2}",
        ALGORITHM: "SHA256withRSA",
    }
)

DOOR = Door(headers={**PATTERNS, CERT_URL: dict(CERT_URLS)}, body_limit=150 * 1024, json=True)
