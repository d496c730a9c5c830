"""The Lambda functions' handlers."""
