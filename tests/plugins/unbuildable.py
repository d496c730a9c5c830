"""A plugin that is installed and configured, and whose `build` raises."""

from __future__ import annotations

import json
import sys
from pathlib import Path

KEY = "sk_live_51HxY2eZvKYlo2C9a7b"
"""A key that the plugin quotes, wherever it has it from."""
ADDRESS = "https://api.brittle.test"
SAID = "ValueError: <url> takes no key …"
"""How the platform says what it raised."""
CODE = f"""
from pydantic import BaseModel, ConfigDict

from penstock.api import hookimpl


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str


class Brittle:
    name = "brittle"
    idempotent_charges = True

    def __init__(self, context):
        raise ValueError(f"{{context.settings.url}} takes no key {KEY}")

    async def charge(self, request):
        ...


@hookimpl
def penstock_register_gateways(register):
    register(name="brittle", settings=Settings, build=Brittle)
"""
DATA = {
    "module": "brittle",
    "gateways": [
        {
            "name": "brittle",
            "capabilities": ["charges"],
            "settings": {"type": "object", "properties": {"url": {"type": "string"}}},
        }
    ],
}


def install(site: Path) -> None:
    """Write the package and its entry point into a folder that modules are imported from."""
    package, metadata = site / "brittle", site / "brittle-1.dist-info"
    package.mkdir(parents=True)
    metadata.mkdir()
    (package / "__init__.py").write_text(CODE)
    (package / "plugin.json").write_text(json.dumps(DATA))
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: brittle\nVersion: 1")
    (metadata / "entry_points.txt").write_text("[penstock]\nbrittle = brittle\n")
    sys.path_importer_cache.pop(str(site), None)
