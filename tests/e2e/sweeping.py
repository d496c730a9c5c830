"""The sweep, started every second; otherwise a schedule starts it each minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.e2e.world import World

_PAUSE_SECONDS = 1.0


@contextmanager
def swept(world: World) -> Iterator[None]:
    """
    Start the deployed function as its schedule would, again and again.

    An operator's command leaves its work to the sweep, so each of its waits is half a minute of
    the schedule otherwise. Two sweeps at once harm nothing: the schedule's own goes on as well.
    """
    over = Event()
    function = world.platform.outputs["functions"]["sweep"]
    client = world.platform.client("lambda")

    def sweep() -> None:
        while not over.wait(_PAUSE_SECONDS):
            client.invoke(FunctionName=function, Payload="{}")

    thread = Thread(target=sweep, name="sweeping")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
