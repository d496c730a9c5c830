"""How a plugin under test is built, and the checks that hold for every plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from penstock.api import Aws, Clock, Http, Secrets
from penstock.plugins import Registration, read_settings
from penstock.testing import datafile, importing
from penstock.testing.clock import FrozenClock
from penstock.testing.conformance.hearing import Heard
from penstock.testing.context import FixedSecrets, RecordingLog, context
from penstock.testing.http import Unreachable


@dataclass(frozen=True, slots=True)
class Bench:
    """
    How a plugin under test is built, and what it can reach.

    Attributes:
        registration: its registration: `load(["penstock_acme"]).gateway("acme")`.
        environ: the variables that configure it.
        secret: the values of its secret.
        http: the way to a provider that works, its simulator most likely.
        aws: an AWS that works, if the plugin needs one.
    """

    registration: Registration
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    secret: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    profile: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    clock: Clock = field(default_factory=FrozenClock)
    http: Http = field(default_factory=Unreachable)
    aws: Aws = field(default_factory=Unreachable)

    def build(
        self,
        *,
        http: Http | None = None,
        aws: Aws | None = None,
        secrets: Secrets | None = None,
        log: RecordingLog | None = None,
    ) -> Any:
        """The gateway or sink; a given argument replaces the working one."""
        return self.registration.build(
            context(
                read_settings(self.registration, self.environ),
                secrets=secrets or FixedSecrets(self.secret),
                clock=self.clock,
                http=http or self.http,
                aws=aws or self.aws,
                log=log,
                profile=self.profile,
            )
        )

    def told(self, heard: Heard, *marks: str) -> list[str]:
        """What of its secret was said, by the fields' names, and which of the marks."""
        return heard.told([*self.secret.items(), *((mark, mark) for mark in marks)])

    def shown_by(self, made: object) -> list[str]:
        """The fields of its secret whose values the representation of what was made holds."""
        shown = repr(made)
        return [name for name, value in self.secret.items() if value and value in shown]


class PluginConformance:
    """What holds for every gateway and sink. Fixtures: `bench`."""

    def test_importing_it_reaches_for_nothing(self, bench: Bench) -> None:
        """Every command imports it: no network, no process, no file of others, no `sys.exit()`."""
        found = importing.findings_once(bench.registration.plugin)

        assert not found, "; ".join(found)

    def test_its_data_file_says_what_its_classes_say(self, bench: Bench) -> None:
        """Infra and receive read the file and never import the plugin."""
        module = bench.registration.plugin

        assert datafile.current(module), f"run: python -m penstock.testing.datafile {module}"

    def test_it_bears_the_name_it_is_registered_under(self, bench: Bench) -> None:
        """Messages, queues and secrets call it by that name."""
        name = bench.build().name

        assert bench.registration.name == name, f"it is named {name!r} on the instance"

    def test_a_setting_it_has_not_is_refused(self, bench: Bench) -> None:
        """A misspelt setting is an error before anything is deployed."""
        kinds: set[tuple[str | int, ...]] = set()
        try:
            bench.registration.settings.model_validate({"no_such_setting": "x"})
        except ValidationError as refused:
            kinds = {(error["type"], *error["loc"]) for error in refused.errors()}

        remedy = 'give its settings model_config = ConfigDict(extra="forbid")'
        assert ("extra_forbidden", "no_such_setting") in kinds, remedy

    def test_building_it_reaches_for_nothing(self, bench: Bench) -> None:
        """What is built at start must start while its provider is down."""
        world, secrets = Unreachable(), FixedSecrets(bench.secret)

        bench.build(http=world, aws=world, secrets=secrets)

        asked = world.asked + secrets.reads
        assert not asked, f"build asked for the network or the secret {asked} times"

    def test_it_shows_no_secret(self, bench: Bench) -> None:
        """A representation ends up in a log one day."""
        found = bench.shown_by(bench.build())
        assert not found, f"its repr shows {', '.join(found)}"
