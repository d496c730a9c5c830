"""
Writing plugins' secrets: JSON objects of text fields in Secrets Manager.

    set         what is written is the only good value: for the first one, a mistake, a leak
    rotate      what was written before stays good as AWSPREVIOUS, until the next one
    rollback    what was written before is the only good value again

The value before a `set` or `rollback` has a label of ours, which makes it good for nobody but the
next `rollback`.

Functions look again after five minutes at the latest, so neither needs a deployment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from penstock.errors import SettingsError

if TYPE_CHECKING:
    from penstock.adapters.aws.clients import Clients

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
BEFORE = "penstock-before"
"""The label of the value before the last write, where it is not AWSPREVIOUS."""
_ABSENT = "ResourceNotFoundException"
_LONGEST = 16_384


class SecretRefused(SettingsError):
    """A secret's value is not what its plugin declares; names fields, never values."""


@dataclass(frozen=True, slots=True)
class Version:
    """
    One version of a secret.

    Attributes:
        id: AWS's own.
        written_at: when it was written, where AWS says it.
    """

    id: str
    written_at: datetime | None
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PluginSecret:
    """
    One secret of a plugin in one stack.

    Attributes:
        name: in Secrets Manager: `penstock-<stack>/<plugin>`.
        declared: the fields it holds.
        elsewhere: fields in another secret now, which an older value of this one may have.
    """

    clients: Clients = field(repr=False)
    name: str
    declared: Sequence[str]
    elsewhere: Sequence[str] = ()

    async def read(self, stage: str = CURRENT) -> Version | None:
        """
        The version at that stage; None where nothing was written yet.

        Raises:
            AwsError: AWS refused.
        """
        from penstock.api import AwsError

        try:
            answer = await self.clients.call(
                "secretsmanager", "get_secret_value", SecretId=self.name, VersionStage=stage
            )
        except AwsError as exc:
            if exc.code == _ABSENT:
                return None
            raise
        text = answer.get("SecretString")
        if text is None:
            return None
        return Version(str(answer["VersionId"]), answer.get("CreatedDate"), _read(str(text)))

    async def set(self, fields: Mapping[str, str]) -> None:
        """
        Write fields over the present ones; the old value stops working.

        Raises:
            SecretRefused: a field is missing, unknown or no proper text.
            AwsError: AWS refused.
        """
        current = await self.read()
        if current is not None and self._completed(current, fields) == current.fields:
            # Written by a run that was killed: what it replaced is the value before, not its own.
            replaced = await self.read(PREVIOUS)
        else:
            replaced = await self._write(fields)
        if replaced is not None:
            # In this order: a crash in between leaves one label or the other on it.
            await self._mark_before(replaced)
            await self._forget_previous()

    async def rotate(self, fields: Mapping[str, str]) -> None:
        """
        Write fields over those there are; the value before stays good.

        Raises:
            SecretRefused: there is no value to rotate, nothing changes, or a field is wrong.
            AwsError: AWS refused.
        """
        current = await self.read()
        if current is None:
            plugin = self.name.rpartition("/")[2]
            raise SecretRefused(
                f"{self.name} has no value yet: use `penstock secrets set {plugin}`"
            )
        if {**current.fields, **fields} == current.fields:
            # Written again it would push the value before it out of AWSPREVIOUS.
            raise SecretRefused(f"{self.name} holds just that already: nothing was rotated")
        await self._write(fields)

    async def set_before(self, fields: Mapping[str, str]) -> None:
        """
        Write the value before the current one, which stays current; both are good.

        Raises:
            SecretRefused: a field is missing, unknown or no proper text.
            AwsError: AWS refused.
        """
        check(self.name, self.declared, fields)
        await self._put(fields, VersionStages=[PREVIOUS])

    async def before(self) -> Version:
        """
        The value that `rollback` brings back.

        Raises:
            SecretRefused: there is none.
            AwsError: AWS refused.
        """
        found = await self.read(PREVIOUS) or await self.read(BEFORE)
        current = await self.read()
        if found is None or current is None or found.id == current.id:
            raise SecretRefused(f"{self.name} has no value before this one: nothing was done")
        mine = {n: value for n, value in found.fields.items() if n not in self.elsewhere}
        check(self.name, self.declared, mine)
        return found

    async def rollback(self) -> None:
        """
        Make the value before the last write the only good one; again undoes it.

        Raises:
            SecretRefused: there is no value before, or its plugin declares other fields now.
            AwsError: AWS refused.
        """
        found, current = await self.before(), await self.read()
        if current is None:
            raise SecretRefused(f"{self.name} has no value: nothing was done")
        await self._label(CURRENT, found.id, current.id)
        await self._mark_before(current)
        # AWS has just made AWSPREVIOUS of the one that was current, and so kept it good.
        await self._forget_previous()

    def _completed(self, current: Version | None, fields: Mapping[str, str]) -> Mapping[str, str]:
        complete = {**(current.fields if current else {}), **fields}
        complete = {name: value for name, value in complete.items() if name in self.declared}
        check(self.name, self.declared, {**complete, **fields})
        return complete

    async def _write(self, fields: Mapping[str, str]) -> Version | None:
        """Write them; returns the version that was current before."""
        current = await self.read()
        complete = self._completed(current, fields)
        await self._put(complete)
        return current

    async def _put(self, fields: Mapping[str, str], **stages: Sequence[str]) -> None:
        text = json.dumps(fields)
        await self.clients.call(
            "secretsmanager", "put_secret_value", SecretId=self.name, SecretString=text, **stages
        )

    async def _mark_before(self, version: Version) -> None:
        marked = await self.read(BEFORE)
        if marked is None or marked.id != version.id:
            await self._label(BEFORE, version.id, marked.id if marked else None)

    async def _forget_previous(self) -> None:
        before = await self.read(PREVIOUS)
        if before is not None:
            await self._label(PREVIOUS, None, before.id)

    async def _label(self, label: str, to: str | None, at: str | None) -> None:
        """Move a label from one version to another, or take it away."""
        moved = {"MoveToVersionId": to, "RemoveFromVersionId": at}
        await self.clients.call(
            "secretsmanager",
            "update_secret_version_stage",
            SecretId=self.name,
            VersionStage=label,
            **{name: value for name, value in moved.items() if value is not None},
        )


