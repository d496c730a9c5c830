"""What the pages of the contract share: their look, and how they are written."""

from __future__ import annotations

from typing import Any

STYLE = """
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto;
         padding: 0 1rem; color: #1b1f24; background: #fff }
  code { font: 14px/1.45 ui-monospace, monospace; padding: .1em .3em; border-radius: 4px;
         background: #f3f5f7 }
  @media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
    code { background: #161b22 } a { color: #8ab4f8 } }
"""
"""The style of these pages."""
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
"""
_FOOT = """</body>
</html>
"""


def written(body: str, title: str, **told: Any) -> str:
    """
    A page without scripts.

    Args:
        body: a template; the values in it are escaped.
    """
    # Imported here: only these pages need it, so other cold starts do not pay for it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(_HEAD + body + _FOOT)
    return template.render(title=title, style=STYLE, **told)
