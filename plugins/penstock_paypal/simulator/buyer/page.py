"""The frame of a buyer's page, and what is the same on all of them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template


def framed(content: str, *title: str) -> str:
    """A whole page of content that is HTML already; the parts of its title are text."""
    return Template(_file("frame.html")).substitute(
        title=" \N{EN DASH} ".join(map(escape, title)), style=_file("style.css"), content=content
    )


def message(title: str, text: str, link: str | None = None) -> str:
    """A page that says one thing, with a way back if there is one."""
    back = f'<p><a href="{escape(link, quote=True)}">Back to the shop</a></p>\n' if link else ""
    return framed(f"<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>\n{back}", title)


def choices(offered: Iterable[tuple[str, str, str]]) -> str:
    """A choice of outcomes: value, label and what happens; `pay` is selected first."""
    rows = "".join(
        f'<label><input type="radio" name="how" value="{value}"'
        f"{' checked' if value == 'pay' else ''}>"
        f"<span><strong>{label}</strong> <small>{text}</small></span></label>"
        for value, label, text in offered
    )
    return f"<fieldset><legend>How should it go?</legend>{rows}</fieldset>"


def _file(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath(name).read_text("utf-8")
