"""`penstock serve`: the API and every consumer in one process."""
