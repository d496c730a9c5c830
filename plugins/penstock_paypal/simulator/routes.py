"""Which operation a request asks for."""

from __future__ import annotations

import re

from aiohttp import web

_ID = re.compile(r"\{[^}]*\}")


def nameless(path: str) -> str:
    """A path with `{}` for each id, whatever the id is called."""
    return _ID.sub("{}", path)


def operation(request: web.Request) -> tuple[str, str]:
    """Method and nameless path of the route that the request goes to; no path if to none."""
    resource = request.match_info.route.resource
    return request.method, nameless(resource.canonical) if resource is not None else ""
