"""The settings of Stripe."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class StripeSettings(BaseModel):
    """Where Stripe's API is; test mode or live mode is the API key's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: str = Field(
        "https://api.stripe.com",
        max_length=255,
        description="the API's address, https except on this machine; another one is for a "
        "stand-in of Stripe's",
        json_schema_extra={"format": "uri", "pattern": "^https?://"},
    )

    @field_validator("api_url")
    @classmethod
    def _safe(cls, url: str) -> str:
        # Every request carries the API key.
        parts = urlsplit(url)
        local = parts.scheme == "http" and _is_here(parts.hostname or "")
        if not (local or (parts.scheme == "https" and parts.hostname)):
            raise ValueError("api_url must begin with https://")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("api_url takes no user, query or fragment")
        return url.rstrip("/")

    def address(self, path: str) -> str:
        """An address of the API."""
        return f"{self.api_url}/v1/{path}"


def _is_here(host: str) -> bool:
    """Whether a host is an address of this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
