"""
The receive function: a gateway waits for its cold start, so it imports almost nothing.

No pydantic, no boto3, no structlog, no event loop: the doors come from the plugins' data files,
and the one publish blocks. It answers 2xx only once the publish is durable.
`make bench-coldstart` measures what that is worth.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from penstock import problems
from penstock.adapters.blocking_topic import BlockingTopic
from penstock.adapters.doors import doors
from penstock.entrypoints.http.aliases import OLD_GATEWAY
from penstock.entrypoints.http.problem import ALWAYS, MEDIA, problem
from penstock.errors import ChannelUnavailable, DoorRefusal, SettingsError
from penstock.pipeline.receive import Receive

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from penstock.ports import Channel
    from penstock.problems import Kind

T = TypeVar("T")
TOPIC = "PENSTOCK_DELIVERIES_TOPIC_ARN"
PACKAGE = Path(__file__).parents[2]
"""The folder of the package; `make build` writes the index of plugins into it."""
_RANK = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one webhook (API Gateway payload 2.0)."""
    return _intake()(event)


@cache
def _intake() -> Intake:
    """The sandbox's one intake, made at its first webhook."""
    return build(os.environ, PACKAGE, lambda arn: BlockingTopic(arn, os.environ))


def build(environ: Mapping[str, str], package: Path, connect: Callable[[str], Channel]) -> Intake:
    """
    Put the intake together.

    Args:
        package: the folder with `_plugins.json` and, on the local platform, `_profile.json`.
        connect: makes the topic of an ARN.

    Raises:
        SettingsError: names the variable or file, and the remedy.
    """
    arn = environ.get(TOPIC)
    if not arn:
        raise SettingsError(f"{TOPIC} is missing; it must hold the ARN of the deliveries topic")
    if not environ.get("PENSTOCK_GATEWAYS"):
        raise SettingsError("PENSTOCK_GATEWAYS is missing; it must hold names, with commas")
    index = _read(package / "_plugins.json")
    if index is None:
        raise SettingsError("penstock/_plugins.json is missing: build the zip with `make build`")
    admitted = doors(index, environ, _read(package / "_profile.json") or {})
    level = _RANK.get(environ.get("LOG_LEVEL", "INFO"), _RANK["INFO"])
    return Intake(Receive(admitted, connect(arn), _Clock()), level, environ)


class Intake:
    """From an API Gateway event to its answer; never raises."""

    def __init__(
        self, receive: Receive, level: int = 20, environ: Mapping[str, str] | None = None
    ) -> None:
        self._receive = receive
        self._level = level
        self._environ = environ or {}

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the delivery, or say why not."""
        began = time.monotonic()
        gateway = ""
        try:
            gateway, headers, body = _request(event)
            delivery = _finish(self._receive(gateway, headers, body))
        except DoorRefusal as exc:
            self._log("WARNING", began, gateway, "refused", because=f"{exc.title}: {exc.detail}")
            return _refusal(exc.kind, exc.detail)
        except ChannelUnavailable as exc:
            self._log("WARNING", began, gateway, "retry", because=str(exc))
            detail = "nothing is lost by sending the same again later"
            return _refusal(problems.UNAVAILABLE, detail, {"retry-after": "5"})
        except Exception as exc:  # a bug of ours; its words may quote the request
            kind = type(exc).__name__
            self._print(
                {"event": "stage.failed", "stage": "receive", "kind": kind, "level": "error"}
            )
            self._log("ERROR", began, gateway, "failed", because=kind)
            return _refusal(problems.INTERNAL_ERROR, "")
        self._log("INFO", began, gateway, "accepted", delivery_id=delivery.id)
        return _answer(202, "application/json", json.dumps({"delivery_id": delivery.id}))

    def _log(self, level: str, began: float, gateway: str, outcome: str, **fields: object) -> None:
        if _RANK[level] < self._level:
            return
        accepted = outcome == "accepted"
        # Written by hand, with the fields that the other functions' lines have. What was taken is
        # the stage's one line under a name of its own: alarms count it, by this name.
        line: dict[str, object] = {
            "event": "delivery.received" if accepted else "stage.finished",
            "stage": "receive",
            "entity": str(fields.get("delivery_id", ""))[:12] or None,
            "gateway": gateway if gateway in self._receive.doors else None,
            "outcome": outcome,
            "status": "done" if accepted else outcome,
            "ms": round((time.monotonic() - began) * 1000, 1),
            **fields,
            "level": level.lower(),
        }
        self._print(line)

    def _print(self, line: dict[str, object]) -> None:
        """As `observability` writes a function's lines; CloudWatch makes metrics of them."""
        trace = self._environ.get("_X_AMZN_TRACE_ID", "")
        if trace.startswith("Root=") and "Sampled=1" in trace:
            line["trace_id"] = trace[5:].partition(";")[0]
        if stack := self._environ.get("PENSTOCK_STACK"):
            line["stack"] = stack
        told = json.dumps(line, separators=(",", ":"))
        # DEL is the one control character that JSON in ASCII leaves as it is.
        print(told.replace("\x7f", "\\u007f"), flush=True)


class _Clock:
    """The stage's clock, without the event loop that the usual one brings."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError("receive never waits")


def _request(event: Mapping[str, Any]) -> tuple[str, dict[str, str], bytes]:
    method = event["requestContext"]["http"]["method"]
    if method != "POST":
        raise DoorRefusal(problems.METHOD_NOT_ALLOWED, "webhooks are sent with POST")
    path: Mapping[str, str] = event.get("pathParameters") or {}
    given: Mapping[str, str] = event.get("headers") or {}
    # The older project's address names no gateway.
    gateway = path.get("gateway", OLD_GATEWAY)
    headers = {name.lower(): value for name, value in given.items()}
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return gateway, headers, body.encode("utf-8", errors="surrogatepass")
    try:
        return gateway, headers, base64.b64decode(body, validate=True)
    except binascii.Error as exc:
        raise DoorRefusal(problems.BODY_REFUSED, "the body could not be read") from exc


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits to its end: its topic blocks, so no loop is needed."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("receive must not wait")


def _refusal(kind: Kind, detail: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    if kind.status == 405:
        headers = {"allow": "POST"}
    return _answer(kind.status, MEDIA, problem(kind, detail).decode(), headers)


def _answer(
    status: int, media: str, body: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": media, **ALWAYS, **(headers or {})},
        "body": body,
        "isBase64Encoded": False,
    }


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
