"""Checks before the first resource is made, in addition to those of the settings."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from infra import bundle
from infra.access.permits import conditions, resources
from infra.config.aws_keys import allowed_accounts, outside_tags
from infra.config.configured import Plugins
from infra.config.contract import event_types
from infra.config.plugins import installed
from infra.config.project import PROJECT, ROOT, ConfigError
from infra.config.selection import EVENTS, everything
from infra.config.settings import StackSettings
from infra.config.stackconfig import all_config, foreign_keys
from infra.config.tags import wrong_together
from infra.mocks import refused
from infra.reach import unreachable

ZIPS = ("receive", "api", "merchant", "worker", "deliver")


def refuse_what_cannot_be(settings: StackSettings, plugins: Plugins) -> None:
    """
    Make sure that the program will come to its end.

    Raises:
        ConfigError: a key would be passed over, AWS would refuse the tags together, a zip is
            missing, stale or of unknown making, nothing can be paid by, a mock would take real
            payments, a setting names what functions cannot reach, a gateway's door knows no such
            environment, a sink waits for events that are never published, or a plugin asks for
            what it cannot be given.
    """
    if problems := [
        *foreign_keys(),
        *wrong_together(
            {
                "aws:defaultTags": outside_tags(all_config()),
                f"{PROJECT}:tags": settings.tags,
            }
        ),
        *_in_region(settings),
        *_gateways(plugins),
        *refused(settings, plugins),
        *(() if emulated() else unreachable(settings, plugins)),
        *_zips(settings),
        *_events(settings),
    ]:
        raise ConfigError(*problems)
    allowed_accounts(all_config(), settings.accounts)
    for used in (plugins.gateways, plugins.sinks):
        for one in used.values():
            for asked in one.offer.permissions:
                resources(one, asked)
                conditions(one, asked)


def _in_region(settings: StackSettings) -> Iterator[str]:
    """What is of another Region than the stack, as far as its ARN says."""
    region = pulumi.Config("aws").get("region")
    if region and settings.domain:
        yield from (f"{PROJECT}:{one}" for one in settings.domain.problems_in(region))
    if region and settings.key and settings.key.split(":")[3] != region:
        yield (
            f"{PROJECT}:kmsKey is of another Region than the stack, whose services cannot use it: "
            f"name a key of {region}, or its replica there"
        )
    for place, arn in enumerate(settings.alert_topics):
        # [aws] An alarm's actions are of its own Region.
        if region and arn.split(":")[3] != region:
            yield (
                f"{PROJECT}:alertTopics.{place} is of another Region than the stack, whose alarms "
                f"cannot reach it: name a topic of {region}"
            )


def _gateways(plugins: Plugins) -> Iterator[str]:
    if not plugins.gateways:
        brought = sorted(offer.name for one in installed() for offer in one.file.gateways)
        yield (
            f"{PROJECT}:gateways names none, and nothing could be paid: name some of "
            f"{', '.join(brought)}"
        )
    for name, one in plugins.gateways.items():
        patterns = (one.offer.door or {}).get("headers", {}).values()
        known = {place for pattern in patterns if isinstance(pattern, dict) for place in pattern}
        environment = one.settings.get("environment")
        if known and environment not in known and not emulated():
            yield (
                f"{PROJECT}:gateways.{name}.environment is one that its door does not know, so "
                f"that every webhook would be refused: name one of {', '.join(sorted(known))}"
            )


def emulated() -> bool:
    """Whether AWS is an emulator on this machine, where simulators stand for gateways."""
    return bool(pulumi.Config("aws").get("endpoints"))


def _zips(settings: StackSettings) -> Iterator[str]:
    folder = ROOT / settings.bundles
    for name in ZIPS:
        if not (folder / f"{name}.zip").is_file():
            yield f"{PROJECT}:bundles: there is no {folder / name}.zip: run `make build`"
    made_of = bundle.read(folder)
    if made_of is None:
        yield (
            f"{PROJECT}:bundles: nothing in {folder} says what its zips were made of: "
            "run `make build`"
        )
    elif made_of.target != "aws" and not emulated():
        yield (
            f"{PROJECT}:bundles: the zips in {folder} trust the keys of this machine's emulator: "
            "remove the key and run `make build`"
        )
    elif made_of.sources != bundle.sources(installed()):
        yield (
            f"{PROJECT}:bundles: the zips in {folder} are not made of the sources as they are "
            "now: run `make build`"
        )


def _events(settings: StackSettings) -> Iterator[str]:
    known = event_types()
    for sink, given in settings.sinks.items():
        types = given.get(EVENTS)
        if types is None or everything(types):
            continue
        if not isinstance(types, list) or not types or not known.issuperset(map(str, types)):
            yield (
                f"{PROJECT}:sinks.{sink}.events is no list of event types: leave it out for the "
                f"plugin's own choice, say all, or name some of {', '.join(sorted(known))}"
            )
