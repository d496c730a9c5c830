"""A client of HTTP, and an address where nobody listens."""

from __future__ import annotations

import socket

import pytest

from penstock.adapters.http import AiohttpHttp


@pytest.fixture
async def http():
    http = AiohttpHttp(timeout=5)
    yield http
    await http.aclose()


@pytest.fixture
def closed_url() -> str:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unheard.getsockname()[1]}"
