"""Commands on dead letters and rejected deliveries: what they share, imported when one is run."""

from __future__ import annotations

from typing import Any

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli import letters
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.selecting import Asked
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.operators.dead_letters import Became, LettersOf, Report
from penstock.operators.effects import Effects
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Letter, Selection


def send_back(begun: Session, queue: str, asked: Asked) -> None:
    """Send letters back, wait for their effect if asked, and show it."""
    chosen = asked.selection
    if not asked.dry_run:
        begun.guard("sending messages back")

    async def work(world: AwsWorld) -> tuple[Report, dict[str, str]]:
        of = letters_of(world, queue)
        with progress("sending back", shown=not begun.json) as tell:
            report = await of.redrive(
                chosen, asked.because, await audited(world), dry_run=asked.dry_run, progress=tell
            )
        sent = [one.letter for one in report.of(Became.sent_back)]
        if not (asked.wait and sent):
            return report, {}
        effects = Effects(of, of.knowledge, world.clock)
        with progress("waiting", shown=not begun.json):
            return report, await effects.wait(sent, asked.wait)

    report, effects = begun.run(work)
    show_done(begun, queue, report, effects)


def show_all(begun: Session, queues: list[str]) -> None:
    """The dead letters of some queues."""

    async def look(world: AwsWorld) -> dict[str, Report]:
        return {name: await looked(world, name, begun) for name in queues}

    show_list(begun, begun.run(look))


def forget(begun: Session, queue: str, asked: Asked) -> None:
    """Drop letters, and show which."""
    chosen = asked.selection
    if not asked.dry_run:
        begun.guard("dropping dead letters")

    async def work(world: AwsWorld) -> Report:
        with progress("dropping", shown=not begun.json) as tell:
            return await letters_of(world, queue).drop(
                chosen, asked.because, await audited(world), dry_run=asked.dry_run, progress=tell
            )

    show_done(begun, queue, begun.run(work), {})


def show_list(begun: Session, found: dict[str, Report]) -> None:
    """The letters of some queues."""
    now = begun.now()

    def told() -> list[Any]:
        shown: list[Any] = []
        for name, report in found.items():
            if report.letters or report.with_others or len(found) == 1:
                shown.append(f"{name}: {len(report.letters)} shown")
            shown += letters.all_lines(report.letters, now)
            shown += letters.limits(report, name)
        return shown or ["no dead letters"]

    begun.show({name: letters.listed(report, now) for name, report in found.items()}, told)


def show_one(begun: Session, queue: str, identity: str) -> None:
    """One letter; exit code 4 if it cannot be seen."""
    wanted = Selection(ids=(identity,)).checked()

    async def look(world: AwsWorld) -> Report:
        return await looked(world, queue, begun)

    report, now = begun.run(look), begun.now()
    found: list[Letter] = [one for one in report.letters if wanted.takes(one, now)]
    if len(found) != 1:
        what = "no letter of that id can be seen" if not found else "several ids begin like that"
        raise CommandError(f"{queue}: {what}", Code.not_found)
    begun.show(letters.letter_view(found[0], now), lambda: [*letters.facts(found[0])])


def show_done(begun: Session, queue: str, report: Report, effects: dict[str, str]) -> None:
    """What a command did; its exit code says whether that is what was asked."""
    now = begun.now()
    begun.show(
        letters.decided(report, now, effects),
        lambda: [
            *(
                line
                for one in report.decided
                for line in letters.told(one, now, effects.get(one.letter.id))
            ),
            f"{queue}: {report.effect}",
            *letters.limits(report, queue),
        ],
    )
    if report.of(Became.failed):
        raise CommandError("some were not done; run the command again", Code.unavailable)
    if report.missing:
        raise CommandError(f"{queue}: {len(report.missing)} not found", Code.not_found)
    if report.of(Became.refused):
        raise CommandError(f"{len(report.of(Became.refused))} refused", Code.refused)


async def looked(world: AwsWorld, queue: str, begun: Session) -> Report:
    """Everything that can be seen of a queue's dead letters."""
    with progress(queue, shown=not begun.json) as tell:
        return await letters_of(world, queue).list(tell)


def letters_of(world: AwsWorld, queue: str) -> LettersOf:
    """The commands on one queue's dead letters."""
    knowledge = Knowledge(world.ledger, world.attempts)
    return LettersOf(queue, world.parked(queue), knowledge, world.clock)


def parking(begun: Session) -> list[str]:
    """The queues that have dead letters."""
    return [name for name, one in begun.stack().queues.items() if one.dead_letters]


def parked_queue(begun: Session, name: str) -> str:
    """
    A queue's name, if it has dead letters.

    Raises:
        CommandError: it has none; names those that have.
    """
    known = parking(begun)
    if name not in known:
        hint = f"; see `{begun.command('rejected list')}`" if name == "rejected" else ""
        raise CommandError(
            f"no dead letters of {name}; there are those of {', '.join(known)}{hint}",
            Code.not_found,
        )
    return name
