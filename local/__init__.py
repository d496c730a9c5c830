"""The local platform: the deployed stack on a laptop."""
