"""
Slack's text objects as HTML.

Of mrkdwn: bold, italic, strikethrough, code, emoji, links, lines. Of plain text: emoji, unless
they are off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

_TOKEN = re.compile(r"<(?P<url>https?://[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>|<(?P<act>[^<>]*)>")
# The minutes of a time (08:46:21) are none.
_EMOJI = re.compile(r":(?!\d\d:\d)([a-z0-9_+-]+):")
_MARKS = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*([^*\n]+)\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"~([^~\n]+)~"), r"<del>\1</del>"),
    (_EMOJI, r'<span class="emoji">\1</span>'),
)


def shown(text: Mapping[str, Any]) -> Markup:
    """A text object as a person sees it."""
    if text["type"] == "mrkdwn":
        return to_html(text["text"])
    escaped = str(escape(text["text"]))
    if text.get("emoji", True):
        escaped = _EMOJI.sub(r'<span class="emoji">\1</span>', escaped)
    return Markup(escaped)  # noqa: S704 - escaped above, our own tags added


def to_html(text: str) -> Markup:
    """The text as a person sees it; what Slack would act upon (`<!channel>`) is shown in red."""
    html, at = Markup(), 0
    for token in _TOKEN.finditer(text):
        html += _plain(text[at : token.start()])
        url, label, act = token["url"], token["label"], token["act"]
        if url:
            html += Markup('<a href="{}">{}</a>').format(_unescape(url), _unescape(label or url))
        else:
            html += Markup('<strong class="act">{}</strong>').format(_unescape(act))
        at = token.end()
    return html + _plain(text[at:])


def _plain(text: str) -> Markup:
    escaped = str(escape(_unescape(text)))
    for mark, html in _MARKS:
        escaped = mark.sub(html, escaped)
    return Markup(escaped.replace("\n", "<br>"))  # noqa: S704 - escaped above, our own tags added


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
