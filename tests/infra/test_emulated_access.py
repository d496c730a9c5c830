"""Policies on the emulator allow what they allow on AWS, and nothing more."""

from __future__ import annotations

import json

from infra.emulated.access import as_the_emulator_asks, sessions_of_roles_too


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


def test_from_whom_a_letter_is_is_nothing_that_the_emulator_knows() -> None:
    """
    Under the condition no letter would be sent there; any other condition stays.
    """
    statement = {"Action": ["ses:SendEmail"], "Resource": ["arn:aws:one"]}
    ours, other = (
        json.loads(
            as_the_emulator_asks(
                json.dumps(
                    {"Statement": [{**statement, "Condition": {"StringEquals": {key: ["x"]}}}]}
                )
            )
        )["Statement"][0]
        for key in ("ses:FromAddress", "ses:Recipients")
    )

    assert "Condition" not in ours
    assert {"StringEquals": {"ses:Recipients": ["x"]}} == other["Condition"]


def test_a_spared_role_is_spared_in_its_sessions_and_nobody_else_is() -> None:
    role = "arn:aws:iam::1:role/penstock-dev-verify"
    given = {"Statement": [{"Condition": {"ArnNotEquals": {"aws:PrincipalArn": [role]}}}]}
    (statement,) = json.loads(sessions_of_roles_too(json.dumps(given)))["Statement"]

    assert [role, "arn:aws:sts::1:assumed-role/penstock-dev-verify/*"] == (
        statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    )


def test_a_policy_that_spares_nobody_is_left_as_it_is() -> None:
    assert json.loads(policy("sqs:SendMessage")) == json.loads(
        sessions_of_roles_too(policy("sqs:SendMessage"))
    )
