"""What SES says of an account, a sender and its recipients, and what a person is to do then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from penstock.api import AwsError, Reaches
from penstock.testing.context import context
from penstock_email.settings import EmailSettings
from penstock_email.sink import EmailSink

SENDER, ANN, BOB = "payments@penstock.test", "ann@penstock.test", "bob@example.org"


@dataclass
class Ses:
    """SES: what of the account is allowed, and which identities are verified."""

    sending: bool = True
    production: bool = True
    identities: Mapping[str, bool] = field(default_factory=dict[str, bool])

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        if operation == "get_account":
            return {"SendingEnabled": self.sending, "ProductionAccessEnabled": self.production}
        assert operation == "get_email_identity"
        if arguments["EmailIdentity"] not in self.identities:
            raise AwsError("NotFoundException", status=404, said=SENDER)
        return {"VerifiedForSendingStatus": self.identities[arguments["EmailIdentity"]]}


OWN = {"penstock.test": True}


@pytest.mark.parametrize(
    ("ses", "expected"),
    [
        (Ses(identities={SENDER: True}), None),
        (Ses(identities=OWN), None),
        (Ses(identities={SENDER: False, **OWN}), None),
        (Ses(), "the sender is no verified identity"),
        (Ses(identities={SENDER: False}), "the sender is no verified identity"),
        (Ses(sending=False, identities=OWN), "SES has paused"),
        (
            Ses(production=False, identities=OWN),
            "SES's sandbox sends to verified addresses only, and 1 of 2 recipients are not",
        ),
        (Ses(production=False, identities={**OWN, BOB: True}), None),
    ],
    ids=["address", "domain", "either", "none", "pending", "paused", "sandbox", "all verified"],
)
async def test_what_keeps_letters_from_arriving_is_told_without_an_address(
    ses: Ses, expected: str | None
):
    sink = EmailSink(context(EmailSettings(sender=SENDER, recipients=[ANN, BOB]), aws=ses))

    told = await sink.unreachable()

    assert isinstance(sink, Reaches)
    assert (expected is None) == (told is None)
    assert (told or "").startswith(expected or "")
    assert "@" not in (told or "")


async def test_another_error_of_ses_is_no_answer():
    class Denied(Ses):
        async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
            raise AwsError("AccessDeniedException", status=403, said="")

    sink = EmailSink(context(EmailSettings(sender=SENDER, recipients=[ANN]), aws=Denied()))

    with pytest.raises(AwsError):
        await sink.unreachable()
