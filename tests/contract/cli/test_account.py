"""`penstock paypal check` and `penstock webhooks register | drift` on a stack."""

from __future__ import annotations

import json

from penstock_paypal.webhooks.registration import WANTED
from tests.contract.cli.shop import NAME, Shop, penstock


def test_the_webhook_is_registered_for_exactly_the_events_that_are_handled(shop: Shop):
    shop.setup("--from-file", "-", given=shop.credentials)
    drift = penstock("webhooks", "drift", "--json")

    assert (0, []) == (drift.exit_code, json.loads(drift.stdout))


def test_check_lists_every_permission(shop: Shop):
    shop.setup("--from-file", "-", given=shop.credentials)
    well = penstock("paypal", "check", "--json")
    shop.paypal.tell("POST", "faults", [{"path": "customer/disputes", "status": 403}])
    wrong = penstock("paypal", "check")

    assert (0, 1) == (well.exit_code, wrong.exit_code)
    assert 9 == len(json.loads(well.stdout))
    assert "disputes" in wrong.output
    assert "1 of 9 permissions is not there" in wrong.output


def test_register_corrects_what_drift_shows(shop: Shop):
    shop.setup("--from-file", "-", given=shop.credentials)
    shop.paypal.register("http://127.0.0.1:1/webhooks/paypal", sorted(WANTED)[1:])
    drifted = penstock("webhooks", "drift")
    planned = penstock("webhooks", "register", "--dry-run", "--json")
    done = penstock("webhooks", "register", "--json")
    after = penstock("webhooks", "drift")

    assert (1, 0, 0, 0) == tuple(one.exit_code for one in (drifted, planned, done, after))
    assert f"missing events: {sorted(WANTED)[0]}" in drifted.output
    assert "2 differences: `penstock webhooks register` corrects them" in drifted.output
    assert ["planned", "planned"] == [one["state"] for one in json.loads(planned.stdout)]
    assert ["changed", "changed"] == [one["state"] for one in json.loads(done.stdout)]
    assert "as they should be" in after.output


def test_one_difference_is_told_as_one(shop: Shop):
    shop.paypal.register("http://127.0.0.1:1/webhooks/paypal", sorted(WANTED)[1:])
    known = {**shop.credentials, "webhook_id": shop.paypal.access.webhook_id}
    shop.vault.put_secret_value(SecretId=NAME, SecretString=json.dumps(known))

    drifted = penstock("webhooks", "drift")

    assert "1 difference: `penstock webhooks register` corrects it" in drifted.output
