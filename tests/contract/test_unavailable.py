"""503: answered while a port that an operation needs gives no answer, alike on both hosts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.problem import MEDIA
from penstock.entrypoints.http.web import application
from penstock.problems import UNAVAILABLE
from tests.contract.shown import before
from tests.contract.shown.documents import API, operations
from tests.contract.shown.house import House, Visit, visiting
from tests.contract.shown.outage import GATEWAY, SECRET, Outage, failing_house
from tests.contract.shown.scenes import SCENES, Scene, run
from tests.contract.test_statuses import NO_PORT, path
from tests.unit.entrypoints.hosts import HOSTS, Told, raw

OPERATIONS = operations()
PAGE = "text/html"
PAGES = tuple(
    Scene(name, 200, before=before.signing_up, headers={"Accept": accepted})
    for name in ("showReturn", "showCancelledReturn")
    for accepted in (PAGE, MEDIA)
)
# One for each operation and body: what has happened before changes no port.
SCENES_BY_REQUEST = {
    (one.operation, one.body, *one.at.values(), *one.headers.values()): one
    for one in (*SCENES, *PAGES)
    if one.status < 300 and one.operation not in NO_PORT
}
DOCUMENTED = {name for name, one in OPERATIONS.items() if "503" in one["responses"]}


def needed(asked: set[str], operation: str) -> set[str]:
    """The ports that a request cannot be answered without, of those that were asked."""
    # What is not published stays in the ledger, and the sweep publishes it.
    spared = {"events"}
    if "Return" in operation:
        # The page shows what the ledger has; a notification or the sweep brings the rest.
        spared |= {GATEWAY}
    return asked - spared


async def during(scene: Scene, host: str, port: str | None, *, late: bool) -> tuple[Told, Outage]:
    """What a host answers while a port fails, which begins right before the request."""
    house, outage = failing_house()

    async def begin(visit: Visit) -> Any:
        found = await scene.before(visit)
        outage.begin(port, late=late)
        return found

    async with visiting(host, house) as visit:
        return await run(replace(scene, before=begin), visit), outage


def is_unavailable(told: Told, operation: str, *, page: bool = False) -> None:
    """The answer is 503 as the operation documents it, and does not quote the port's error."""
    documented = OPERATIONS[operation]["responses"]["503"]
    media = told.media.partition(";")[0]
    assert (503, PAGE if page else MEDIA) == (told.status, media)
    assert media in documented["content"]
    wait = int(told.headers["retry-after"])
    assert documented["headers"]["Retry-After"]["schema"]["minimum"] <= wait
    assert SECRET.encode() not in told.body
    if not page:
        assert UNAVAILABLE.type == told.json["type"]
        schema = {"$ref": "#/components/schemas/Problem", "components": API["components"]}
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(told.json)


@pytest.mark.parametrize("scene", SCENES_BY_REQUEST.values(), ids=lambda one: one.name)
async def test_a_port_that_gives_no_answer_is_503_alike_on_both_hosts(scene: Scene):
    well, outage = await during(scene, "serve", None, late=False)
    assert scene.status == well.status
    assert needed(outage.asked, scene.operation)

    page = scene.headers.get("Accept") == PAGE
    for port in sorted(outage.asked):
        for late in (False, True):
            told = [(await during(scene, host, port, late=late))[0] for host in HOSTS]

            assert told[0].said == told[1].said, (port, late)
            if port in needed(outage.asked, scene.operation):
                is_unavailable(told[0], scene.operation, page=page)
            else:
                assert scene.status == told[0].status, (port, late)


def test_each_operation_that_uses_a_port_and_documents_503_is_tried():
    assert DOCUMENTED - NO_PORT == {one.operation for one in SCENES_BY_REQUEST.values()}


async def test_serve_answers_503_to_any_operation_while_all_its_connections_are_answered():
    """
    Also to those that use no port. On AWS, API Gateway takes connections, and refuses by itself.
    """
    begun, go_on = asyncio.Event(), asyncio.Event()
    house = House()
    tokens: Any = Held(begun, go_on)
    house.world.tokens = tokens
    made = application(house.platform, most=1)
    async with listening(made, "127.0.0.1", 0) as url:
        token = b"Authorization: Bearer pst_%s_%s\r\n" % (b"0" * 16, b"0" * 64)
        held = asyncio.create_task(
            raw(url, b"GET /payments HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n" % token)
        )
        async with asyncio.timeout(10):
            await begun.wait()
        for name in DOCUMENTED:
            line = f"{OPERATIONS[name]['method']} {path(name)} HTTP/1.1\r\nHost: x\r\n\r\n"

            is_unavailable(await raw(url, line.encode()), name)
        go_on.set()
        assert 401 == (await held).status


class Held:
    """Tokens that are looked up once it may go on."""

    def __init__(self, begun: asyncio.Event, go_on: asyncio.Event) -> None:
        self._begun, self._go_on = begun, go_on

    async def get(self, *_: Any, **__: Any) -> None:
        self._begun.set()
        await self._go_on.wait()
