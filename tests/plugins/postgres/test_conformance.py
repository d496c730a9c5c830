"""The sink does what every sink must, against a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from penstock.api import Context
from penstock.plugins import as_text, load
from penstock.testing.conformance import Bench, SinkConformance
from penstock_postgres.sink import PostgresSink
from tests.plugins.postgres.server import PASSWORD, Server

pytestmark = pytest.mark.postgres


class TestPostgres(SinkConformance):
    @pytest.fixture
    async def bench(self, server: Server, schema: str) -> AsyncIterator[Bench]:
        registration, made = load(["penstock_postgres"]).sink("postgres"), list[PostgresSink]()

        def build(context: Context[Any]) -> PostgresSink:
            made.append(registration.build(context))
            return made[-1]

        yield Bench(
            replace(registration, build=build),
            variables(server.settings(schema_name=schema)),
            {"password": PASSWORD},
        )
        for sink in made:
            await sink.close()

    @pytest.fixture
    def dark(self, bench: Bench, server: Server) -> Bench:
        return replace(bench, environ=variables(server.settings(port=1)))


def variables(settings: dict[str, Any]) -> dict[str, str]:
    return {f"SINK_POSTGRES_{name.upper()}": as_text(value) for name, value in settings.items()}
