"""`penstock tokens`: created, listed and revoked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.commands import penstock


@pytest.mark.emulator
class TestTokens:
    def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(self, stack: Stack):
        token = penstock("tokens", "create", "the shop").stdout.strip()
        (listed,) = json.loads(penstock("tokens", "list", "--json").stdout)

        assert token.startswith(f"pst_{listed['id']}_")
        assert "the shop" == listed["name"]
        assert token.split("_")[2] not in json.dumps(listed)
        assert 0 == penstock("tokens", "revoke", listed["id"]).exit_code
        assert 4 == penstock("tokens", "revoke", listed["id"]).exit_code

    def test_a_token_is_listed_with_its_scopes_client_expiry_and_last_use(self, stack: Stack):
        penstock("tokens", "create", "shop")
        options = ["--scope", "operate", "--scope", "read", "--client", "office"]
        made = json.loads(
            penstock("--json", "tokens", "create", "ops", *options, "--expires", "90d").stdout
        )
        shop, ops = json.loads(penstock("tokens", "list", "--json").stdout)
        people = penstock("tokens", "list").stdout

        assert (["read", "pay"], "shop", None, None) == (
            shop["scopes"],
            shop["client"],
            shop["expires_at"],
            shop["last_used_at"],
        )
        assert (["read", "operate"], "office") == (ops["scopes"], ops["client"])
        lasts = datetime.fromisoformat(ops["expires_at"]) - datetime.fromisoformat(
            ops["created_at"]
        )
        assert timedelta(days=90) == lasts
        assert ops == {name: value for name, value in made.items() if name != "token"}
        for word in (ops["id"], "read,operate", "office", ops["expires_at"][:10], "never"):
            assert word in people

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            (["--scope", "write"], "operate"),
            (["--expires", "90"], "90d"),
            (["--expires", "0d"], "90d"),
            (["--expires", "-1d"], "90d"),
            (["--expires", "10000w"], "9999"),
            (["--client", " "], "client"),
        ],
    )
    def test_a_wrong_scope_duration_or_client_makes_no_token(
        self, stack: Stack, option: list[str], said: str
    ):
        result = penstock("tokens", "create", "shop", *option)

        assert 2 == result.exit_code
        assert said in result.stderr
        assert [] == json.loads(penstock("tokens", "list", "--json").stdout)
