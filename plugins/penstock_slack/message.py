"""
An event as a Slack message: blocks for people, text for notifications and screen readers.

A row is two fields: our label as mrkdwn, and its value as plain text without emoji, because a
payer's name is a stranger's: `*APPROVED* :white_check_mark:` is shown exactly as it was written.

Sizes [docs.slack.dev]: header 150 characters, section 10 fields of 2,000, text 4,000, and about
13,200 over all blocks. A summary has rows of 200 characters, of which the first 10 are shown, and
6 links.
"""

from __future__ import annotations

from typing import Any

from penstock.api import Event, Summary, summarize

_MOST_ROWS = 10
_ROWS = 5
"""Rows in one section."""
_IN_TEXT = 60
_LONGEST_LINK = 440


def message(event: Event, api_url: str) -> dict[str, Any]:
    """The payload for an incoming webhook."""
    summary = summarize(event, api_url)
    return {
        "text": _text(summary),
        "blocks": [
            {"type": "header", "text": _plain(summary.headline[:150])},
            *_sections(summary),
            *_footer(event, summary),
        ],
        # Nothing in the text is formatted: it holds the same names.
        "mrkdwn": False,
        # A link in a customer's name must not grow into a preview.
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape(text: str) -> str:
    """Exactly `&`, `<` and `>`, the ampersand first; nothing is left that Slack acts upon."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(summary: Summary) -> str:
    rows = [f"{label}: {escape(_cut(value))}" for label, value in summary.rows[:_MOST_ROWS]]
    return "\n".join([escape(summary.headline), *rows])


def _sections(summary: Summary) -> list[dict[str, Any]]:
    pairs = [(_mrkdwn(f"*{label}*"), _plain(value)) for label, value in summary.rows[:_MOST_ROWS]]
    return [
        {"type": "section", "fields": [part for pair in pairs[at : at + _ROWS] for part in pair]}
        for at in range(0, len(pairs), _ROWS)
    ]


def _footer(event: Event, summary: Summary) -> list[dict[str, Any]]:
    links = [f"<{escape(url)}|{escape(label)}>" for label, url in summary.links]
    short = [link for link in links if len(link) <= _LONGEST_LINK]
    said = [*short, f"{event.type} · {event.time:%Y-%m-%d %H:%M:%S} UTC"]
    return [{"type": "context", "elements": [_mrkdwn(part) for part in said]}]


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: Slack finds no links, channels or people in it that we did not write.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _cut(value: str) -> str:
    return value if len(value) <= _IN_TEXT else value[: _IN_TEXT - 1] + "…"
