"""What an author gets wrong at first is one line that says where, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from infra.config.plugins import installed
from infra.config.project import ConfigError
from penstock.errors import PluginError
from penstock.plugins import imported, load
from penstock.testing import datafile

CLASS = """
from pydantic import BaseModel
from penstock.api import Door, hookimpl

class Settings(BaseModel): ...

class AcmePay:
    name = "acmepay"
    def __init__(self, context): ...
    async def authenticate(self, delivery, now): ...
    def read(self, delivery): ...
"""
REGISTER = 'name="acmepay", settings=Settings, build=AcmePay, door=Door({})'


def registering(arguments: str = REGISTER, hook: str = "penstock_register_gateways") -> str:
    """A plugin that calls `register` with those arguments."""
    return f"{CLASS}\n@hookimpl\ndef {hook}(register):\n    register({arguments})\n"


Write = Callable[..., str]


@pytest.fixture
def package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Write:
    """Writes a package `acme…` of its own for each test, and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"acme{abs(hash(request.node.nodeid)):x}"

    def write(**files: str) -> str:
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / f"{file}.py").write_text(text.replace("PACKAGE", name))
        return name

    return write


def refused(module: str) -> str:
    """What loading it says."""
    with pytest.raises(PluginError) as raised:
        load([module])
    said = str(raised.value)
    assert "\n" not in said
    return said.replace(module, "acme")


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
    ("arguments", "said"),
    [
        (
            '"acmepay", Settings, AcmePay',
            "gateway '': register takes its arguments by name: register(name=…, settings=…,"
            " build=…)",
        ),
        ('name="acmepay", build=AcmePay', "gateway 'acmepay': register(…) lacks settings"),
        (
            f'{REGISTER}, secret=("key",)',
            "gateway 'acmepay': register(…) takes no secret: write secrets; it takes name,"
            " settings, build, secrets, webhook_secrets, permissions, door, events,"
            " whole_currencies, mock",
        ),
        (
            f'{REGISTER}, secrets=("signing_key")',
            "gateway 'acmepay': secrets must be a tuple, as in (\"…\",)",
        ),
        (
            f'{REGISTER}, permissions=("sqs:SendMessage",)',
            "gateway 'acmepay': permissions must be a tuple, as in (Permission(…),)",
        ),
        (
            'name="acmepay", settings=Settings, build=AcmePay, door={}',
            "gateway 'acmepay': door must be a Door, as in Door({})",
        ),
        (
            'name="acmepay", settings=dict, build=AcmePay, door=Door({})',
            "gateway 'acmepay': settings must be a pydantic model",
        ),
        (
            'name="acmepay", settings=Settings, build=AcmePay(None), door=Door({})',
            "gateway 'acmepay': build must be a class, or a function annotated with the class it"
            " returns",
        ),
        (
            'name="acmepay", settings=Settings, build="acmepay:AcmePay", door=Door({})',
            "gateway 'acmepay': build must be a class, or a function annotated with the class it"
            " returns",
        ),
        (
            'name="acme-pay", settings=Settings, build=AcmePay, door=Door({})',
            "gateway 'acme-pay': a name is small letters and digits, at most 30",
        ),
        (
            "name=7, settings=Settings, build=AcmePay",
            "gateway 7: name must be text",
        ),
    ],
)
def test_a_wrong_call_of_register_names_the_argument(package: Write, arguments: str, said: str):
    assert f"acme: {said}" == refused(package(__init__=registering(arguments)))


def test_a_simulator_that_is_given_as_a_function_says_what_to_write(package: Write):
    told = registering("name='acmepay', build=AcmePay", "penstock_register_simulators")

    assert (
        "acme: simulator 'acmepay': build must be text, 'package.module:function': it is imported"
        " when needed"
    ) == refused(package(__init__=told))


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
    ("text", "said"),
    [
        (
            registering().replace("@hookimpl\n", ""),
            "registers nothing: write @hookimpl above penstock_register_gateways",
        ),
        (
            CLASS + "\n@hookimpl\ndef penstock_register_gateways(register): ...",
            "registers nothing: penstock_register_gateways never calls register(…)",
        ),
        (
            registering(hook="penstock_register_gateway").replace("@hookimpl\n", ""),
            "registers nothing: there is no hook penstock_register_gateway: write"
            " penstock_register_gateways, with @hookimpl",
        ),
        (
            CLASS,
            "registers nothing: write a function marked @hookimpl, one of"
            " penstock_register_accounts, penstock_register_gateways,"
            " penstock_register_simulators, penstock_register_sinks",
        ),
        (
            registering(hook="penstock_register_gateway"),
            "there is no hook penstock_register_gateway: write penstock_register_gateways; the"
            " hooks are penstock_register_accounts, penstock_register_gateways,"
            " penstock_register_simulators, penstock_register_sinks",
        ),
    ],
)
def test_a_plugin_without_a_hook_that_works_says_what_to_write(
    package: Write, text: str, said: str
):
    assert f"acme: {said}" == refused(package(__init__=text))


def test_a_hook_with_another_argument_says_which_it_takes(package: Write):
    said = refused(package(__init__=registering().replace("(register)", "(registry)")))

    assert "penstock_register_gateways(registry)" in said
    assert said.endswith("; a hook takes `register`")


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


def test_a_stack_names_the_command_that_writes_a_data_file(package: Write):
    name = package(__init__=registering())

    with pytest.raises(ConfigError) as raised:
        installed([EntryPoint("acmepay", name, "penstock")])

    assert (
        "plugin acmepay: its package has no plugin.json: write it with"
        f" `.venv/bin/python -m penstock.testing.datafile {name}`"
    ) == str(raised.value)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (
            "acme_nowhere",
            "acme_nowhere: there is no package of that name: install it (pip install --no-deps"
            " -e FOLDER), or correct the name",
        ),
        ("./acmepay", "./acmepay: name the plugin's package, as an import does: acmepay"),
        ("acme.pay", "acme.pay: name the plugin's package, as an import does: acmepay"),
        (
            "bisect",
            "bisect: it is one file, and a plugin is a folder: move it to bisect/__init__.py",
        ),
    ],
)
def test_the_data_file_of_no_package_is_one_line(
    capsys: pytest.CaptureFixture[str], module: str, said: str
):
    assert 2 == datafile.main([module])
    assert f"penstock: {said}\n" == capsys.readouterr().err


def test_the_data_file_of_a_plugin_that_cannot_be_loaded_is_one_line(
    package: Write, capsys: pytest.CaptureFixture[str]
):
    name = package(__init__="import stripe_of_acme")

    assert 2 == datafile.main([name])

    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"penstock: {name}: importing it failed: there is no module")


def test_a_data_file_that_cannot_be_written_is_one_line(
    package: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    name = package(__init__=registering())
    file = tmp_path / name / "plugin.json"
    file.mkdir()

    assert 2 == datafile.main([name])
    assert (
        f"penstock: {file}: Is a directory: make it a file that you may write\n"
        == capsys.readouterr().err
    )


def test_a_data_file_that_is_old_names_the_command(
    package: Write, capsys: pytest.CaptureFixture[str]
):
    name = package(__init__=registering())

    assert 1 == datafile.main([name, "--check"])
    assert (
        f"penstock: {name}: its plugin.json is not what its classes say: run"
        f" python -m penstock.testing.datafile {name}\n"
    ) == capsys.readouterr().err
