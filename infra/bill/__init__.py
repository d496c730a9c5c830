"""What a stack costs: prices, counted traffic, the estimate."""
