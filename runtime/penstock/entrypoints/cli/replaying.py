"""A replay as the command runs and shows it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from penstock.adapters.aws.sqs import SqsChannel
from penstock.bootstrap.aws import AwsWorld
from penstock.domain.events import Event
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.entrypoints.cli.terminal import say
from penstock.errors import TransientError
from penstock.operators.replay import MOST, Replay, Replayed, ReplayId
from penstock.queries.chosen import Chosen, chosen_events, in_parts, oldest_first


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What the command was asked to do.

    Attributes:
        ids: these events only; empty for all that are chosen.
        sink: None for every sink.
        replay_id: the replay to go on with; None for a new one.
        unfiltered: the sink's filter does not apply.
        wait: seconds to wait for deliveries.
    """

    chosen: Chosen
    because: str
    ids: Collection[str] = ()
    sink: str | None = None
    replay_id: str | None = None
    unfiltered: bool = False
    wait: float = 0.0
    dry_run: bool = False


def replayed(begun: Session, asked: Asked) -> None:
    """
    Replay, and show what was sent.

    Raises:
        CommandError: an event is missing, or a queue gave no answer; says how to go on.
    """
    stack = begun.stack()
    selected = {one: stack.selection(one) for one in ([asked.sink] if asked.sink else stack.sinks)}
    if not asked.dry_run:
        begun.guard("replaying events")

    async def work(world: AwsWorld) -> tuple[ReplayId, list[Replayed]]:
        name = (
            ReplayId.read(asked.replay_id)
            if asked.replay_id
            else ReplayId.new(world.clock, world.ids)
        )
        if not (begun.json or asked.dry_run):
            say(f"replay {name.text}: resume it with --replay-id and this id", err=True)
        done = {sink: Replayed(sink, planned=asked.dry_run) for sink in selected}
        async with aclosing(_parts(world, asked, name, begun)) as parts:
            async for events in parts:
                for sink, types in selected.items():
                    queue = SqsChannel(world.clients, stack.queues[f"sink-{sink}"].url)
                    types = None if asked.unfiltered else types
                    command = Replay(sink, queue, world.attempts, world.ledger, world.clock, types)
                    done[sink].add(await _one(world, command, events, name, asked, begun))
        return name, list(done.values())

    name, done = begun.run(work)
    begun.show(
        {"replay": name.text, "sinks": [_view(one) for one in done]},
        lambda: [one.effect for one in done],
    )


async def _one(
    world: AwsWorld,
    command: Replay,
    events: Sequence[Event],
    name: ReplayId,
    asked: Asked,
    begun: Session,
) -> Replayed:
    try:
        with progress(f"to {command.sink}", len(events), shown=not begun.json) as tell:
            done = await command(
                events,
                name,
                asked.because,
                await audited(world),
                dry_run=asked.dry_run,
                progress=tell,
            )
        if asked.wait and not asked.dry_run:
            with progress("waiting", shown=not begun.json):
                await command.wait(done, name, asked.wait)
    except TransientError as exc:
        raise CommandError(
            f"{command.sink}: {exc}; go on with the same options and --replay-id {name.text}",
            Code.unavailable,
        ) from exc
    return done


async def _parts(
    world: AwsWorld, asked: Asked, replay: ReplayId, begun: Session
) -> AsyncGenerator[Sequence[Event]]:
    """The events of a replay, oldest first, in parts; none that is newer than the replay."""
    chosen = asked.chosen
    until = min(chosen.until, replay.begun_at) if chosen.until else replay.begun_at
    bounded = Chosen(chosen.since, until, chosen.types, chosen.subject)
    if asked.ids:
        yield await _named(world, bounded, asked.ids, begun)
        return
    with progress("reading", shown=not begun.json) as tell:
        parts = in_parts(world.ledger, bounded, MOST // 4, tell)
        first = await anext(parts)
    yield first
    async with aclosing(parts):
        async for part in parts:
            yield part


async def _named(
    world: AwsWorld, chosen: Chosen, ids: Collection[str], begun: Session
) -> list[Event]:
    missing, found = set(ids), list[Event]()
    looked = 0
    with progress("reading", shown=not begun.json) as tell:
        async with aclosing(chosen_events(world.ledger, chosen)) as events:
            async for event in events:
                looked += 1
                tell(looked)
                if event.id in missing:
                    missing.discard(event.id)
                    found.append(event)
                if not missing:
                    break
    if missing:
        raise CommandError(f"no such event: {', '.join(sorted(missing))}", Code.not_found)
    return oldest_first(found)


def _view(one: Replayed) -> dict[str, object]:
    return {
        "sink": one.sink,
        "effect": one.effect,
        "sent": one.sent,
        "had": one.had,
        "left_out": one.left_out,
        "delivered": one.delivered,
    }