def check(name: str, declared: Sequence[str], fields: Mapping[str, str]) -> None:
    """
    See that a secret's value is what its plugin declares.

    Raises:
        SecretRefused: it is not; names the fields, never a value.
    """
    for what, wrong in (
        ("has no field", fields.keys() - set(declared)),
        ("lacks the field", set(declared) - fields.keys()),
        ("has no proper text in", {one for one, text in fields.items() if not _proper(text)}),
    ):
        if wrong:
            raise SecretRefused(f"{name} {what} {', '.join(sorted(wrong))}")


def parse(text: str) -> Mapping[str, str]:
    """
    Fields written as a JSON object.

    Raises:
        SecretRefused: it is none.
    """
    raw = _loaded(text)
    fields = cast("dict[str, Any]", raw) if isinstance(raw, dict) else None
    # Not raised where reading failed: that error holds the text, and would go along as context.
    if fields is None or not all(isinstance(value, str) for value in fields.values()):
        raise SecretRefused(
            "the value must be a JSON object of text fields; with --field NAME it is that"
            " field's bare text"
        )
    return cast("dict[str, str]", fields)


def _loaded(text: str) -> Any:
    """What JSON says, or nothing."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _proper(text: str) -> bool:
    """Not empty, and without what comes along when text is pasted: blanks around, line breaks."""
    return 0 < len(text) <= _LONGEST and text == text.strip() and text.isprintable()


def _read(text: str) -> Mapping[str, str]:
    try:
        return parse(text)
    except SecretRefused:
        return {}
