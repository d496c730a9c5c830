"""Orders (v2): one payment that a buyer approves."""
