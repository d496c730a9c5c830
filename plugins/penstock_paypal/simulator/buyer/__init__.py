"""What a buyer's browser is shown at the simulated PayPal, and its way back to the shop."""
