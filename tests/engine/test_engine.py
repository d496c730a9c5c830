"""
The real engine runs the program of the committed stacks: its diff, order, protection and state.

AWS is the emulator; the provider is the real one where it is installed, else ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.aws import client
from tests.e2e.world import until
from tests.engine import by_hand
from tests.engine.conftest import Ground
from tests.engine.deployed import Deployed
from tests.engine.inventory import inventory
from tests.engine.overlay import overlay
from tests.engine.standing import Standing

pytestmark = [
    pytest.mark.engine,
    pytest.mark.emulator,
    pytest.mark.slow,
    pytest.mark.timeout(400),
]

LEDGER = "infra/components/ledger.py"
INIT = '        super().__init__("penstock:storage:Ledger", name, {}, opts)\n'


REMOVED: dict[str, Any] = {
    "penstock:sqsMaxNumberOfMessages": 5,
    "penstock:sinks": {"slack": None},
}
ADDED: dict[str, Any] = {
    "penstock:sinks": {
        "slack": None,
        "slack-ops": {"plugin": "slack", "events": ["dispute.opened"]},
    },
    "penstock:gateways": {"paypal-eu": {"plugin": "paypal", "environment": "sandbox"}},
}


def renamed(program: str, before: str, now: str) -> str:
    """The ledger's component under another name, the one before as its alias."""
    assert 1 == program.count(INIT)
    alias = f'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="{before}")])'
    lines = f'opts, name = pulumi.ResourceOptions.merge(opts, {alias}), "{now}"\n'
    return program.replace(INIT, f"        {lines}{INIT}")


@pytest.fixture(scope="module", params=["dev", "prod"])
def standing(
    request: pytest.FixtureRequest,
    ground: Ground,
    engine: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Standing]:
    """A copy of the project, with a stack that does not stand yet."""
    name: str = request.param
    ground.emulator.reset()
    committed: dict[str, Any] = yaml.safe_load(
        (ground.project / f"Pulumi.{name}.yaml").read_text()
    )
    if domain := committed["config"].get("penstock:domain"):
        _delegate(ground, domain["zone"])
    folder = tmp_path_factory.mktemp(name)
    deployed = Deployed.copy(name, ground.project, folder, engine)
    deployed.configure(overlay(ground, committed["config"]))
    yield Standing(ground, deployed)
    print(f"\n{name}, with {'the real' if deployed.real else 'our'} AWS provider:")
    for command, run in deployed.ran:
        said = "refused" if run.error else "done"
        print(
            f"  {command:8} {run.seconds:5.1f} s  {said:8} {run.operations or 'nothing changed'}"
        )


def _delegate(ground: Ground, zone: str) -> None:
    """The zone that a person has before the stack is made."""
    client("route53", ground.emulator.url).create_hosted_zone(Name=zone, CallerReference=zone)


@pytest.fixture
def stack(standing: Standing) -> Standing:
    """The stack, standing."""
    if standing.outputs is None:
        standing.up()
    return standing


@pytest.fixture
def prod(standing: Standing, request: pytest.FixtureRequest) -> Standing:
    """The stack prod, standing."""
    if standing.deployed.name != "prod":
        pytest.skip("prod has every kind of resource that dev has, and each up takes its time")
    return request.getfixturevalue("stack")


def test_a_create_that_failed_in_the_middle_is_completed_by_the_next_up(
    standing: Standing,
) -> None:
    if standing.deployed.real:
        pytest.skip("nothing can be injected into the real provider")
    name = f"penstock-{standing.deployed.name}-deliver-email"
    failed = standing.deployed.run("up", fault=f"aws:lambda/function:Function {name}")
    completed = standing.up()

    assert "the answer was lost" in failed.error
    assert {"create"} == set(completed.operations)
    assert "Function deliver-email" in completed.by("create")
    # What was made is not made again, but for the one that was made without a word.
    assert failed.by("create") & completed.by("create") <= {"Function deliver-email"}


def test_a_signed_webhook_through_its_api_reaches_the_last_sink(stack: Standing) -> None:
    world = stack.world()
    sent = world.send_webhook()

    assert [202] == sent.answers
    until(lambda: world.slack(sent.payment, "payment.succeeded"), 120, "the Slack message")

    # What needs a person is what the e-mail sink selects.
    disputed = world.send_webhook(event_type="CUSTOMER.DISPUTE.CREATED")

    assert [202] == disputed.answers
    until(lambda: world.mail("dispute.opened"), 120, "the e-mail")


