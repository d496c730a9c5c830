"""A copy of the project, and the engine run on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
_SHIM = """#!/bin/sh
cd "{copy}" && exec "{python}" "{provider}" "$@"
"""


@dataclass(frozen=True, slots=True)
class Run:
    """
    What one command did.

    Attributes:
        steps: the operation on each resource that was not left alone, by its URN.
        error: what the engine said when it refused; empty if it did not.
    """

    steps: Mapping[str, str]
    error: str
    outputs: Mapping[str, Any] = field(repr=False)
    seconds: float

    def by(self, operation: str) -> set[str]:
        """
        Type and name of the resources that went through an operation.

        Components are left out: they are nothing by themselves.
        """
        done = (urn for urn, op in self.steps.items() if op == operation)
        return {_label(urn) for urn in done if _type(urn).startswith("aws:")}

    @property
    def operations(self) -> dict[str, int]:
        """How many resources went through each operation."""
        counts = dict.fromkeys(sorted(self.steps.values()), 0)
        for operation in self.steps.values():
            counts[operation] += 1
        return counts


@dataclass(slots=True)
class Deployed:
    """
    A stack of a copy of the project.

    Attributes:
        folder: the copy.
        engine: the `pulumi` command.
        host: what it starts to run the project's program; None where programs are run inline.
        real: whether the real AWS provider is installed; ours stands in for it otherwise.
    """

    name: str
    folder: Path
    engine: Path
    real: bool
    home: Path
    host: Path | None = None
    ran: list[tuple[str, Run]] = field(default_factory=list)

    @classmethod
    def copy(
        cls, name: str, project: Path, folder: Path, engine: Path, host: Path | None = None
    ) -> Deployed:
        """Copy the project, and name our provider in it unless the real one is installed."""
        copied = shutil.copytree(project, folder / "project")
        root = folder / "engine" / "bin"
        root.mkdir(parents=True)
        (root / "pulumi").symlink_to(engine)
        (folder / "state").mkdir()
        home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
        real = any((home / "plugins").glob("resource-aws-v*"))
        made = cls(name, copied, engine, real, home if real else folder / "home", host)
        if not real:
            made._offer_our_provider(folder / "plugins")
        return made

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Lay changes over the stack's file: objects are merged, None takes a key out."""
        file = self.folder / f"Pulumi.{self.name}.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"] = merged(document["config"], changes)
        file.write_text(yaml.safe_dump(document))

    @property
    def config(self) -> Mapping[str, Any]:
        """What the stack's file says now."""
        return yaml.safe_load((self.folder / f"Pulumi.{self.name}.yaml").read_text())["config"]

    def run(self, command: str, fault: str = "") -> Run:
        """
        Run the engine.

        Args:
            fault: type and name of a resource that cannot be made.
        """
        began = time.monotonic()
        done = subprocess.run(  # noqa: S603 - our own interpreter and script
            [sys.executable, HERE / "drive.py", command, self.name],
            cwd=self.folder,
            env=self._environment(fault),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert 0 == done.returncode, done.stdout[-4000:] + done.stderr[-4000:]
        told = json.loads(done.stdout.rstrip().rsplit("\n", 1)[-1])
        run = Run(told["steps"], told["error"], told["outputs"], time.monotonic() - began)
        self.ran.append((command, run))
        return run

    def done(self, command: str) -> Run:
        """Run the engine; it must not refuse."""
        run = self.run(command)
        assert "" == run.error, run.error[-6000:]
        return run

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command, as a person does."""
        return subprocess.run(  # noqa: S603 - the engine we were given
            [self.engine, *arguments, "--stack", self.name, "--non-interactive"],
            cwd=self.folder,
            env=self._environment(""),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def said(self, *arguments: str) -> str:
        """Run a command, which must not refuse; what it printed."""
        done = self.cli(*arguments)
        assert 0 == done.returncode, (done.stdout + done.stderr)[-6000:]
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Run a command, which must refuse; what it printed."""
        done = self.cli(*arguments)
        said = done.stdout + done.stderr
        assert 0 != done.returncode, said[-6000:]
        return said

    @property
    def state(self) -> str:
        """Everything the engine keeps of the stack."""
        files = sorted((self.folder.parent / "state").rglob("*.json"))
        return "".join(file.read_text() for file in files)

    @property
    def recorded(self) -> Mapping[str, Mapping[str, Any]]:
        """The inputs of each resource as the engine has them, by type and name."""
        (file,) = (self.folder.parent / "state").glob(f".pulumi/stacks/*/{self.name}.json")
        resources = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
        return {
            _label(one["urn"]): one.get("inputs", {})
            for one in resources
            if one["custom"] and _type(one["urn"]).startswith("aws:")
        }

    def _offer_our_provider(self, plugins: Path) -> None:
        plugins.mkdir()
        shim = plugins / "pulumi-resource-aws"
        shim.write_text(
            _SHIM.format(copy=self.folder, python=sys.executable, provider=HERE / "faulty.py")
        )
        shim.chmod(0o755)
        file = self.folder / "Pulumi.yaml"
        document = yaml.safe_load(file.read_text())
        document["plugins"] = {"providers": [{"name": "aws", "path": str(plugins)}]}
        file.write_text(yaml.safe_dump(document))

    def _commands(self) -> list[Path]:
        """Folders of commands, besides the user's own."""
        if self.host is None:
            return [self.engine.parent]
        # The virtual environment that the project names is to run its program, and no other.
        no_python = self.folder.parent / "no-python"
        if not no_python.exists():
            no_python.mkdir()
            for name in ("python", "python3"):
                (no_python / name).write_text("#!/bin/sh\nexit 97\n")
                (no_python / name).chmod(0o755)
        return [self.engine.parent, self.host.parent, no_python]

    def _environment(self, fault: str) -> Mapping[str, str]:
        """Nothing of the user's own: no keys, no account, no proxy."""
        return {
            "PATH": ":".join(map(str, [*self._commands(), os.environ["PATH"]])),
            "HOME": str(self.folder.parent),
            "PULUMI_HOME": str(self.home),
            "PULUMI_BACKEND_URL": f"file://{self.folder.parent / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of no account",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Plugins, too, are the copy's: the checkout may change while this runs.
            "PYTHONPATH": f"{self.folder}:{self.folder / 'plugins'}:{self.folder / 'runtime'}",
            "ENGINE_ROOT": str(self.folder.parent / "engine"),
            "ENGINE_FAULT": fault,
        }


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping laid over another."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(below, dict):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _label(urn: str) -> str:
    return f"{_type(urn).rsplit(':', 1)[-1]} {urn.rsplit('::', 1)[-1]}"
