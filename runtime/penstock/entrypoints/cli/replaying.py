"""A replay as the command runs and shows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from penstock.adapters.aws.sqs import SqsChannel
from penstock.bootstrap.aws import AwsWorld
from penstock.domain.events import Event
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.entrypoints.cli.terminal import say
from penstock.errors import CommandRefused, TransientError
from penstock.operators.replay import MOST, Replay, Replayed, ReplayId
from penstock.queries.chosen import Chosen, chosen_events, oldest_first


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
            say(f"replay {name.text}; if it is stopped: --replay-id {name.text}", err=True)
        events = await _events(world, asked, name, begun)
        done: list[Replayed] = []
        for sink, types in selected.items():
            queue = SqsChannel(world.clients, stack.queues[f"sink-{sink}"].url)
            types = None if asked.unfiltered else types
            command = Replay(sink, queue, world.attempts, world.ledger, world.clock, types)
            done.append(await _one(world, command, events, name, asked, begun))
        return name, done

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
            await command.wait(done, name, asked.wait)
    except TransientError as exc:
        raise CommandError(
            f"{command.sink}: {exc}; go on with the same options and --replay-id {name.text}",
            Code.unavailable,
        ) from exc
    return done


async def _events(world: AwsWorld, asked: Asked, replay: ReplayId, begun: Session) -> list[Event]:
    """The events of a replay, oldest first; none that is newer than the replay."""
    chosen = asked.chosen
    until = min(chosen.until, replay.begun_at) if chosen.until else replay.begun_at
    bounded = Chosen(chosen.since, until, chosen.types, chosen.subject)
    missing, found = set(asked.ids), list[Event]()
    with progress("reading", shown=not begun.json) as tell:
        async with aclosing(chosen_events(world.ledger, bounded)) as events:
            async for event in events:
                if asked.ids and event.id not in missing:
                    continue
                missing.discard(event.id)
                found.append(event)
                tell(len(found))
                if len(found) > MOST:
                    raise CommandRefused(
                        f"more than {MOST} events: choose a shorter time with --since and --until"
                    )
                if asked.ids and not missing:
                    break
    if missing:
        raise CommandError(f"no such event: {', '.join(sorted(missing))}", Code.not_found)
    return oldest_first(found)


def _view(one: Replayed) -> dict[str, object]:
    return {
        "sink": one.sink,
        "effect": one.effect,
        "sent": [event.id for event in one.sent],
        "had": one.had,
        "left_out": one.left_out,
        "delivered": one.delivered,
    }
