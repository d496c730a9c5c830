"""
The steps of a set-up: the last one, which writes the secret, how all are audited, and shown.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from penstock.entrypoints.cli.auditing import audited

if TYPE_CHECKING:
    from penstock.api.account import Step
    from penstock.bootstrap.aws import AwsWorld
    from penstock.entrypoints.cli.ready import Credentials


@asynccontextmanager
async def written_down(
    world: AwsWorld, command: str, gateway: str, steps: Sequence[Step], *, dry_run: bool
) -> AsyncGenerator[None]:
    """
    Put a set-up of a gateway into the audit trail, with the steps that it has taken at its end.

    A dry run changes nothing, and is not written down.
    """
    if dry_run:
        yield
        return
    subjects = [f"gateway#{gateway}", f"secret#{gateway}"]
    async with (await audited(world))(command, subjects) as trail:
        try:
            yield
        finally:
            trail.after = {"steps": len(steps)}
        trail.effect = ", ".join(f"{one.what}: {one.state.value}" for one in steps)


async def store(given: Credentials, found: Mapping[str, str], *, dry_run: bool) -> Step:
    """
    Write the credentials and what set-up found, unless the secret holds just those.

    A complete value is rotated, so that what was good before stays good until the next rotation.

    Raises:
        SecretRefused: a field is missing or no proper text.
        AwsError: AWS refused.
    """
    from penstock.api.account import Step, StepState

    secret, fields = given.secret, {**given.fields, **found}
    what = f"secret {secret.name}"
    had: Mapping[str, str] = given.stored.fields if given.stored else {}
    new = [name for name in secret.declared if fields.get(name) and fields[name] != had.get(name)]
    missing = [name for name in secret.declared if not fields.get(name)]
    if missing:
        # Only in a dry run: a webhook that is not made yet has no id.
        note = f"would get {', '.join([*new, *missing])}"
        return Step(what, StepState.planned, None, note)
    if not new:
        return Step(what, StepState.present)
    note = ", ".join(new)
    if dry_run:
        return Step(what, StepState.planned, None, f"would get {note}")
    kept = {name: fields[name] for name in secret.declared}
    if all(had.get(name) for name in secret.declared):
        await secret.rotate(kept)
        return Step(what, StepState.changed, None, f"{note}; functions know it within 5 minutes")
    await secret.set(kept)
    return Step(what, StepState.created, None, note)


def view(steps: Sequence[Step]) -> list[Mapping[str, Any]]:
    """Steps for programs."""
    return [
        {"what": one.what, "state": one.state.value, "id": one.id, "note": one.note or None}
        for one in steps
    ]


def lines(steps: Sequence[Step]) -> list[str]:
    """Steps for people: what was found or done, and below it what there is to say."""
    told: list[str] = []
    for one in steps:
        named = f" ({one.id})" if one.id and one.id not in one.what else ""
        told.append(f"{one.state.value:<8} {one.what}{named}")
        if one.note:
            told.append(f"         -> {one.note}")
    return told
