"""Logs: one JSON object a line, and nothing confidential gets through."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from penstock.observability import (
    CONFIDENTIAL,
    LONGEST,
    bind_contextvars,
    configure,
    plain_line,
    reset_contextvars,
    scalars_only,
    trace,
)
from penstock.pipeline.batch import Status
from penstock.pipeline.log import log
from tests.leaving import logging_restored

Lines = Callable[[], list[dict[str, Any]]]
MARKED = ["@", ".", "pst_", "bearer ", "basic ", "ba\u017fic ", "abc", "\n", "_", " "]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    with logging_restored():
        configure("INFO")
        yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_event_is_one_line_with_its_name_first(logged: Lines):
    structlog.get_logger().info("stage.finished", stage="verify", ms=1.5, entity=None)

    (line,) = logged()
    assert "event" == next(iter(line))
    assert {"event": "stage.finished", "stage": "verify", "ms": 1.5, "entity": None} == {
        name: line[name] for name in ("event", "stage", "ms", "entity")
    }
    assert {"level", "timestamp"} < line.keys()


def test_a_line_break_in_a_text_makes_no_second_line(logged: Lines):
    structlog.get_logger().info("stage.finished", because="one\ntwo")

    assert 1 == len(logged())


def test_no_control_or_direction_character_is_in_a_line(
    capsys: pytest.CaptureFixture[str],
):
    evil = "Ann\x1b[2J\x7f\x9b31m\u202e\u2066\u200b\r"
    with logging_restored():
        configure("INFO")
        structlog.get_logger().info("stage.finished", because=evil)
    line = capsys.readouterr().out.removesuffix("\n")

    assert evil == json.loads(line)["because"]
    assert line.isascii()
    assert line.isprintable()


def test_a_line_names_its_stack_and_carries_no_metric_directive(
    capsys: pytest.CaptureFixture[str],
):
    with logging_restored():
        configure("INFO", "prod")
        log = structlog.get_logger()
        log.info("stage.finished", stage="verify", status="done", outcome="authentic", ms=1.5)
    (line,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert {
        "event": "stage.finished",
        "stage": "verify",
        "status": "done",
        "outcome": "authentic",
        "ms": 1.5,
        "level": "info",
        "stack": "prod",
    } == {name: value for name, value in line.items() if name != "timestamp"}


@pytest.mark.parametrize(
    ("header", "bound"),
    [
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            {"trace_id": "1-5759e988-bd862e3fe1be46a994272793"},
        ),
        ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0", {}),
        ("Parent=53995c3f42cd8ad8", {}),
        ("", {}),
    ],
)
def test_the_trace_of_an_invocation_is_bound(header: str, bound: dict[str, str]):
    assert bound == trace({"_X_AMZN_TRACE_ID": header})


def test_events_below_the_level_are_not_logged(logged: Lines):
    structlog.get_logger().debug("too.fine")

    assert [] == logged()


def test_what_is_bound_at_the_entry_is_in_every_line(logged: Lines):
    bound = bind_contextvars(delivery_id="d-1")
    structlog.get_logger().info("one")
    reset_contextvars(**bound)
    structlog.get_logger().info("two")

    assert ["d-1", None] == [line.get("delivery_id") for line in logged()]


@pytest.mark.parametrize(
    "fields",
    [
        {"what": b"hunter2"},
        {"what": {"card": "hunter2"}},
        {"what": ["hunter2"]},
        {"what": ValueError("hunter2")},
        {"body": "hunter2"},
        {"request_headers": "hunter2"},
        {"api_key": "hunter2"},
        {"Authorization": "hunter2"},
        {"because": "the token pst_abc123_hunter2 is unknown"},
        {"because": "authorization: Bearer hunter2"},
        {"because": "cannot mail to hunter2@example.com now"},
        {"because": "x" * 300 + "hunter2"},
    ],
    ids=str,
)
def test_what_may_be_confidential_is_not_logged_and_its_absence_shows(
    logged: Lines, fields: dict[str, Any]
):
    structlog.get_logger().warning("something", **fields)

    (line,) = logged()
    assert "hunter2" not in json.dumps(line)
    assert fields.keys() <= line.keys()


@given(st.lists(st.sampled_from(MARKED), max_size=8).map("".join))
def test_no_text_that_is_confidential_is_passed_over_for_speed(text: str):
    """
    Every text that the pattern would change is looked at, in whatever capitals.
    """
    for one in (text, text.upper()):
        told = scalars_only(None, "", {"said": one})["said"]

        assert CONFIDENTIAL.sub("…", one) == told


SCALARS = st.one_of(
    st.text(max_size=20),
    st.lists(st.sampled_from(MARKED), max_size=4).map("".join),
    st.text("x", min_size=LONGEST - 1, max_size=LONGEST + 1),
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
    st.sampled_from(Status),
)
NAMES = st.sampled_from(["stage", "because", "status", "ms", "token", "exc_info", "a\u00e9", 'q"'])


@given(st.text(max_size=20), st.dictionaries(NAMES, SCALARS, max_size=5))
def test_the_short_way_to_a_line_writes_what_the_long_way_would(
    event: str, others: dict[str, Any]
):
    fields = {**others, "event": event}
    short = plain_line(fields)
    whole = json.dumps(scalars_only(None, "", dict(fields)), separators=(",", ":"))

    assert short in (None, whole)


def test_the_line_of_a_stage_goes_the_short_way():
    fields = {"event": "stage.finished", "stage": "verify", "status": Status.done, "ms": 1.5}

    assert '{"event":"stage.finished","stage":"verify","status":"done","ms":1.5}' == plain_line(
        fields
    )


def test_the_kept_logger_writes_as_the_configuration_in_force_says(
    capsys: pytest.CaptureFixture[str],
):
    with logging_restored():
        for stack in ("one", "two"):
            configure("INFO", stack)
            log().info("stage.finished")
            with capture_logs() as captured:
                log().info("captured")
            assert ["captured"] == [line["event"] for line in captured]

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [("stage.finished", "one"), ("stage.finished", "two")] == [
        (line["event"], line["stack"]) for line in lines
    ]


def test_the_kept_logger_writes_where_the_configuration_in_force_says(
    capsys: pytest.CaptureFixture[str],
):
    apart = io.StringIO()
    with logging_restored():
        configure("INFO", "one")
        log().info("here")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(apart))
        log().info("there")

    assert "here" == json.loads(capsys.readouterr().out)["event"]
    assert "there" == json.loads(apart.getvalue())["event"]


def test_an_exception_is_its_type_and_place(logged: Lines):
    try:
        raise ValueError("hunter2")
    except ValueError:
        structlog.get_logger().exception("broke")

    (line,) = logged()
    assert line["failure"].startswith(f"ValueError at {__name__}:")
    assert "hunter2" not in json.dumps(line)


def test_libraries_say_where_and_not_what(logged: Lines):
    logging.getLogger("some.library").warning("GET /?token=%s", "hunter2")

    (line,) = logged()
    assert ("library.logged", "some.library") == (line["event"], line["library"])
    assert "hunter2" not in json.dumps(line)
