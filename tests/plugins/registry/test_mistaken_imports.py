"""A package that cannot be imported is one line that says where, and what to do."""

from __future__ import annotations

import pytest

from penstock.errors import PluginError
from penstock.plugins import imported, load
from tests.plugins.registry.mistaken import Write, refused, registering


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"__init__": "import stripe_of_acme"},
            "there is no module 'stripe_of_acme', which acme/__init__.py:1 imports: install it"
            " beside Penstock, or correct the import",
        ),
        (
            {
                "__init__": "\nfrom PACKAGE import gateway",
                "gateway": "\n\nimport PACKAGE.deep",
                "deep": "import stripe_of_acme",
            },
            "there is no module 'stripe_of_acme', which acme/__init__.py:2 → acme/gateway.py:3 →"
            " acme/deep.py:1 imports: install it beside Penstock, or correct the import",
        ),
        (
            {"__init__": "from PACKAGE.gatway import AcmePay"},
            "there is no module 'acme.gatway', which acme/__init__.py:1 imports: install it"
            " beside Penstock, or correct the import",
        ),
        (
            {"__init__": "from penstock.api import Webhoks"},
            "cannot import name 'Webhoks' from 'penstock.api' (acme/__init__.py:1); repair it",
        ),
        (
            {"__init__": "from PACKAGE import gateway", "gateway": "\ndef x(:"},
            "invalid syntax in acme/gateway.py:2; repair it",
        ),
        (
            {"__init__": "x = Nothing"},
            "name 'Nothing' is not defined (acme/__init__.py:1); repair it",
        ),
        (
            {"__init__": "import sys\nsys.exit(3)"},
            "it calls sys.exit (acme/__init__.py:2); remove that: an import must only define"
            " things",
        ),
        (
            {"__init__": "raise RuntimeError('hunter2')"},
            "it raised RuntimeError (acme/__init__.py:1); repair it",
        ),
    ],
)
def test_an_import_that_fails_says_why_and_by_which_files(
    package: Write, files: dict[str, str], said: str
):
    assert f"acme: importing it failed: {said}" == refused(package(**files))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (
            "PACKAGE.simulater:build",
            "PACKAGE.simulater: importing it failed: there is no module 'PACKAGE.simulater':"
            " correct the name, or write it",
        ),
        (
            "PACKAGE.simulator:bild",
            "PACKAGE: build 'PACKAGE.simulator:bild' of acmepay: PACKAGE.simulator has no bild;"
            " correct build, or write it",
        ),
    ],
)
def test_a_simulator_that_is_not_there_is_named(package: Write, build: str, said: str):
    register = f"name='acmepay', build='{build}'"
    name = package(
        __init__=registering(register, "penstock_register_simulators"),
        simulator="def build(folder): ...",
    )
    (offer,) = load([name]).simulators

    with pytest.raises(PluginError) as raised:
        imported(offer)

    assert said.replace("PACKAGE", name) == str(raised.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "acme_pay",
            "acme_pay: importing it failed: there is no module 'acme_pay': install its package,"
            " or correct the name; an installed plugin is named by the entry points in its"
            " pyproject.toml",
        ),
        (
            "acmepay:AcmePay",
            "acmepay:AcmePay: an entry point of the group penstock names a package: write acmepay",
        ),
    ],
)
def test_an_entry_point_that_names_no_package_says_what_to_write(value: str, said: str):
    with pytest.raises(PluginError) as raised:
        load([value])

    assert said == str(raised.value)
