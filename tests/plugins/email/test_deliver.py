"""What SES is asked, and what its answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.api import (
    Attempt,
    AwsError,
    Delivered,
    Delivering,
    GatewayUnavailable,
    Refused,
    RetryAfter,
)
from penstock.testing.builders import event
from penstock.testing.context import ScriptedAws, context
from penstock_email.settings import EmailSettings
from penstock_email.sink import EmailSink

SETTINGS: dict[str, Any] = {
    "sender": "payments@penstock.test",
    "recipients": ["ada@penstock.test", "bob@penstock.test"],
}


async def deliver(aws: ScriptedAws, **settings: Any) -> Delivering:
    made = context(EmailSettings.model_validate({**SETTINGS, **settings}), aws=aws)
    return await EmailSink(made).deliver(event(), Attempt(1))


async def test_an_event_is_one_mail_to_all_recipients():
    aws = ScriptedAws({"MessageId": "m-1"})

    assert Delivered() == await deliver(aws, reply_to="desk@penstock.test")
    ((service, operation, arguments),) = aws.calls
    assert ("sesv2", "send_email") == (service, operation)
    simple = arguments.pop("Content")["Simple"]
    assert {
        "FromEmailAddress": "payments@penstock.test",
        "Destination": {"ToAddresses": ["ada@penstock.test", "bob@penstock.test"]},
        "ReplyToAddresses": ["desk@penstock.test"],
    } == arguments
    assert {"Data": "Payment succeeded: 12.50 USD", "Charset": "UTF-8"} == simple["Subject"]
    assert "Ada Lovelace" in simple["Body"]["Text"]["Data"]
    assert "<td>Ada Lovelace</td>" in simple["Body"]["Html"]["Data"]


async def test_without_reply_to_answers_go_to_the_sender():
    aws = ScriptedAws({})

    await deliver(aws)

    assert "ReplyToAddresses" not in aws.calls[0][2]


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (
            AwsError("TooManyRequestsException", status=429),
            RetryAfter("SES answered TooManyRequestsException"),
        ),
        (
            AwsError("ThrottlingException", status=400, said="Maximum sending rate exceeded."),
            RetryAfter("SES answered ThrottlingException"),
        ),
        (
            AwsError("ThrottlingException", status=400, said="Daily message quota exceeded."),
            RetryAfter("SES answered ThrottlingException", 3600.0),
        ),
        (
            AwsError("LimitExceededException", status=400),
            RetryAfter("SES answered LimitExceededException", 3600.0),
        ),
        (
            AwsError("AccountSuspendedException", status=400),
            RetryAfter("SES answered AccountSuspendedException", 3600.0),
        ),
        (
            AwsError("SendingPausedException", status=400),
            RetryAfter("SES answered SendingPausedException", 3600.0),
        ),
        (
            AwsError("AccessDeniedException", status=403),
            RetryAfter("SES answered AccessDeniedException", 3600.0),
        ),
        (AwsError("RequestTimeout", status=400), RetryAfter("SES answered RequestTimeout")),
        (
            AwsError("BadRequestException", status=408),
            RetryAfter("SES answered BadRequestException"),
        ),
        (AwsError("TooEarly", status=425), RetryAfter("SES answered TooEarly")),
        (AwsError("InternalFailure", status=500), RetryAfter("SES answered InternalFailure")),
        (AwsError("MessageRejected", status=400), Refused("SES answered MessageRejected")),
        (
            AwsError("MessageRejected", status=400, said="Email address is not verified. x@y.z"),
            RetryAfter("SES answered MessageRejected: an address is not verified", 3600.0),
        ),
        (AwsError("BadRequestException", status=400), Refused("SES answered BadRequestException")),
        (AwsError("NotFoundException", status=404), Refused("SES answered NotFoundException")),
        (
            AwsError("MailFromDomainNotVerifiedException", status=400),
            RetryAfter("SES answered MailFromDomainNotVerifiedException", 3600.0),
        ),
        (AwsError("ParamValidation", status=400), Refused("SES answered ParamValidation")),
        (GatewayUnavailable("no connection"), RetryAfter("SES gave no answer")),
    ],
)
async def test_what_an_error_means(error: AwsError | GatewayUnavailable, meaning: Delivering):
    assert meaning == await deliver(ScriptedAws(error))


async def test_awss_own_words_are_not_repeated():
    said = "Email address is not verified: ada@penstock.test"

    answer = await deliver(ScriptedAws(AwsError("MessageRejected", status=400, said=said)))

    assert "ada" not in repr(answer)


@pytest.mark.parametrize(
    "settings",
    [
        {"sender": "Penstock <payments@penstock.test>"},
        {"sender": "payments@penstock.test\nBcc: x@evil.test"},
        {"sender": "payments@penstock.test\n"},
        {"sender": "payments"},
        {"sender": "a@b.test,c@d.test"},
        {"recipients": []},
        {"recipients": "ada@penstock.test"},
        {"recipients": ["ada@penstock.test\r\n"]},
        {"recipients": [f"a{n}@penstock.test" for n in range(51)]},
        {"reply_to": "x"},
        {"repply_to": "desk@penstock.test"},
    ],
)
def test_an_address_that_is_none_is_refused(settings: dict[str, Any]):
    with pytest.raises(ValidationError):
        EmailSettings.model_validate({**SETTINGS, **settings})
