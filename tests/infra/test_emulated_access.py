"""Policies on the emulator allow what they allow on AWS, and nothing more."""

from __future__ import annotations

import json

from infra.emulated.access import as_the_emulator_asks


def policy(*actions: str) -> str:
    """A policy of one statement."""
    return json.dumps({"Statement": [{"Action": list(actions), "Resource": ["arn:aws:one"]}]})


def test_changing_visibility_covers_its_batch_form() -> None:
    (statement,) = json.loads(as_the_emulator_asks(policy("sqs:ChangeMessageVisibility")))[
        "Statement"
    ]

    assert "sqs:ChangeMessageVisibilityBatch" in statement["Action"]
    assert ["arn:aws:one"] == statement["Resource"]


def test_only_a_statement_that_sends_mail_and_nothing_else_loses_its_resource() -> None:
    sends = json.loads(as_the_emulator_asks(policy("ses:SendEmail")))["Statement"][0]
    other = json.loads(as_the_emulator_asks(policy("ses:SendEmail", "sqs:SendMessage")))

    assert ["*"] == sends["Resource"]
    assert ["arn:aws:one"] == other["Statement"][0]["Resource"]
