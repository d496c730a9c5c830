"""Each configured plugin is built before anything starts; one that cannot be is a clear error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.platform import platform
from local.workspace import Workspace
from penstock.errors import PluginError
from tests.contract.cli.commands import penstock, write
from tests.plugins.unbuildable import ADDRESS, KEY, SAID, install


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the plugin, which is installed while the test runs."""
    import sys

    install(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield tmp_path / "site"
    sys.modules.pop("brittle", None)


def test_the_server_names_the_plugin_the_instance_and_what_was_raised(
    folder: Path, site: Path
) -> None:
    write(
        folder,
        gateways={"brittle-eu": {"plugin": "brittle", "url": ADDRESS}},
        settings={"gateways": ["brittle-eu"]},
    )

    served = penstock("serve", "--port", "0")

    assert (3, 1) == (served.exit_code, len(served.stderr.splitlines()))
    assert f"brittle: gateway 'brittle-eu': building it raised {SAID}" in served.stderr
    assert not [one for one in (KEY, ADDRESS) if one in served.output]


async def test_the_local_platform_refuses_before_its_emulator_starts(
    tmp_path: Path, site: Path
) -> None:
    workspace = Workspace(tmp_path)
    config = {"gateways": {"brittle": {"url": ADDRESS}}, "sinks": {}}

    with pytest.raises(PluginError) as refused:
        async with platform(workspace, config):
            pytest.fail("it started")

    assert f"brittle: gateway 'brittle': building it raised {SAID}" in str(refused.value)
    assert KEY not in str(refused.value)
    assert not workspace.stack_file.exists()
