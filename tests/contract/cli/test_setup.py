"""`penstock paypal setup`: the account and the stack's secret are made ready, once."""

from __future__ import annotations

import json

import pytest

from tests.contract.cli.shop import FILE, NAME, Shop, penstock


def test_set_up_makes_the_account_and_the_secret_ready_and_a_second_run_changes_nothing(
    shop: Shop,
):
    first = shop.setup("--from-file", "-", "--json", given=shop.credentials)
    made, kept, versions = shop.written(), shop.secret(), shop.versions()
    second = shop.setup("--json")

    assert (0, 0) == (first.exit_code, second.exit_code), first.output + second.output
    steps = json.loads(first.stdout)["steps"]
    assert ["created"] * 4 == [one["state"] for one in steps]
    assert {**shop.credentials, "webhook_id": steps[2]["id"]} == kept
    assert ["present"] * 4 == [one["state"] for one in json.loads(second.stdout)["steps"]]
    assert 3 == len(made)
    assert (made, kept, versions) == (shop.written(), shop.secret(), shop.versions())


def test_what_is_written_at_paypal_and_into_the_secret_is_in_the_audit_trail(shop: Shop):
    shop.setup("--dry-run", "--from-file", "-", given=shop.credentials)
    shop.setup("--from-file", "-", given=shop.credentials)
    penstock("webhooks", "register", "--dry-run")
    penstock("webhooks", "register")
    shop.paypal.tell("POST", "faults", [{"method": "POST", "path": "plans", "status": 503}])
    shop.setup(file=FILE.replace("Tea monthly", "Tea yearly"))
    (shop.folder / "ids.txt").write_text("I-NONE")
    penstock("subscriptions", "import", "--file", "ids.txt")
    trail = penstock("audit", "list", "--json")
    imported, broken, registered, done = json.loads(trail.stdout)["entries"]

    assert ("paypal setup", ["gateway#paypal", "secret#paypal"]) == (
        done["command"],
        done["subjects"],
    )
    assert "plan Tea monthly: created" in done["effect"]
    assert "secret penstock-local/paypal: created" in done["effect"]
    assert ("webhooks register", "done") == (registered["command"], registered["state"])
    assert ("paypal setup", "failed", 1) == (
        broken["command"],
        broken["state"],
        broken["after"]["steps"],
    )
    assert ("subscriptions import", "1 not found") == (imported["command"], imported["effect"])
    assert shop.credentials["client_secret"] not in trail.stdout


def test_what_is_left_for_a_person_is_told_and_no_secret_is(shop: Shop):
    result = shop.setup("--from-file", "-", given=shop.credentials)

    assert 0 == result.exit_code, result.output
    assert "Left for you:" in result.output
    assert "Subscribe once as a buyer" in result.output
    assert shop.credentials["client_secret"] not in result.output


def test_a_dry_run_writes_nothing_anywhere(shop: Shop):
    result = shop.setup("--dry-run", "--from-file", "-", "--json", given=shop.credentials)

    assert 0 == result.exit_code, result.output
    assert {"planned"} == {one["state"] for one in json.loads(result.stdout)["steps"]}
    assert ([], None) == (shop.written(), shop.secret())


def test_a_new_webhook_id_is_rotated_so_that_the_one_before_stays_good(shop: Shop):
    old = {**shop.credentials, "webhook_id": "WH-OLD"}
    shop.vault.put_secret_value(SecretId=NAME, SecretString=json.dumps(old))
    result = shop.setup()

    assert 0 == result.exit_code, result.output
    assert "WH-OLD" != (shop.secret() or {})["webhook_id"]
    before = shop.vault.get_secret_value(SecretId=NAME, VersionStage="AWSPREVIOUS")
    assert old == json.loads(before["SecretString"])


def test_a_price_that_differs_ends_with_1_and_is_told(shop: Shop):
    shop.setup("--from-file", "-", given=shop.credentials)
    made = shop.written()
    result = shop.setup(file=FILE.replace("9.90", "12.50"))

    assert 1 == result.exit_code
    assert "PayPal has 9.90 EUR every 1 month, the file 12.50 EUR" in result.output
    assert "a person has to decide: plan Tea monthly" in result.output
    assert made == shop.written()


