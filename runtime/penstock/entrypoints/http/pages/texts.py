"""The pages' texts: one data file a language, and which language a browser asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh-TW")
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language, by name."""

    language: str
    _texts: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def get(self, name: str) -> str:
        """The text of a name, or the empty text."""
        return self._texts.get(name, "")

    def dated(self, name: str, at: datetime | None) -> str:
        """A text with a date in it, or the one that goes without."""
        if at is None:
            return self[f"{name}.undated"]
        return self[name].format(date=self.date(at))

    def date(self, at: datetime) -> str:
        """A day (UTC) as people write it."""
        day = at.astimezone(UTC)
        month = self["months"].split()[day.month - 1]
        return self["date"].format(day=day.day, month=month, year=day.year)


@cache
def texts_of(language: str) -> Texts:
    """The texts of one of LANGUAGES."""
    return Texts(language, json.loads((FOLDER / f"{language}.json").read_bytes()))


def texts_for(accept_language: str, default: str) -> Texts:
    """
    The texts in the language that a browser likes best of ours (RFC 9110, 12.5.4).

    Args:
        accept_language: the header, whatever it holds.
        default: the language for a browser that asks for none of ours.
    """
    liked = ((_ours(one), _quality(one)) for one in accept_language.split(",")[:20])
    found = [(quality, name) for name, quality in liked if name and quality > 0]
    best = max((quality for quality, _ in found), default=0.0)
    return texts_of(next((name for quality, name in found if quality == best), default))


def _ours(preference: str) -> str | None:
    # Every kind of Chinese gets the traditional texts: closer than English.
    primary = preference.partition(";")[0].strip().lower().partition("-")[0]
    return {"en": "en", "zh": "zh-TW"}.get(primary)


def _quality(preference: str) -> float:
    _, _, parameter = preference.partition(";")
    name, _, value = parameter.strip().partition("=")
    if not parameter:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
