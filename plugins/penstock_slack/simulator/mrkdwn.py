"""Slack's mrkdwn as HTML, as far as our messages use it: bold, links, lines."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_TOKEN = re.compile(r"<(?P<url>https?://[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>|<(?P<act>[^<>]*)>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


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
    bold = _BOLD.sub(r"<strong>\1</strong>", escaped)
    return Markup(bold.replace("\n", "<br>"))  # noqa: S704 - escaped above, our own tags added


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