def test_a_run_that_broke_off_says_what_it_did(shop: Shop):
    shop.paypal.tell("POST", "faults", [{"method": "POST", "path": "plans", "status": 503}])
    result = shop.setup("--from-file", "-", "--json", given=shop.credentials)

    assert 6 == result.exit_code
    assert ["product TEA-CLUB"] == [one["what"] for one in json.loads(result.stdout)["steps"]]
    assert shop.secret() is None


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (FILE.replace("price:", "prise:"), "products[0].plans[0].prise: no such field"),
        (FILE.replace('"9.90"', "9.90"), "write the amount in quotes"),
        (FILE.replace('"9.90"', '"9.905"'), "finer than EUR"),
        (FILE + "    name: Again\n", "name occurs twice"),
        ("products: [", "is no YAML in line"),
        ("", "the file: "),
        ("!!python/object:os.system {}", "is no YAML"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_is_sent(shop: Shop, file: str, said: str):
    result = shop.setup("--from-file", "-", file=file, given=shop.credentials)

    assert 2 == result.exit_code, result.output
    assert said in result.output
    assert [] == shop.paypal.tell("GET", "requests")


def test_a_file_that_is_not_there_is_wrong_usage(shop: Shop):
    result = penstock("paypal", "setup", "--file", "not-there.yaml")

    assert 2 == result.exit_code
    assert "not-there.yaml: No such file" in result.output


def test_without_credentials_it_says_which_are_missing(shop: Shop):
    result = shop.setup()

    assert 3 == result.exit_code
    assert "client_id, client_secret: the stack's secret has no value yet" in result.output
    assert [] == shop.paypal.tell("GET", "requests")


def test_a_field_that_nobody_has_to_give_is_refused(shop: Shop):
    result = shop.setup("--from-file", "-", given={**shop.credentials, "webhook_id": "x"})

    assert 2 == result.exit_code
    assert "webhook_id: no such field here; give client_id, client_secret" in result.output


def test_wrong_credentials_are_refused_and_not_stored(shop: Shop):
    result = shop.setup("--from-file", "-", given={"client_id": "a", "client_secret": "b"})

    assert 3 == result.exit_code
    assert "PayPal's local does not take them" in result.output
    assert ([], None) == (shop.written(), shop.secret())


@pytest.mark.parametrize("command", [("setup", "--file", "setup.yaml"), ("check",)])
def test_the_environment_must_be_the_stacks(shop: Shop, command: tuple[str, ...]):
    (shop.folder / "setup.yaml").write_text(FILE)
    result = penstock("paypal", *command, "--env", "live")

    assert 3 == result.exit_code
    assert "--env says live, and paypal of the stack local is set to local" in result.output
    assert [] == shop.paypal.tell("GET", "requests")


def test_a_protected_stack_wants_its_name(shop: Shop):
    shop.write(protected=True)
    refused = shop.setup("--from-file", "-", given=shop.credentials)
    looked = shop.setup("--dry-run", "--from-file", "-", given=shop.credentials)
    meant = shop.setup("--confirm", "local", "--from-file", "-", given=shop.credentials)

    assert (5, 0, 0) == (refused.exit_code, looked.exit_code, meant.exit_code)


def test_a_stack_without_the_gateway_says_where_to_add_it(shop: Shop):
    shop.write(gateways={})
    result = shop.setup()

    assert 3 == result.exit_code
    assert "add it to penstock:gateways" in result.output


def test_credentials_may_come_from_a_file_saved_on_windows(shop: Shop):
    (shop.folder / "app.json").write_text("\ufeff" + json.dumps(shop.credentials))

    result = shop.setup("--from-file", "app.json", "--dry-run")

    assert 0 == result.exit_code, result.output


def test_what_is_left_names_a_permission_only_while_it_is_missing(shop: Shop):
    well = shop.setup("--from-file", "-", given=shop.credentials)
    shop.paypal.tell("POST", "faults", [{"path": "customer/disputes", "status": 403}])
    wrong = shop.setup()

    assert "Disputes" not in well.output
    assert "disputes: PayPal answered 403: enable Disputes" in wrong.output


def test_a_gateway_that_is_not_installed_is_no_command(shop: Shop):
    assert 2 == penstock("acmepay", "setup").exit_code


def test_help_lists_the_gateways(shop: Shop):
    assert "paypal" in penstock("--help").output
