"""A sale at the simulated PayPal."""

from __future__ import annotations

SALE = "5CS38179PL895402Y"
