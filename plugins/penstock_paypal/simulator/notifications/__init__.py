"""Webhooks as PayPal runs them: registered, signed, delivered until they are taken, kept."""
