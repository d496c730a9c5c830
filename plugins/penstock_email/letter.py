"""An event as a letter: subject, text and HTML, from the templates beside this module."""

from __future__ import annotations

from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from penstock.api import Event, one_line, summarize


@dataclass(frozen=True, slots=True)
class Letter:
    """What is mailed; the subject is one line."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


class Letters:
    """The templates, read once."""

    def __init__(self) -> None:
        templates = Environment(
            loader=PackageLoader("penstock_email"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._text = templates.get_template("event.txt")
        self._html = templates.get_template("event.html")

    def write(self, event: Event, api_url: str) -> Letter:
        """Write the letter for one event."""
        summary = summarize(event, api_url)
        words = {"summary": summary, "event": event, "time": f"{event.time:%Y-%m-%d %H:%M:%S}"}
        # One line again, though the summary's texts are: a line break here would be a header.
        return Letter(
            one_line(summary.headline), self._text.render(words), self._html.render(words)
        )
