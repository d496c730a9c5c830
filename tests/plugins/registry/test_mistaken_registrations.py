"""A registration that is wrong is one line that says where, and what to do."""

from __future__ import annotations

import pytest

from tests.plugins.registry.mistaken import CLASS, REGISTER, Write, refused, registering


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
