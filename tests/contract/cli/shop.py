"""A shop: a stack with PayPal, its simulator, and the commands that look after both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock_paypal.simulator.threaded import RunningPayPal
from tests.contract.cli.running import Ran, run

NAME = "penstock-local/paypal"


FILE = """
products:
  - id: TEA-CLUB
    name: Tea club
    type: PHYSICAL
    plans:
      - name: Tea monthly
        currency: EUR
        price: "9.90"
        interval: month
"""


@dataclass
class Shop:
    """A stack with PayPal, a folder to work in, and the simulated PayPal."""

    folder: Path
    paypal: RunningPayPal
    vault: Any
    outputs: dict[str, Any]

    def write(self, **changed: Any) -> None:
        """Have the stack export this, too."""
        self.outputs |= changed
        (self.folder / ".penstock/local/stack.json").write_text(json.dumps(self.outputs))

    def setup(self, *more: str, file: str = FILE, given: Any = None) -> Ran:
        """Set PayPal up."""
        (self.folder / "setup.yaml").write_text(file)
        return penstock("paypal", "setup", "--file", "setup.yaml", *more, given=given)

    def secret(self) -> dict[str, str] | None:
        """What the stack's secret holds."""
        try:
            return json.loads(self.vault.get_secret_value(SecretId=NAME)["SecretString"])
        except self.vault.exceptions.ResourceNotFoundException:
            return None

    def versions(self) -> int:
        """How often the secret was written."""
        return len(self.vault.list_secret_version_ids(SecretId=NAME)["Versions"])

    def written(self) -> list[tuple[str, str]]:
        """What PayPal was sent that could change something."""
        return [
            (one["method"], one["path"])
            for one in self.paypal.tell("GET", "requests")
            if one["method"] not in ("GET", "PUT")
            and one["path"].startswith(("/v1/", "/v2/"))
            and not one["path"].endswith("oauth2/token")
        ]

    @property
    def credentials(self) -> dict[str, str]:
        """Those of the app at PayPal."""
        access = self.paypal.access
        return {"client_id": access.client_id, "client_secret": access.client_secret}


def penstock(*arguments: str, given: Any = None) -> Ran:
    text = None if given is None else json.dumps(given)
    return run(list(arguments), text)
