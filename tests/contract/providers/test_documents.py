"""The documents of `contracts/providers` have what plugins call, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.providers.document import FOLDER, METHODS, PROVIDERS, provider, raw

PLUGINS = FOLDER.parents[1] / "plugins"
PAYPAL = PLUGINS / "penstock_paypal"
_PATH = re.compile(r'"(/v[12]/[a-z][^"?#]*)')
_ID = re.compile(r"\{[^{}]*\}")


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_operation_has_a_name_of_its_own_and_says_what_it_is_for(name: str):
    told = [
        item[method]
        for item in raw(name)["paths"].values()
        for method in METHODS
        if method in item
    ]

    assert len(told) == len({one["operationId"] for one in told})
    assert all(one["summary"] for one in told)


@pytest.mark.parametrize("name", ["paypal", "stripe"])
def test_each_operation_of_a_real_provider_names_the_source_of_its_facts(name: str):
    for path, item in raw(name)["paths"].items():
        for method in METHODS:
            assert method not in item or item[method]["x-source"], path


def sources(plugin: Path = PAYPAL) -> str:
    files = [one for one in plugin.rglob("*.py") if "simulator" not in one.parts]
    return "".join(one.read_text("utf-8") for one in sorted(files) if one != idempotency())


def idempotency() -> Path:
    """PayPal's own list of the requests that take a request id: more than we make."""
    return PAYPAL / "client/idempotency.py"


def test_the_document_has_each_path_that_the_plugin_names():
    operations = provider("paypal").operations
    named = {_ID.sub("ID-0", path).rstrip("/") for path in _PATH.findall(sources())}

    assert 18 < len(named)
    assert [] == [
        path for path in sorted(named) if not any(one.path.fullmatch(path) for one in operations)
    ]


@pytest.mark.parametrize("name", ["paypal", "stripe"])
def test_the_plugin_names_each_word_of_each_path_that_the_document_has(name: str):
    text = sources(PLUGINS / f"penstock_{name}")
    words = {
        word
        for one in provider(name).operations
        for word in one.template.split("/")
        if word and "{" not in word
    }

    assert [] == sorted(word for word in words if not re.search(rf"\b{re.escape(word)}\b", text))