def test_a_changed_file_changes_what_it_names_and_no_more_as_the_preview_said(
    stack: Standing,
) -> None:
    """
    A setting, a sink that goes and, where nothing is protected, another account and channel.

    All in one update: each takes the engine its time. Where a sink of a protected stack goes, the
    update before it lifts the protection of the sinks and changes nothing else.
    """
    sink = stack.deployed.config["penstock:sinks"]["slack"]
    protected = bool(stack.deployed.config.get("penstock:protect"))
    if protected:
        # The ledger, the other queues and the name stay protected.
        stack.deployed.configure({"penstock:protectSinks": False})
        assert {} == stack.up().operations
    stack.deployed.configure(REMOVED if protected else {**REMOVED, **ADDED})
    foreseen, there = stack.deployed.done("preview"), stack.up()
    stack.deployed.configure(
        {
            "penstock:sqsMaxNumberOfMessages": None,
            "penstock:sinks": {"slack": sink, "slack-ops": None},
            "penstock:gateways": {"paypal-eu": None},
            "penstock:protectSinks": None,
        }
    )
    back = stack.up()

    assert foreseen.steps == there.steps
    assert there.by("delete") == back.by("create")
    assert there.by("create") == back.by("delete")
    assert there.by("update") == back.by("update")
    assert "replace" not in there.operations
    # The sink takes its own parts and no others.
    assert all("slack" in label for label in there.by("delete"))
    assert {"Function deliver-slack", "Queue sink-slack", "Secret slack"} <= there.by("delete")
    # The setting is read by one function and its mapping. The sink is taken off the dashboard;
    # the renewal of dead letters and operators lose its queue.
    read = {"EventSourceMapping charge", "Function charge"}
    listing = {"Dashboard dashboard", "Function renew", "RolePolicy renew", "RolePolicy operator"}
    assert read <= there.by("update")
    if protected:
        assert set() == there.by("create")
        assert there.by("update") <= read | listing
        return
    own = {"Function deliver-slack-ops", "Queue sink-slack-ops", "Secret slack-ops"}
    secrets = {"Secret paypal-eu", "Secret paypal-eu-webhooks"}
    assert own | secrets <= there.by("create")
    assert all("slack-ops" in label or "paypal-eu" in label for label in there.by("create"))
    assert {"Dashboard", "EventSourceMapping", "Function", "RolePolicy"} == {
        label.partition(" ")[0] for label in there.by("update")
    }
    assert {"EventSourceMapping charge"} == {
        label for label in there.by("update") if label.startswith("EventSourceMapping")
    }


def test_a_rename_by_alias_replaces_nothing(prod: Standing) -> None:
    file = prod.deployed.folder / LEDGER
    program = file.read_text()
    try:
        file.write_text(renamed(program, "ledger", "book"))
        there, known_as = prod.up(), prod.deployed.state
        file.write_text(renamed(program, "book", "ledger"))
        back = prod.up()
    finally:
        file.write_text(program)

    # The engine notes the other name; nothing is made or deleted.
    assert {} == there.operations == back.operations
    assert "aws:dynamodb/table:Table::book" in known_as


def test_what_is_protected_is_not_destroyed(prod: Standing) -> None:
    before = inventory(prod.ground.emulator.url)
    # As people do it: with the preview, which the Automation API skips.
    done = prod.deployed.cli("destroy", "--yes")

    assert 0 != done.returncode
    assert "is protected" in done.stdout + done.stderr
    assert before == inventory(prod.ground.emulator.url)


def test_what_was_changed_or_deleted_by_hand_is_noticed_by_refresh_and_put_right(
    prod: Standing,
) -> None:
    url, rule = prod.ground.emulator.url, f"penstock-{prod.deployed.name}-sweep"
    events = client("events", url)
    events.remove_targets(Rule=rule, Ids=["sweep"])
    events.delete_rule(Name=rule)
    changed = by_hand.change(f"penstock-{prod.deployed.name}", url)
    noticed, seen = prod.deployed.done("refresh"), prod.deployed.recorded
    again, nothing_more = prod.up(), prod.deployed.done("refresh")

    for label, properties in changed.items():
        assert properties == {name: seen[label].get(name) for name in properties}
    assert changed.keys() == noticed.by("update") == again.by("update")
    gone = {"EventRule sweep", "EventTarget sweep"}
    assert gone == noticed.by("delete") == again.by("create")
    assert {"create": len(gone), "update": len(changed)} == again.operations
    # Put right on AWS, and not in the engine's book alone.
    assert {} == nothing_more.operations


def test_no_secret_is_in_the_state(stack: Standing) -> None:
    held = stack.deployed.state
    secrets = [
        value
        for one in stack.ground.simulators.values()
        for value in dict(one.told.secret or {}).values()
    ]

    assert secrets
    assert [] == [value for value in secrets if str(value) in held]


def test_destroyed_nothing_is_left(stack: Standing) -> None:
    if stack.deployed.config.get("penstock:protect"):
        stack.deployed.configure({"penstock:protect": False})
        stack.up()
    stack.deployed.done("destroy")
    stack.outputs = None

    assert {} == inventory(stack.ground.emulator.url)
