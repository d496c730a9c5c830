"""E-mail does what every sink must."""

from __future__ import annotations

import pytest

from penstock.plugins import load
from penstock.testing.conformance import Bench, SinkConformance
from penstock.testing.context import AlwaysAws


class TestEmail(SinkConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(
            load(["penstock_email"]).sink("email"),
            {
                "SINK_EMAIL_SENDER": "payments@penstock.test",
                "SINK_EMAIL_RECIPIENTS": '["ada@penstock.test"]',
            },
            aws=AlwaysAws({"MessageId": "m-1"}),
        )
