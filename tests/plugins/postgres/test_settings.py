"""What the sink may be told; needs no server."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from infra.config.configured import configured
from infra.config.load import load as load_stack
from infra.config.plugins import installed
from infra.config.project import ROOT, ConfigError
from infra.graph.program import defaults
from penstock.errors import PluginError
from penstock.plugins import load, read_settings
from penstock_postgres.schema import script
from penstock_postgres.settings import PostgresSettings

GIVEN: dict[str, Any] = {"host": "db.example.com", "database": "books", "user": "penstock_writer"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_the_server_is_verified_unless_something_else_is_said():
    settings = PostgresSettings(**GIVEN)

    assert ("verify-full", 5432, "penstock") == (
        settings.tls,
        settings.port,
        settings.schema_name,
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.9", "::1", "localhost"])
def test_plain_text_is_for_this_machine(host: str):
    assert "none" == PostgresSettings(**{**GIVEN, "host": host, "tls": "none"}).tls


@pytest.mark.parametrize(
    "host", ["db.example.com", "10.0.0.7", "localhost.example.com", "127.0.0.1.example.com"]
)
def test_plain_text_to_another_machine_is_refused(host: str):
    with pytest.raises(ValidationError, match="tls: none is for a host on this machine only"):
        PostgresSettings(**{**GIVEN, "host": host, "tls": "none"})


def test_a_host_reads_them_from_variables_and_says_what_is_wrong():
    registration = load(["penstock_postgres"]).sink("postgres")
    environ = {f"SINK_POSTGRES_{name.upper()}": value for name, value in GIVEN.items()}

    assert 6432 == read_settings(registration, {**environ, "SINK_POSTGRES_PORT": "6432"}).port
    with pytest.raises(PluginError, match="tls: none is for a host on this machine only"):
        read_settings(registration, {**environ, "SINK_POSTGRES_TLS": "none"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tls": "none"}, "sinks.postgres.host.*write one as in localhost"),
        ({"tls": "require"}, "sinks.postgres.tls"),
        ({"schema_name": "pg_catalog"}, "sinks.postgres.schema_name.*as in penstock"),
        ({"password": "x"}, "password is a secret, which no file may hold"),
        ({"host": "db.example.com/books"}, "sinks.postgres.host.*as in db.example.com"),
    ],
)
def test_the_stack_refuses_what_the_sink_would(given: dict[str, Any], said: str):
    declared = {key.removeprefix("penstock:"): value for key, value in defaults().items()}
    declared |= {"gateways": {"paypal": {"environment": "sandbox"}}}
    declared |= {"sinks": {"postgres": {**GIVEN, **given}}}

    with pytest.raises(ConfigError, match=said):
        configured(load_stack("dev", declared), installed())


def test_the_page_names_every_setting_and_its_examples_are_settings():
    page = (ROOT / "docs" / "postgres.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    given = [next(iter(yaml.safe_load(one).values()))["postgres"] for one in blocks]

    assert [] == [name for name in PostgresSettings.model_fields if f"`{name}`" not in page]
    assert ["verify-full", "none"] == [PostgresSettings(**one).tls for one in given]


def test_a_ca_is_said_once():
    with pytest.raises(ValidationError, match="ca and ca_file say the same"):
        PostgresSettings(**GIVEN, ca=PEM, ca_file="ca.pem")
    with pytest.raises(ValidationError):
        PostgresSettings(**GIVEN, ca="ca.pem")


@pytest.mark.parametrize("name", ['a"; DROP SCHEMA public', "pg_temp", "Books", "", "a" * 64])
def test_a_schemas_name_cannot_be_sql(name: str):
    with pytest.raises(ValidationError):
        PostgresSettings(**GIVEN, schema_name=name)
    with pytest.raises(ValueError, match="schema's name"):
        script(name)
