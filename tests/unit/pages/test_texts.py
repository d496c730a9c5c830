"""The pages' texts: every language says the same things, and the browser chooses."""

from __future__ import annotations

import json
import re

import pytest

from penstock.domain.rules.buyer import Standpoint
from penstock.entrypoints.http.pages.texts import FOLDER, LANGUAGES, texts_for, texts_of
from penstock.testing.clock import NOON

OF_SUBSCRIPTIONS = (Standpoint.trial, Standpoint.suspended, Standpoint.cancelled)
"""What one payment never is."""
ENGLISH = json.loads((FOLDER / "en.json").read_bytes())


def test_every_file_of_texts_is_a_language():
    assert sorted(LANGUAGES) == sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_placeholders(language: str):
    texts = json.loads((FOLDER / f"{language}.json").read_bytes())

    assert list(ENGLISH) == list(texts)
    for name, text in texts.items():
        assert sorted(_placeholders(ENGLISH[name])) == sorted(_placeholders(text)), name
        assert text.strip(), name
    assert 12 == len(texts["months"].split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name",
    [
        *(one.value for one in Standpoint if one is not Standpoint.expired),
        *(f"once.{one.value}" for one in Standpoint if one not in OF_SUBSCRIPTIONS),
        "once.retry",
    ],
)
def test_every_standpoint_has_a_title_and_a_text(language: str, name: str):
    texts = texts_of(language)

    assert texts[f"{name}.title"]
    assert texts[f"{name}.text"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("de,fr;q=0.9", "en"),
        ("zh-TW", "zh-TW"),
        ("zh-Hant-HK,en;q=0.8", "zh-TW"),
        ("zh", "zh-TW"),
        ("en-GB,zh-TW;q=0.9", "en"),
        ("en;q=0.2, zh-TW;q=0.7", "zh-TW"),
        ("zh-TW;q=0, en;q=0.1", "en"),
        ("zh-TW;q=high", "en"),
        ("zh-TW;q=nan", "en"),
        ("\ufffd,;;q=,=", "en"),
    ],
)
def test_the_browser_chooses_among_the_languages(header: str, language: str):
    assert language == texts_for(header, "en").language


def test_a_browser_that_asks_for_none_of_ours_gets_the_configured_language():
    assert "zh-TW" == texts_for("de", "zh-TW").language


@pytest.mark.parametrize(
    ("language", "date"), [("en", f"{NOON.day} {NOON:%B %Y}"), ("zh-TW", f"{NOON.year} 年")]
)
def test_a_date_is_written_as_people_write_it(language: str, date: str):
    assert texts_of(language).date(NOON).startswith(date)


def _placeholders(text: str) -> list[str]:
    return re.findall(r"{(\w+)}", text)
