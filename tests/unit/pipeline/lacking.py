"""A platform whose gap detector began at noon, beside a gateway that lists what it made."""

from penstock.domain.delivery import Notification
from penstock.pipeline.gaps import Compared
from penstock.ports import Watermark
from tests.unit.pipeline.listing import Listing
from tests.unit.pipeline.world import World

TEN_MINUTES = 600


async def begun(*events: Notification, **listing: object) -> World:
    """A platform whose gap detector began at noon, beside a gateway that lists those."""
    bank = Listing(made=list(events), **listing)  # type: ignore[arg-type] # its own fields
    world = World(bank)
    bank.clock = world.clock
    await world.gaps()
    return world


def bank(world: World) -> Listing:
    assert isinstance(world.acme, Listing)
    return world.acme


async def later(world: World, seconds: float = TEN_MINUTES) -> Compared:
    """Let time pass, compare, and process what was sent."""
    world.clock.advance(seconds)
    (compared,) = await world.gaps()
    await processed(world)
    return compared


async def processed(world: World) -> None:
    while await world.consume(world.verified, world.process):
        pass


async def held(world: World) -> set[str]:
    """The ids of the notifications that the ledger holds."""
    found = [await world.record(one.id) for one in bank(world).made]
    return {one.id.partition("/")[2] for one in found if one is not None}


async def mark(world: World) -> Watermark:
    found = await world.watermarks.get("acme")
    assert found is not None
    return found
