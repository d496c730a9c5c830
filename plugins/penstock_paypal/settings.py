"""The settings of PayPal."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PayPalSettings(BaseModel):
    """The environment of PayPal, extra roots to trust, and the texts of invoices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: Literal["live", "sandbox", "local"] = Field(
        description="live or sandbox; local exists on the local platform only, which defines it"
    )
    extra_certificates: str = Field(
        "",
        max_length=64 * 1024,
        description="more CA certificates for the chain of PayPal's signing certificate, as PEM"
        " text: self-signed ones are trusted, others complete a chain to a trusted one",
    )
    invoice_template: str = Field(
        "invoice",
        pattern="^[a-z][a-z0-9-]{0,30}$",
        description="the text of invoices: a file of the plugin's folder templates, without .json",
    )
