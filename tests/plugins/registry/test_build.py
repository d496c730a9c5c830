"""Building what is configured, from its variables."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from pydantic import BaseModel, HttpUrl, SecretStr, field_validator

from penstock.api import Context, SettingsError
from penstock.errors import PluginError
from penstock.plugins import Registration, load
from tests.plugins.registry.fakes import AcmePay, AcmeSettings, Pager, gateway_plugin, sink_plugin

URI = {"PROVIDER_ACME_REQUEST_URI": "https://acme.test/charges"}


def make_context(registration: Registration, settings: BaseModel) -> Context[Any]:
    """A context of settings alone: what a fake needs."""
    world: Any = None
    return Context(settings, *(world,) * 7, request_timeout=1.0)


def build(environ: dict[str, str], **rest: Any) -> Any:
    return load([gateway_plugin(**rest)]).build_gateway("acme", environ, make_context)


def test_a_gateway_gets_its_settings_from_its_variables():
    gateway = build(
        {
            **URI,
            "PROVIDER_ACME_LABELS": '["a", "b"]',
            "PROVIDER_ACME_RETRIES": "5",
            "PROVIDER_OTHER_RETRIES": "not ours",
            "SINK_ACME_RETRIES": "not ours",
        }
    )

    assert AcmePay is type(gateway)
    assert (
        AcmeSettings(
            request_uri=HttpUrl("https://acme.test/charges"), labels=["a", "b"], retries=5
        )
        == gateway.context.settings
    )


def test_a_sink_gets_its_settings_from_its_variables():
    registry = load([sink_plugin(settings=AcmeSettings)])
    sink: Any = registry.build_sink(
        "pager", {"SINK_PAGER_REQUEST_URI": "https://pager.test/"}, make_context
    )

    assert Pager is type(sink)
    assert "pager.test" == sink.context.settings.request_uri.host


def test_only_what_is_asked_for_is_built():
    class Exploding(AcmePay):
        def __init__(self, context: Context[Any]) -> None:
            raise AssertionError("nobody configured it")

    registry = load([gateway_plugin("other", name="other", build=Exploding), sink_plugin()])

    assert "pager" == registry.build_sink("pager", {}, make_context).name


@pytest.mark.parametrize("environ", [{}, {"PROVIDER_ACME_REQUEST_URI": ""}])
def test_a_missing_setting_names_plugin_variable_and_remedy(environ: dict[str, str]):
    with pytest.raises(PluginError) as refused:
        build(environ)

    said = str(refused.value)
    assert said.startswith("acmepay: gateway 'acme': PROVIDER_ACME_REQUEST_URI is missing")
    assert "penstock:gateways" in said


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("REQUEST_URI", "hunter2", "text of 7 characters: Input should be a valid URL"),
        ("RETRIES", "hunter2", "text of 7 characters: Input should be a valid integer"),
        ("LABELS", "hunter2", "text of 7 characters: Input should be a valid list"),
        ("LABELS", '["a", {"x": "hunter2"}]', "LABELS[1] is an object"),
        ("LABELS", '["hunter2"', "begins like JSON and is none"),
        ("RETRIES", '["hunter2"]', "a list of 1"),
        ("REQUEST_URL", "hunter2", "REQUEST_URL is no setting of it"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_told(variable: str, value: str, said: str):
    with pytest.raises(PluginError) as refused:
        build({**URI, f"PROVIDER_ACME_{variable}": value})

    assert said in str(refused.value)
    assert f"PROVIDER_ACME_{variable}" in str(refused.value)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_a_validator_that_quotes_the_value_is_not_quoted():
    class Quoting(AcmeSettings):
        @field_validator("labels", mode="before")
        @classmethod
        def _quote(cls, value: object) -> object:
            raise ValueError(f"{value} is bad")

    environ = {**URI, "PROVIDER_ACME_LABELS": "hunter2"}

    with pytest.raises(PluginError) as refused:
        build(environ, settings=Quoting)

    assert "PROVIDER_ACME_LABELS is text of 7 characters: not accepted" in str(refused.value)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(PluginError) as refused:
        build({"PROVIDER_ACME_RETRIES": "many"})

    assert "PROVIDER_ACME_REQUEST_URI is missing" in str(refused.value)
    assert "PROVIDER_ACME_RETRIES is text" in str(refused.value)


def settings_error(context: Any) -> AcmePay:
    raise SettingsError("the key is no key")


def any_error(context: Any) -> AcmePay:
    raise RuntimeError(f"{context.settings.request_uri}: no such hunter2")


def the_end(context: Any) -> AcmePay:
    raise SystemExit(2)


def something_else(context: Any) -> AcmePay:
    return Pager(context)  # type: ignore[return-value]  # the lie under test


class Renamed(AcmePay):
    name = "apex"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (settings_error, "the key is no key"),
        (any_error, "building it raised RuntimeError: <request_uri>: no such hunter2 (registry/"),
        (the_end, "building it raised SystemExit: 2"),
        (something_else, "build returned a Pager, not the AcmePay it promised"),
        (Renamed, "calls itself 'apex'"),
    ],
)
def test_a_gateway_that_cannot_be_built_is_named(how: Any, said: str):
    with pytest.raises(PluginError) as refused:
        build(URI, build=how)

    assert str(refused.value).startswith("acmepay: gateway 'acme': ")
    assert said in str(refused.value)
    assert "acme.test" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("key sk_live_51HxY2eZvKYlo2C9a7b is no key", "key … is no key"),
        ("no account of ada@example.test", "no account of …"),
        ("two\nlines\x1b[31m", "two lines [31m"),
        ("x" * 1000, f"{'x' * 300}…"),
        ("", "raised RuntimeError ("),
    ],
)
def test_what_a_build_raises_is_one_line_without_keys_and_addresses(told: str, said: str):
    def raising(context: Any) -> AcmePay:
        raise RuntimeError(told)

    with pytest.raises(PluginError) as refused:
        build(URI, build=raising)

    assert said in str(refused.value)
    assert 1 == len(str(refused.value).splitlines())


def test_a_secret_setting_is_not_quoted_either():
    class Hiding(AcmeSettings):
        pin: SecretStr = SecretStr("hunter2!")

    def raising(context: Any) -> AcmePay:
        raise RuntimeError(f"the pin {context.settings.pin.get_secret_value()} is wrong")

    with pytest.raises(PluginError, match="the pin <pin> is wrong"):
        build(URI, build=raising, settings=Hiding)


def test_a_setting_that_is_left_out_hides_no_word_of_the_text():
    class Sparse(AcmeSettings):
        reply_to: str | None = None

    def raising(context: Any) -> AcmePay:
        return context.settings.reply_to.get("name")  # type: ignore[no-any-return]  # the mistake

    with pytest.raises(PluginError, match="'NoneType' object has no attribute 'get'"):
        build(URI, build=raising, settings=Sparse)
