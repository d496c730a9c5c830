"""
The deliveries topic of `receive`, whose cold start a gateway waits for.

No loop, no pool, no boto3: SNS's query protocol over one kept connection. A repeated publish is
harmless: the topic is FIFO, and the deduplication id stays the same.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.adapters.kept_connection import KeptConnection
from penstock.adapters.sigv4 import Credentials, signed
from penstock.errors import ChannelUnavailable, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.ports import Outgoing

ROOTS = Path(__file__).parents[1] / "_roots.pem"
ANSWER_SECONDS = 2.0
TOTAL_SECONDS = 6.0
"""All attempts together; API Gateway and the function (10 s) wait longer than that."""
_PAUSES = (0.1, 0.3, 0.9)
_MESSAGE_ID = re.compile(rb"<MessageId>([0-9A-Za-z-]{1,100})</MessageId>")
_CODE = re.compile(rb"<Code>([0-9A-Za-z.]{1,64})</Code>")
_RESERVED = re.compile(rb"[^A-Za-z0-9._~-]")
_ESCAPES = {bytes([byte]): b"%%%02X" % byte for byte in range(256)}
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


class BlockingTopic:
    """
    A FIFO topic; a publish blocks the whole process.

    Args:
        environ: region, credentials and address, under the names that Lambda and AWS's libraries
            use; read at every publish, because Lambda changes them.
        roots: the roots to try first; those that AWS's endpoints hang on, in a zip.
        now, monotonic, sleep, jitter: seconds; the last between 0 and 1.
    """

    def __init__(
        self,
        arn: str,
        environ: Mapping[str, str],
        *,
        roots: Path = ROOTS,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._arn = arn
        self._environ = environ
        self._roots = roots
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._jitter = jitter or _random
        self._connection: KeptConnection | None = None

    async def send(self, message: Outgoing) -> None:
        """
        Publish; once this returns, SNS keeps it.

        Raises:
            ChannelUnavailable: it was not taken, or the answer was lost.
            SettingsError: the environment has no credentials or region.
        """
        body = encoded(_form(self._arn, message))
        ends = self._monotonic() + TOTAL_SECONDS
        for pause in _PAUSES:
            try:
                return self._publish(body, ends)
            except _Later:
                wait = pause * (0.5 + self._jitter())
                if self._monotonic() + wait >= ends:
                    raise
                self._sleep(wait)
        return self._publish(body, ends)

    def close(self) -> None:
        """End the connection; Lambda never does, tests and servers do."""
        if self._connection:
            self._connection.close()

    def _publish(self, body: bytes, ends: float) -> None:
        connection = self._connected()
        headers = signed(
            {
                "host": connection.host,
                "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            },
            body,
            Credentials(
                self._need("AWS_ACCESS_KEY_ID"),
                self._need("AWS_SECRET_ACCESS_KEY"),
                self._environ.get("AWS_SESSION_TOKEN", ""),
            ),
            region=self._need("AWS_REGION"),
            service="sns",
            now=self._now(),
        )
        if trace := self._environ.get("_X_AMZN_TRACE_ID"):
            headers["x-amzn-trace-id"] = trace  # As boto3 passes it on, unsigned.
        within = min(ANSWER_SECONDS, max(0.1, ends - self._monotonic()))
        try:
            status, told = connection.post(headers, body, within)
        except ChannelUnavailable as exc:
            raise _Later(f"the topic took nothing: {exc}") from exc
        if status == 200 and _MESSAGE_ID.search(told):
            return
        found = _CODE.search(told)
        code = found[1].decode() if found else ""
        refused = f"the topic took nothing: {status} {code or 'without a MessageId'}"
        if status == 429 or status >= 500 or "Throttl" in code:
            raise _Later(refused)
        raise ChannelUnavailable(refused)

    def _connected(self) -> KeptConnection:
        url = self._url()
        if self._connection is None or self._connection.url != url:
            self.close()
            self._connection = KeptConnection(url, self._roots)
        return self._connection

    def _url(self) -> str:
        for name in ("AWS_ENDPOINT_URL_SNS", "AWS_ENDPOINT_URL"):
            if url := self._environ.get(name):
                return url
        suffix = _SUFFIXES.get(self._arn.split(":")[1], "amazonaws.com")
        return f"https://sns.{self._need('AWS_REGION')}.{suffix}"

    def _need(self, name: str) -> str:
        if value := self._environ.get(name):
            return value
        raise SettingsError(f"{name} is missing; Lambda sets it, give it wherever else this runs")


class _Later(ChannelUnavailable):
    """SNS throttled the request or gave no answer: it may be sent again."""


def _form(arn: str, message: Outgoing) -> dict[str, str]:
    """The publish as SNS's query protocol has it (Amazon SNS API Reference, Publish)."""
    form = {
        "Action": "Publish",
        "Version": "2010-03-31",
        "TopicArn": arn,
        "Message": message.body,
        "MessageGroupId": message.group,
        "MessageDeduplicationId": message.dedup,
    }
    for place, (name, value) in enumerate(message.attributes.items(), start=1):
        entry = f"MessageAttributes.entry.{place}"
        form[f"{entry}.Name"] = name
        form[f"{entry}.Value.DataType"] = "String"
        form[f"{entry}.Value.StringValue"] = value
    return form


def encoded(form: Mapping[str, str]) -> bytes:
    """
    A form as it is sent (RFC 3986, 2.1), in a third of `urllib.parse.urlencode`'s time.

    `urlencode` encodes byte by byte as soon as one byte is reserved, and a webhook's body has
    thousands.
    """
    return b"&".join(_quoted(name) + b"=" + _quoted(value) for name, value in form.items())


def _quoted(text: str) -> bytes:
    return _RESERVED.sub(lambda found: _ESCAPES[found[0]], text.encode())


def _random() -> float:
    # Imported here: only a throttled request needs it.
    import random

    return random.random()  # noqa: S311 - nobody guesses how long we wait
