"""A stack that the engine made stand, and the surroundings that make it work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local.aws import client
from local.platform import Platform, secret_values
from tests.e2e.world import World
from tests.engine.conftest import Ground
from tests.engine.deployed import Deployed, Run


@dataclass(slots=True)
class Standing:
    """
    One stack; each test finds it standing, as its file says, and leaves it so.

    Attributes:
        outputs: what the last `up` exported; None while the stack does not stand.
    """

    ground: Ground
    deployed: Deployed
    outputs: dict[str, Any] | None = None

    def up(self) -> Run:
        """Make it what its file says."""
        run = self.deployed.done("up")
        self.outputs = dict(run.outputs)
        return run

    def world(self) -> World:
        """Eyes and hands, once what is left to people is done: secrets, the verified sender."""
        assert self.outputs
        url = self.ground.emulator.url
        for name, one in self.ground.simulators.items():
            for secret, value in secret_values(self.outputs, name, one.told.secret).items():
                client("secretsmanager", url).put_secret_value(
                    SecretId=secret, SecretString=json.dumps(value)
                )
        sender = self.outputs["sinks"]["email"]["sender"]
        client("sesv2", url).create_email_identity(EmailIdentity=sender)
        outputs = {**self.outputs, "apiUrl": self.api_url}
        platform = Platform(
            self.ground.workspace,
            self.ground.emulator,
            self.ground.simulators,
            outputs,
            self.outputs["gateways"],
            self.outputs["sinks"],
        )
        return World(platform, "")

    @property
    def api_url(self) -> str:
        """Where the emulator serves the API, whatever name it has been given."""
        url = self.ground.emulator.url
        named = f"penstock-{self.deployed.name}-api"
        apis = client("apigatewayv2", url).get_apis()["Items"]
        (api,) = [one["ApiId"] for one in apis if one["Name"] == named]
        return f"{url}/_aws/execute-api/{api}"
