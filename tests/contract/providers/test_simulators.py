"""schemathesis finds no answer of a simulator that `contracts/providers` does not have."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.contract.exceptions import excluded_of_providers
from tests.contract.providers.document import PROVIDERS, provider, raw
from tests.contract.providers.fuzzing import Standing, standing
from tests.contract.providers.keys import same_key
from tests.depth import examples

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_document_is_openapi(name: str):
    schemathesis.openapi.from_dict(copy.deepcopy(raw(name))).validate()


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Standing]]:
    keys = tmp_path_factory.mktemp("providers")
    with (
        standing("example", keys) as example,
        standing("slack", keys) as slack,
        standing("paypal", keys) as paypal,
        standing("stripe", keys) as stripe,
    ):
        yield {"example": example, "slack": slack, "paypal": paypal, "stripe": stripe}


def schema(name: str) -> Any:
    made = schemathesis.openapi.from_dict(copy.deepcopy(raw(name)))
    # Its coverage phase makes thousands of requests: `make contract-deep` makes them.
    made.config.phases.coverage.enabled = False
    return made


SEARCH = settings(
    # The same ones each time; `make contract-deep` tries others.
    max_examples=examples(4),
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def try_out(case: Any, stands: Mapping[str, Standing], name: str) -> None:
    stand = stands[name]
    operation = provider(name).find(case.method, urlsplit(case.formatted_path).path)
    scheme = operation.scheme if operation else "bearer"
    same_key(case)
    answer = case.call(base_url=stand.url, headers=dict(stand.headers(scheme)), timeout=10)
    case.validate_response(answer, excluded_checks=excluded_of_providers())


@schema("paypal").parametrize()
@SEARCH
def test_paypals_simulator_answers_as_documented(case: Any, stands: Mapping[str, Standing]):
    try_out(case, stands, "paypal")


@schema("example").parametrize()
@SEARCH
def test_the_example_gateways_simulator_answers_as_documented(
    case: Any, stands: Mapping[str, Standing]
):
    try_out(case, stands, "example")


@schema("slack").parametrize()
@SEARCH
def test_slacks_simulator_answers_as_documented(case: Any, stands: Mapping[str, Standing]):
    try_out(case, stands, "slack")


@schema("stripe").parametrize()
@SEARCH
def test_stripes_simulator_answers_as_documented(case: Any, stands: Mapping[str, Standing]):
    try_out(case, stands, "stripe")
