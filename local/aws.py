"""boto3 clients of the emulator, with every right and nothing of this user's own configuration."""

from __future__ import annotations

from typing import Any

import boto3

from local.emulator import REGION

# The emulator takes this key for its own, root; the functions get their roles' instead.
OPERATOR = {"access_key_id": "test", "secret_access_key": "test"}


def client(service: str, endpoint_url: str) -> Any:
    """A client of one service."""
    session = boto3.session.Session(
        aws_access_key_id=OPERATOR["access_key_id"],
        aws_secret_access_key=OPERATOR["secret_access_key"],
        region_name=REGION,
    )
    return session.client(service, endpoint_url=endpoint_url)
