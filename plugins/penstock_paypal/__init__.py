"""PayPal as a plugin: its webhooks, its sales and its invoices."""
