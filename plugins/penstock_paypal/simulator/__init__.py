"""A PayPal of our own, for the local platform and for tests; in no bundle."""
