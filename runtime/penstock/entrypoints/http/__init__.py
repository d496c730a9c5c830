"""The HTTP API, the same for functions and server: requests, answers, handlers."""
