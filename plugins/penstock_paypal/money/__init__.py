"""Sales, captures, refunds and reversals as PayPal's API shows them."""
