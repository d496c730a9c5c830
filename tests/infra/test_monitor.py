"""Running the program in process: what is not known is an error, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from infra.emulated.table import TABLE
from infra.graph.capture import GraphMonitor
from infra.graph.monitor import Declared, Made
from infra.graph.program import run
from infra.graph.values import Archive, Secret, Unrealisable

DEV = {"aws:region": "us-east-1"}


class Answers(GraphMonitor):
    """Takes resources down and answers with given outputs."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        super().__init__()
        self._outputs = outputs

    def realise(self, declared: Declared) -> Made | None:
        made = super().realise(declared)
        return Made(declared.name, self._outputs) if made else None


def exports(program: Callable[[], None], **outputs: Any) -> Mapping[str, Any]:
    return run(Answers(outputs), "dev", DEV, program=program, limit=20)


def graph(program: Callable[[], None]) -> Mapping[str, Declared]:
    monitor = GraphMonitor()
    run(monitor, "dev", DEV, program=program, limit=20)
    return {one.name: one for one in monitor.graph}


def test_a_type_no_handler_knows_is_refused_with_its_place() -> None:
    def program() -> None:
        aws.s3.Bucket("attic")

    with pytest.raises(Unrealisable, match=r"Bucket attic \(test_monitor\.py:\d+\): no handler"):
        exports(program)


def test_a_graph_is_the_same_in_whatever_order_it_was_declared() -> None:
    def program(*names: str) -> None:
        for name in names:
            aws.sqs.Queue(name)

    one, other = partial(program, "a", "b"), partial(program, "b", "a")
    assert list(graph(one)) == list(graph(other))


def test_two_of_a_kind_with_one_name_are_refused_before_a_rule_loses_one() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("penstock:test:Part", "part")
        aws.sqs.Queue("same")
        aws.sqs.Queue("same", opts=pulumi.ResourceOptions(parent=parent))

    with pytest.raises(Unrealisable, match="name them apart: aws:sqs/queue:Queue same"):
        graph(program)


def test_an_output_that_is_missing_is_refused_where_it_is_used() -> None:
    def program() -> None:
        queue = aws.sqs.Queue("a")
        aws.sqs.Queue("b", name=queue.arn)

    with pytest.raises(Unrealisable, match=r"Queue b .*name is an output that"):
        exports(program, url="u")


def test_an_output_that_is_missing_is_refused_in_an_export() -> None:
    def program() -> None:
        pulumi.export("place", {"of": [aws.sqs.Queue("a").arn]})

    with pytest.raises(Unrealisable, match=r"place\.of\[0\] is an output that"):
        exports(program)


def test_exports_are_plain_values() -> None:
    def program() -> None:
        queue = aws.sqs.Queue("a")
        pulumi.export("one", {"url": queue.url, "numbers": [1, 2.5], "on": True})

    assert {"one": {"url": "u", "numbers": [1, 2.5], "on": True}} == exports(program, url="u")


def test_a_whole_number_is_an_int_though_pulumi_sends_doubles() -> None:
    seconds = graph(lambda: _queue(visibility_timeout_seconds=1_209_600))["a"].inputs[
        "visibilityTimeoutSeconds"
    ]

    assert "1209600" == str(seconds)


def _queue(**settings: Any) -> None:
    aws.sqs.Queue("a", **settings)


def test_a_secret_is_wrapped_and_shows_nothing() -> None:
    def program() -> None:
        aws.sqs.Queue("a", name=pulumi.Output.secret("hunter2"))

    one = graph(program)["a"]

    assert Secret("hunter2") == one.inputs["name"]
    assert "hunter2" not in repr(one) + repr(one.inputs)


def test_an_archive_is_its_path_and_its_bytes_tell_whether_it_changed(tmp_path: Any) -> None:
    zipped = tmp_path / "a.zip"

    def program() -> None:
        aws.lambda_.Function("f", role="r", code=pulumi.FileArchive(str(zipped)))

    zipped.write_bytes(b"one")
    first = graph(program)["f"].inputs["code"]
    before = first.digest
    zipped.write_bytes(b"two")

    assert Archive(zipped) == first
    assert before != first.digest


def test_options_are_kept_with_the_resource() -> None:
    def program() -> None:
        first = aws.sqs.Queue("a", opts=pulumi.ResourceOptions(protect=True))
        aws.sqs.Queue("b", opts=pulumi.ResourceOptions(depends_on=[first]))

    seen = graph(program)

    assert (True, False) == (seen["a"].protect, seen["b"].protect)
    assert (seen["a"].urn,) == seen["b"].dependencies


def test_an_option_that_would_have_no_effect_is_refused() -> None:
    def program() -> None:
        aws.sqs.Queue("a", opts=pulumi.ResourceOptions(ignore_changes=["name"]))

    with pytest.raises(Unrealisable, match="the option ignoreChanges is not supported"):
        exports(program)


def test_urns_are_those_of_the_engine() -> None:
    assert "urn:pulumi:dev::penstock::aws:sqs/queue:Queue::a" == (graph(_queue)["a"].urn)


def test_a_programs_own_error_is_the_one_that_is_raised() -> None:
    def program() -> None:
        aws.sqs.Queue("a")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        exports(program)


def test_a_program_that_takes_too_long_is_stopped() -> None:
    def program() -> None:
        never: pulumi.Output[str] = pulumi.Output.from_input(_never())
        aws.sqs.Queue("a", name=never)

    with pytest.raises(TimeoutError):
        run(GraphMonitor(), "dev", DEV, program=program, limit=0.2)


async def _never() -> str:
    import asyncio

    await asyncio.Event().wait()
    return ""


def test_every_handler_keeps_and_replaces_what_it_understands() -> None:
    for token, kind in TABLE.items():
        assert kind.kept | kind.replacing <= kind.properties, token
