"""What the Example gateway needs to be told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, field_validator

from penstock.api import MOCK


class ExampleSettings(BaseModel):
    """Where it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_uri: HttpUrl | Literal["mock"] = Field(
        description="charges are posted here, and looked up at this address with their id added; "
        "plans, subscriptions and checkouts are beside it; or mock: a function of the stack "
        "answers with mocked results",
        json_schema_extra={
            "pattern": "^(https?://|mock$)",
            "examples": ["https://charges.example.com/charges"],
        },
    )

    @field_validator("request_uri")
    @classmethod
    def _plain(cls, uri: HttpUrl | Literal["mock"]) -> HttpUrl | Literal["mock"]:
        # Settings are not secret: they are in the stack's configuration and its outputs.
        if uri == MOCK:
            return uri
        if uri.username or uri.password or uri.query or uri.fragment:
            raise ValueError("request_uri takes no user, query or fragment")
        return uri
