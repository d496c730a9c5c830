"""The frame of the simulator's own pages: plain HTML that fits a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from aiohttp import web

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem }
nav a { display: inline-block; margin-right: 1rem; padding: .5rem 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
caption { font-size: 1.25rem; font-weight: 600; padding: 1rem 0 .25rem; text-align: left }
td, th { border-bottom: 1px solid #8888; padding: .4rem 1rem .4rem 0; text-align: left }
td, tbody th { overflow-wrap: break-word; vertical-align: top }
pre { overflow-x: auto }
@media (max-width: 40rem) {
  thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; width: 1px }
  tr { border-bottom: 1px solid #8888; display: block; padding: .5rem 0 }
  tbody th, td { border: 0; display: block; padding: .1rem 0 }
  tbody th, td { overflow-wrap: anywhere }
  td::before { content: attr(data-label) ": "; font-weight: 600 }
}
</style>
</head>
<body>
<header>
<nav aria-label="Pages"><a href="/">Overview</a><a href="/invoices">Invoices</a></nav>
</header>
<main>
<h1>$title</h1>
$content
</main>
</body>
</html>
""")


def page(title: str, content: str) -> web.Response:
    """A page of that title; the content is HTML already."""
    html = _PAGE.substitute(title=escape(title), content=content)
    return web.Response(text=html, content_type="text/html", charset="utf-8")


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts, the first of each row its name; a sentence where there are no rows."""
    body = "".join(_row(heads, row) for row in rows)
    if not body:
        return f"<h2>{escape(caption)}</h2><p>None yet.</p>"
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    # A region that scrolls must be reachable with the keyboard, and have a name.
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(heads: Sequence[str], row: Sequence[str]) -> str:
    first, *others = row
    cells = (
        f'<td data-label="{escape(head)}">{escape(cell)}</td>'
        for head, cell in zip(heads[1:], others, strict=True)
    )
    return f'<tr><th scope="row">{escape(first)}</th>{"".join(cells)}</tr>'
