"""
All secrets of one plugin in one stack, written as if they were one.

What authenticates a gateway's webhooks lies in a secret of its own, `<plugin>-webhooks`. Earlier
versions kept all fields in one: that is split before anything else is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.entrypoints.cli.secrets import (
    BEFORE,
    CURRENT,
    PREVIOUS,
    PluginSecret,
    SecretRefused,
    Version,
    check,
)

if TYPE_CHECKING:
    from penstock.adapters.aws.clients import Clients

Kept = Mapping[str, Sequence[str]]
"""Names in Secrets Manager, each with its fields."""


@dataclass(frozen=True, slots=True)
class Vault:
    """
    One plugin's secrets.

    Attributes:
        parts: the first one may still hold what the second one is for.
    """

    parts: Sequence[PluginSecret]

    @classmethod
    def of(cls, clients: Clients, kept: Kept) -> Vault:
        """Those that a stack has for a plugin, by name."""
        every = [name for fields in kept.values() for name in fields]
        return cls(
            [
                PluginSecret(clients, name, fields, [one for one in every if one not in fields])
                for name, fields in kept.items()
            ]
        )

    @property
    def name(self) -> str:
        """How messages call it: by the plugin's own secret."""
        return self.parts[0].name

    @property
    def declared(self) -> Sequence[str]:
        """The fields its plugin declares."""
        return [name for one in self.parts for name in one.declared]

    async def read(self, stage: str = CURRENT) -> Version | None:
        """
        The fields at that stage, wherever they lie; None where nothing was written yet.

        Raises:
            AwsError: AWS refused.
        """
        found = [one for part in self.parts if (one := await part.read(stage))]
        if not found:
            return None
        fields = {name: value for one in found for name, value in one.fields.items()}
        return Version(found[0].id, found[0].written_at, fields)

    async def completed(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """
        The value as it would be with these fields written over those there are.

        Raises:
            SecretRefused: a field is missing, unknown or no proper text.
            AwsError: AWS refused.
        """
        stored = await self.read()
        complete = {**(stored.fields if stored else {}), **fields}
        complete = {name: value for name, value in complete.items() if name in self.declared}
        check(self.name, self.declared, {**complete, **fields})
        return complete

    async def set(self, fields: Mapping[str, str]) -> Sequence[str]:
        """
        Write fields over those there are; the values before stop being accepted.

        Returns:
            The names of the secrets that were written.

        Raises:
            SecretRefused: a field is missing, unknown or no proper text; nothing was written.
            AwsError: AWS refused.
        """
        await self.completed(fields)
        await self.split()
        shares = list(self._shares(fields))
        for part, own in shares:
            await part.set(own)
        return [part.name for part, _ in shares]

    async def rotate(self, fields: Mapping[str, str]) -> Sequence[str]:
        """
        Write fields over those there are; the values before stay good.

        Returns:
            The names of the secrets that were written: those in which something changes.

        Raises:
            SecretRefused: there is no value to rotate, nothing changes, or a field is wrong.
            AwsError: AWS refused.
        """
        if await self.read() is None:
            plugin = self.name.rpartition("/")[2]
            raise SecretRefused(
                f"{self.name} has no value yet: use `penstock secrets set {plugin}`"
            )
        await self.completed(fields)
        await self.split()
        written: list[str] = []
        for part, own in self._shares(fields):
            there = await part.read()
            if there is None:
                await part.set(own)
            elif {**there.fields, **own} != there.fields:
                await part.rotate(own)
            else:
                # Written again it would push the value before it out of AWSPREVIOUS.
                continue
            written.append(part.name)
        if not written:
            raise SecretRefused(f"{self.name} holds just that already: nothing was rotated")
        return written

    async def split(self) -> bool:
        """
        Give the second secret what the first one still holds of it; say whether that was due.

        What is good in the first one is good in the second, the value before too. The first one
        keeps its copy until it is written again, so that code from before goes on. What a killed
        split began is completed.

        Raises:
            AwsError: AWS refused.
        """
        first, *others = self.parts
        # A list: `any` would end with the first one that was due.
        return any([await self._divide(first, other) for other in others])

    async def _divide(self, first: PluginSecret, other: PluginSecret) -> bool:
        values = [
            {name: one.fields[name] for name in other.declared}
            for one in (await first.read(), await first.read(PREVIOUS))
            if one and all(one.fields.get(name) for name in other.declared)
        ]
        if not values:
            return False
        current, previous, there = values[0], values[-1], await other.read()
        if there is None:
            # First of all: functions trust the second secret from its first value on.
            await other.set(current)
        elif there.fields != current or await other.read(PREVIOUS) or await other.read(BEFORE):
            # Written since: the first one's value before may not be valid any more.
            return False
        if previous != current:
            await other.set_before(previous)
        return there is None or previous != current

    def _shares(self, fields: Mapping[str, str]) -> Iterator[tuple[PluginSecret, dict[str, str]]]:
        """Each secret that is given something, with what it is given."""
        for part in self.parts:
            if own := {name: fields[name] for name in part.declared if name in fields}:
                yield part, own
