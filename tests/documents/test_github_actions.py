"""The workflow in the documents: GitHub would take it, and it has no more rights than it needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.documents.commands import ROOT, recipe

FILE = ROOT / "docs" / "examples" / "github-actions.yml"
# https://json.schemastore.org/github-workflow.json: the keys that a workflow may have, by place.
WORKFLOW = {
    "name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs",
}  # fmt: skip
JOB = {
    "name", "needs", "permissions", "runs-on", "environment", "outputs", "env", "defaults", "if",
    "steps", "timeout-minutes", "strategy", "continue-on-error", "container", "services",
    "concurrency",
}  # fmt: skip
STEP = {
    "id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env",
    "continue-on-error", "timeout-minutes",
}  # fmt: skip
CONTEXTS = {"github", "env", "vars", "secrets", "inputs", "needs", "steps", "runner", "job"}
INPUTS = {
    "actions/checkout": {"persist-credentials"},
    "actions/setup-python": {"python-version"},
    "pulumi/actions": {"pulumi-version"},
    "aws-actions/configure-aws-credentials": {"role-to-assume", "aws-region"},
}


@pytest.fixture(scope="module")
def workflow() -> Mapping[str, Any]:
    # YAML 1.1 reads the key `on` as true, as GitHub does not.
    return {"on" if k is True else k: v for k, v in yaml.safe_load(FILE.read_text()).items()}


def steps(workflow: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def test_it_has_the_keys_that_github_knows(workflow: Mapping[str, Any]) -> None:
    assert workflow.keys() <= WORKFLOW
    assert {"on", "jobs"} <= workflow.keys()
    for name, job in workflow["jobs"].items():
        assert re.fullmatch(r"[A-Za-z_][\w-]*", name)
        assert job.keys() <= JOB
        assert {"runs-on", "steps"} <= job.keys()
    for step in steps(workflow):
        assert step.keys() <= STEP
        assert ("uses" in step) is not ("run" in step)


def test_its_triggers_are_those_that_were_meant(workflow: Mapping[str, Any]) -> None:
    (nightly,) = workflow["on"]["schedule"]

    assert {"pull_request", "push", "schedule"} == workflow["on"].keys()
    assert ["main"] == workflow["on"]["push"]["branches"]
    assert re.fullmatch(r"[0-5]?\d [01]?\d \* \* \*", nightly["cron"])


def test_each_event_has_the_job_that_is_for_it(workflow: Mapping[str, Any]) -> None:
    does = {name: job["steps"][-1]["run"] for name, job in workflow["jobs"].items()}
    when = {name: job["if"] for name, job in workflow["jobs"].items()}

    assert ["make preview", "make update", "make refresh"] == [
        " ".join(one.split()[:2]) for one in does.values()
    ]
    assert all(recipe(one.replace("$STACK", "prod")) for one in does.values())
    assert "head.repo.full_name == github.repository" in when["preview"]
    assert ("github.event_name == 'push'", "github.event_name == 'schedule'") == (
        when["update"],
        when["drift"],
    )


def test_it_has_no_key_of_aws_and_asks_for_no_more_than_an_identity(
    workflow: Mapping[str, Any],
) -> None:
    assert {} == workflow["permissions"]
    for job in workflow["jobs"].values():
        assert {"contents": "read", "id-token": "write"} == job["permissions"]
    assert "prod" == workflow["jobs"]["update"]["environment"]
    assert "secrets." not in FILE.read_text()


def test_its_actions_are_versioned_and_called_with_inputs_that_they_have(
    workflow: Mapping[str, Any],
) -> None:
    used = [step for step in steps(workflow) if "uses" in step]
    for step in used:
        name, _, version = step["uses"].partition("@")
        assert re.fullmatch(r"v\d+|[0-9a-f]{40}", version), step["uses"]
        assert step.get("with", {}).keys() <= INPUTS[name]


def test_its_expressions_name_contexts_and_no_strangers_text_is_in_a_command(
    workflow: Mapping[str, Any],
) -> None:
    expressions = re.findall(r"\$\{\{(.*?)\}\}", FILE.read_text())
    named = {name for one in expressions for name in re.findall(r"\b([a-z]+)\.", one)}

    assert named <= CONTEXTS
    # A branch's name in a command would be run by the shell.
    assert [] == [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")]


def test_a_nightly_run_replaces_no_deployment_that_waits(workflow: Mapping[str, Any]) -> None:
    """
    [github] A group has one run that waits: a newer one cancels it, whatever its event.
    """
    group = "github.event_name == 'pull_request' && github.ref || github.event_name"

    assert {"group": f"penstock-${{{{ {group} }}}}", "cancel-in-progress": False} == (
        workflow["concurrency"]
    )


def test_code_that_nobody_has_reviewed_reads_no_payment_and_writes_no_state() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text().partition("## Deploy from GitHub")[2]
    statements = json.loads(page.partition("```json\n")[2].partition("```")[0])["Statement"]
    allowed = {one["Action"] for one in statements if one["Effect"] == "Allow"}
    (denied,) = [one["Action"] for one in statements if one["Effect"] == "Deny"]

    assert {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"} == allowed
    assert {
        *(f"dynamodb:{one}" for one in ("GetItem", "BatchGetItem", "Query", "Scan")),
        "dynamodb:PartiQLSelect",
        *(f"logs:{one}" for one in ("FilterLogEvents", "GetLogEvents", "StartQuery")),
        "secretsmanager:GetSecretValue",
        "sqs:ReceiveMessage",
    } == {*denied}


def test_it_installs_the_engine_that_the_project_requires(workflow: Mapping[str, Any]) -> None:
    """
    Or a later one of the same major version.
    """
    required = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["requiredPulumiVersion"]
    installed = {
        step["with"]["pulumi-version"]
        for step in steps(workflow)
        if step.get("uses", "").startswith("pulumi/")
    }

    assert {required.replace(">=", "^")} == installed


def test_the_required_engine_is_the_one_that_tests_deploy_with() -> None:
    required = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["requiredPulumiVersion"]
    pinned = re.search(
        r"github.com/pulumi/pulumi/pkg/v3 v([\d.]+)", (ROOT / "infra/engine/go.mod").read_text()
    )

    assert pinned
    assert f">={pinned[1]}" == required
