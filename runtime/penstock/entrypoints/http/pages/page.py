"""
One page of HTML, by the standard library: a function starts without a template engine.

What is put in is escaped; the style and the script are allowed by their hashes, nothing else is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from string import Template

from penstock import problems
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.page_policy import policy
from penstock.entrypoints.http.pages.texts import FOLDER, Texts, texts_for
from penstock.errors import RequestRefused
from penstock.settings import Settings

_FIXED = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Language",
}


@dataclass(frozen=True, slots=True)
class PageSettings:
    """
    What a merchant decided about the pages.

    Attributes:
        brand: the name at the top.
        language: for browsers that ask for none of ours.
        support_url: where buyers get help, and `continue_url` where they go on.
    """

    brand: str = ""
    language: str = "en"
    support_url: str | None = None
    continue_url: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> PageSettings:
        """What the environment says of the pages."""
        return cls(
            settings.pages_brand,
            settings.pages_language,
            settings.pages_support_url,
            settings.pages_continue_url,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """A link on the page; the first one stands out."""

    href: str = field(repr=False)
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """
    What a page says.

    Attributes:
        tone: good, wait, care or bad; the words say the same.
        because: a line on why.
        settled: whether the page may stop looking for news.
    """

    tone: str
    title: str
    text: str
    because: str = ""
    more: str = ""
    links: Sequence[Link] = ()
    settled: bool = True


def html(
    content: Content, settings: PageSettings, texts: Texts, *, status: int = 200, state: str = ""
) -> Answer:
    """
    The page.

    Args:
        state: where the page looks for news of itself, relative to its own address.
    """
    style, script = _file("page.css"), _file("page.js")
    looks = bool(state) and not content.settled
    brand = f" · {settings.brand}" if settings.brand else ""
    attributes = {"state": state, "stopped": texts["updates.stopped"], "brand": brand}
    page = Template(_file("page.html")).substitute(
        language=texts.language,
        brand=escape(settings.brand),
        title=escape(content.title),
        head=escape(content.title + brand),
        text=escape(content.text),
        because=escape(content.because),
        more=escape(content.more),
        tone=content.tone,
        state="".join(f' data-{k}="{escape(v)}"' for k, v in attributes.items() if looks),
        links="".join(_anchor(link, first=not place) for place, link in enumerate(content.links)),
        style=style,
        script=f"<script>{script}</script>" if looks else "",
    )
    allowed = {"content-security-policy": policy(style, script if looks else "")}
    return Answer(status, page.encode(), {**_FIXED, **allowed, "content-language": texts.language})


def problem_page(refused: RequestRefused, settings: PageSettings, accept_language: str) -> Answer:
    """A refusal as a page that says what to do; the problem's own words are for programs."""
    texts = texts_for(accept_language, settings.language)
    match refused.kind:
        case problems.NO_SUCH_RETURN:
            name, tone = "gone", "care"
        case problems.UNAVAILABLE:
            name, tone = "busy", "care"
        case _:
            name, tone = "error", "bad"
    content = Content(
        tone,
        texts[f"{name}.title"],
        texts[f"{name}.text"],
        more=texts.get(f"{name}.more"),
        links=onward(settings, texts),
    )
    answer = html(content, settings, texts, status=refused.status)
    return Answer(answer.status, answer.body, {**answer.headers, **refused.headers})


def onward(settings: PageSettings, texts: Texts) -> list[Link]:
    """Where every page leads: on, and to help."""
    addresses = {"link.continue": settings.continue_url, "link.support": settings.support_url}
    return [Link(href, texts[name]) for name, href in addresses.items() if href]


def _anchor(link: Link, *, first: bool) -> str:
    kind = ' class="first"' if first else ""
    return f'<a{kind} href="{escape(link.href)}">{escape(link.text)}</a>'


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
