"""Disputes: what PayPal's API shows of them, and what its notifications say."""
