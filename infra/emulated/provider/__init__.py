"""The same handlers as a provider of Pulumi's engine, on gRPC: `python -m` this package."""
