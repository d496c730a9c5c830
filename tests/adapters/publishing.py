"""A topic of a server in this process."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from penstock.adapters.blocking_topic import BlockingTopic
from penstock.ports import Outgoing
from tests.adapters.sns import Sns

ARN = "arn:aws:sns:eu-west-1:000000000000:deliveries.fifo"
MESSAGE = Outgoing('{"é": "🙂 + & ="}', group="g-1", dedup="d-1", attributes={"type": "a b"})
CREDENTIALS = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "hunter2",
}


class Time:
    """A clock that moves only while somebody waits, or by so much at each look."""

    def __init__(self, per_look: float = 0.0) -> None:
        self.at = 0.0
        self.slept: list[float] = []
        self._per_look = per_look

    def monotonic(self) -> float:
        self.at += self._per_look
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def send(one: BlockingTopic, message: Outgoing = MESSAGE) -> None:
    """Publish, without a loop, as the function does."""
    with pytest.raises(StopIteration):
        one.send(message).send(None)


def connected(sns: Sns, environ: Mapping[str, str], **arguments: Any) -> BlockingTopic:
    return sns.clients.enter_context(closing(BlockingTopic(ARN, environ, **arguments)))


def topic(
    sns: Sns, time: Time | None = None, environ: Mapping[str, str] = CREDENTIALS
) -> BlockingTopic:
    time = time or Time()
    return connected(
        sns,
        {**environ, "AWS_ENDPOINT_URL": sns.url},
        monotonic=time.monotonic,
        sleep=time.sleep,
        jitter=lambda: 0.5,
    )
