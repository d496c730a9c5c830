"""Where the database is, and how it is reached."""

from __future__ import annotations

import ipaddress
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SCHEMA = r"^(?!pg_)[a-z_][a-z0-9_]{0,62}$"
_LOOPBACK_NAME = "localhost"
_LOOPBACK = r"^(localhost|127(\.[0-9]{1,3}){3}|::1)$"


def _only_loopback_is_plain(schema: dict[str, Any]) -> None:
    """The same rule for the stack, which validates settings by the schema in `plugin.json`."""
    schema["if"] = {"properties": {"tls": {"const": "none"}}, "required": ["tls"]}
    schema["then"] = {"properties": {"host": {"pattern": _LOOPBACK, "examples": [_LOOPBACK_NAME]}}}


class PostgresSettings(BaseModel):
    """One database; the role's password is a secret."""

    # Python's own engine: pydantic's has no look-ahead.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        regex_engine="python-re",
        json_schema_extra=_only_loopback_is_plain,
    )

    host: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$|^[0-9A-Fa-f:]*::?[0-9A-Fa-f:]+$",
        description="a name or an address; with TLS the certificate must be for it",
        examples=["db.example.com"],
        json_schema_extra={"format": "hostname"},
    )
    port: int = Field(5432, ge=1, le=65535)
    database: str = Field(min_length=1, max_length=63)
    user: str = Field(min_length=1, max_length=63, description="a role that may log in")
    schema_name: str = Field(
        "penstock",
        pattern=SCHEMA,
        examples=["penstock"],
        description="the schema that holds the tables; nothing outside it is touched",
    )
    tls: Literal["verify-full", "none"] = Field(
        "verify-full", description="none only where the host is this machine"
    )
    ca: str | None = Field(
        None,
        pattern=r"^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$",
        description="the CA that signed the server's certificate, in PEM, if no system knows it",
    )
    ca_file: str | None = Field(
        None,
        description="the same as a file of the host that runs `penstock serve`",
        json_schema_extra={"format": "file-path"},
    )
    migrations: Literal["automatic", "manual"] = Field(
        "automatic", description="whether the sink makes and changes its tables itself"
    )
    connections: int = Field(4, ge=1, le=50, description="most of them in each process")
    statement_timeout_seconds: int = Field(10, ge=1, le=60)

    @model_validator(mode="after")
    def _is_coherent(self) -> PostgresSettings:
        if self.tls == "none" and not _is_loopback(self.host):
            raise ValueError("tls: none is for a host on this machine only: remove tls")
        if self.ca and self.ca_file:
            raise ValueError("ca and ca_file say the same: remove one of them")
        return self


def _is_loopback(host: str) -> bool:
    if host == _LOOPBACK_NAME:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
