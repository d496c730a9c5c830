"""Pages for buyers: what they see when they come back from the gateway."""
