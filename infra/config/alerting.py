"""Other alarm destinations: https endpoints and topics."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

MOST_TOPICS = 4
"""[aws] An alarm has at most five actions of a kind (PutMetricAlarm); one is the stack's topic."""
_URL = re.compile(r"[!-~]{1,2048}")
_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")


def _is_endpoint(value: str) -> str:
    # Not repeated: such an address often holds a key.
    parts = urlsplit(value) if _URL.fullmatch(value) else None
    if parts is None or parts.scheme != "https" or not parts.hostname:
        raise ValueError(
            "not an https address: write it in full, as in https://events.example.com/alarms"
        )
    if parts.username is not None or parts.password is not None:
        # SNS would log in with them; a person's password is no key for a machine.
        raise ValueError(
            "an address with a user or password in it: give the endpoint a key in its path or "
            "query instead, and keep it out of the file (docs/deploy.md)"
        )
    return value


def _is_topic(value: str) -> str:
    if not _TOPIC.fullmatch(value):
        raise ValueError(
            "not the ARN of a topic: write one as in arn:aws:sns:us-east-1:123456789012:oncall"
        )
    if value.endswith(".fifo"):
        raise ValueError("a FIFO topic, which CloudWatch cannot publish on: name a standard one")
    return value


Endpoint = Annotated[str, AfterValidator(_is_endpoint)]
TopicArn = Annotated[str, AfterValidator(_is_topic)]
