"""Plain types and pure rules: no clock, no network, no framework."""
