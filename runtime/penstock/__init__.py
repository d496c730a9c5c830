"""Penstock: payments in, verified; exactly one invoice out; every event to its sinks."""
