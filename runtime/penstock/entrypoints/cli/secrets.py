"""
Writing plugins' secrets: JSON objects of text fields in Secrets Manager.

    set       what is written is the only good value: for the first one, a mistake, a leak
    rotate    what was written before stays good as AWSPREVIOUS, until the next one

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
    from penstock.adapters.aws import Clients

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
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
    One plugin's secret in one stack.

    Attributes:
        name: in Secrets Manager: `penstock-<stack>/<plugin>`.
        declared: the fields its plugin declares.
    """

    clients: Clients = field(repr=False)
    name: str
    declared: Sequence[str]

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
        Write fields over those there are; the value before is good no longer.

        Raises:
            SecretRefused: a field is missing, unknown or no proper text.
            AwsError: AWS refused.
        """
        await self._write(fields)
        before = await self.read(PREVIOUS)
        if before is not None:
            await self.clients.call(
                "secretsmanager",
                "update_secret_version_stage",
                SecretId=self.name,
                VersionStage=PREVIOUS,
                RemoveFromVersionId=before.id,
            )

    async def rotate(self, fields: Mapping[str, str]) -> None:
        """
        Write fields over those there are; the value before stays good.

        Raises:
            SecretRefused: there is no value to rotate, nothing changes, or a field is wrong.
            AwsError: AWS refused.
        """
        current = await self.read()
        if current is None:
            raise SecretRefused(f"{self.name} has no value yet: use `penstock secrets set`")
        if {**current.fields, **fields} == current.fields:
            # Written again it would push the value before it out of AWSPREVIOUS.
            raise SecretRefused(f"{self.name} holds just that already: nothing was rotated")
        await self._write(fields)

    async def _write(self, fields: Mapping[str, str]) -> None:
        current = await self.read()
        complete = {**(current.fields if current else {}), **fields}
        complete = {name: value for name, value in complete.items() if name in self.declared}
        check(self.name, self.declared, {**complete, **fields})
        await self.clients.call(
            "secretsmanager",
            "put_secret_value",
            SecretId=self.name,
            SecretString=json.dumps(complete),
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
        raise SecretRefused("the value must be a JSON object of text fields")
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
