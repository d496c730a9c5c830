"""The stages, one module each: receive, verify, process, charge, publish, deliver, sweep."""
