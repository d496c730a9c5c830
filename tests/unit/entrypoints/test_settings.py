"""Settings: read once, required means required, and no value in an error."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.errors import SettingsError
from penstock.settings import NEEDS, Function, Settings, variable

CHARGE = {
    "SQS_QUEUE_URL": "http://q/payments.fifo",
    "SQS_DLQ_QUEUE_URL": "http://q/payments-dlq.fifo",
    "PENSTOCK_LEDGER_TABLE": "ledger",
    "PENSTOCK_EVENTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:events.fifo",
    "PENSTOCK_GATEWAYS": "paypal, example",
    "PENSTOCK_SECRETS_PREFIX": "penstock-dev",
}


def test_what_is_not_set_has_its_default():
    settings = Settings.read(CHARGE, Function.charge)

    assert ("INFO", 1, 20.0, 8.0) == (
        settings.log_level,
        settings.max_messages,
        settings.item_timeout,
        settings.request_timeout,
    )
    assert (2.0, 900.0, 600.0) == (
        settings.backoff_base,
        settings.backoff_cap,
        settings.unknown_after,
    )


def test_names_are_a_list_with_commas():
    assert ("paypal", "example") == Settings.read(CHARGE, Function.charge).gateways


def test_a_lease_is_longer_than_an_item_may_take():
    settings = Settings.read({"PENSTOCK_ITEM_TIMEOUT_SECONDS": "12"})

    assert timedelta(seconds=12) < settings.lease


@pytest.mark.parametrize("missing", CHARGE)
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_variable_is_named_and_so_is_an_empty_one(missing: str, empty: bool):
    environ = {name: value for name, value in CHARGE.items() if name != missing}
    if empty:
        environ[missing] = ""

    with pytest.raises(SettingsError, match=f"{missing} is missing; it must hold"):
        Settings.read(environ, Function.charge)


@pytest.mark.parametrize("function", list(Function))
def test_every_function_names_all_it_lacks_at_once(function: Function):
    with pytest.raises(SettingsError) as refused:
        Settings.read({}, function)

    assert all(variable(name) in str(refused.value) for name in NEEDS[function])


@pytest.mark.parametrize("value", ["0", "11", "-1", "1.5", "many", "1e1"])
def test_the_batch_size_is_a_whole_number_from_1_to_10(value: str):
    with pytest.raises(SettingsError, match=r"SQS_MAX_NUMBER_OF_MESSAGES is a text of .* 1 to 10"):
        Settings.read({"SQS_MAX_NUMBER_OF_MESSAGES": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "hunter2"),
        ("PENSTOCK_ITEM_TIMEOUT_SECONDS", "hunter2"),
        ("PENSTOCK_BACKOFF_BASE_SECONDS", "-2"),
        ("PENSTOCK_BACKOFF_CAP_SECONDS", "99999999"),
        ("PENSTOCK_UNKNOWN_AFTER_SECONDS", "nan"),
    ],
)
def test_a_wrong_value_is_described_and_never_shown(name: str, value: str):
    with pytest.raises(SettingsError, match=f"{name} is a text of {len(value)} char") as refused:
        Settings.read({name: value})

    assert value not in str(refused.value).replace(name, "")
    assert refused.value.__cause__ is None


def test_a_setting_that_is_used_without_being_set_is_named():
    with pytest.raises(SettingsError, match="PENSTOCK_VERIFIED_QUEUE_URL is missing"):
        Settings.read({}).need("verified_queue")
