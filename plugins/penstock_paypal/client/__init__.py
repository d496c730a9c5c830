"""PayPal's API: the token, the calls, what an answer says."""
