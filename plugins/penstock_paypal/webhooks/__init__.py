"""PayPal's webhooks: their signature, their shape, their registration."""
