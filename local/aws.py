"""boto3 on the emulator, with every right and nothing of this user's own configuration; on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3

from local.emulator import REGION

# The emulator takes this key for its own, root; the functions get their roles' instead.
OPERATOR = {"access_key_id": "test", "secret_access_key": "test"}


class EmulatorSession(boto3.Session):
    """A session whose clients all talk to the emulator."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(
            aws_access_key_id=OPERATOR["access_key_id"],
            aws_secret_access_key=OPERATOR["secret_access_key"],
            region_name=REGION,
        )
        self._endpoint_url = endpoint_url

    def client(self, *args: Any, **kwargs: Any) -> Any:
        """A client of one service."""
        return super().client(*args, **{"endpoint_url": self._endpoint_url, **kwargs})


def session_of(stack: Mapping[str, Any]) -> boto3.Session:
    """
    A session for the stack with these outputs: the emulator's for the local one.

    For a stack on AWS boto3 finds the credentials itself, and the Region is the stack's.
    """
    if "aws" in stack:
        return EmulatorSession(stack["aws"]["endpoint_url"])
    return boto3.Session(region_name=str(stack["region"]))


def client(service: str, endpoint_url: str) -> Any:
    """A client of one service on the emulator."""
    return EmulatorSession(endpoint_url).client(service)
