"""What sending to SQS and sending to SNS have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from penstock.api.context import Aws, AwsError
from penstock.errors import ChannelUnavailable, GatewayUnavailable
from penstock.ports import Message, Outgoing

MAX_ATTRIBUTES = 3
# What SQS and SNS take as a group or deduplication id: 1 to 128 letters, digits and punctuation.
_NAME = re.compile(r"[!-~]{1,128}")


@contextmanager
def unavailable(what: str) -> Generator[None]:
    """
    Map every failure of a call to a queue or topic.

    Raises:
        ChannelUnavailable: AWS refused, or gave no answer.
    """
    try:
        yield
    except AwsError as exc:
        raise ChannelUnavailable(f"{what}: AWS answered {exc.code}") from exc
    except GatewayUnavailable as exc:
        raise ChannelUnavailable(f"{what}: no answer") from exc


def name(text: str) -> str:
    """A group or deduplication id as SQS takes it: the text, or its hash if SQS refuses it."""
    if _NAME.fullmatch(text):
        return text
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def message_attributes(attributes: Mapping[str, str]) -> dict[str, Any]:
    """
    Attributes as SQS and SNS take them; an empty value cannot be sent and is left out.

    A reason may quote a stranger's text. A character that SQS refuses is replaced: otherwise the
    message could never be sent.
    """
    return {
        key: {"DataType": "String", "StringValue": _sendable(value)}
        for key, value in attributes.items()
        if value
    }


async def send_copy(
    aws: Aws, queue_url: str, message: Message, attributes: Mapping[str, str]
) -> None:
    """
    Send a received message to a queue, under the id of the copy that it replaces.

    Raises:
        AwsError: AWS refused.
        GatewayUnavailable: AWS gave no answer.
    """
    await aws.call(
        "sqs",
        "send_message",
        QueueUrl=queue_url,
        MessageBody=message.body,
        MessageGroupId=name(message.group),
        MessageDeduplicationId=message.id,
        MessageAttributes=message_attributes(attributes),
    )


def _sendable(text: str) -> str:
    """The text, with a question mark for each character that SQS does not take."""
    # What can be printed can be sent. Compiling the pattern takes 5 ms, more than a whole
    # message does, so it waits for a text that may need it.
    if text.isprintable():
        return text
    # The characters SQS takes (AWS, SendMessage): those of XML 1.0.
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def arguments(message: Outgoing) -> dict[str, Any]:
    """
    The arguments that SendMessage and Publish share.

    Raises:
        ValueError: more than three attributes.
    """
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise ValueError(f"at most {MAX_ATTRIBUTES} attributes")
    return {
        "MessageGroupId": name(message.group),
        "MessageDeduplicationId": name(message.dedup),
        "MessageAttributes": message_attributes(message.attributes),
    }
