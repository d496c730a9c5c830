"""PayPal's invoices: made, mailed, recorded."""
