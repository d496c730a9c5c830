"""The world on AWS, from settings; and the platform of a function."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.adapters.aws.clients import ROOTS, Clients
from penstock.adapters.aws.inbox import SqsInbox
from penstock.adapters.aws.secrets import Share, aws_secrets
from penstock.adapters.aws.sns import SnsChannel
from penstock.adapters.aws.sqs import SqsChannel
from penstock.adapters.clock import SystemClock
from penstock.adapters.http import AiohttpHttp
from penstock.adapters.ids import RandomIds
from penstock.api.context import Aws, Http, Secrets
from penstock.bootstrap.platform import Platform, packaged_profiles
from penstock.plugins import Registry, indexed_capabilities, indexed_whole_currencies, load
from penstock.ports import (
    Answers,
    Attempts,
    Audit,
    Channel,
    DeadLetters,
    Inbox,
    Ledger,
    Restrictions,
    Tokens,
    Watermarks,
)
from penstock.settings import Function, Settings
from penstock.variables import plugins_of

if TYPE_CHECKING:
    # Imported where it is made, as the other stores: it needs every entity.
    from penstock.adapters.aws.dynamodb import DynamoLedger

_TOPICS = {"deliveries": "deliveries_topic", "events": "events_topic"}
_QUEUES = {
    "verified": "verified_queue",
    "rejected": "rejected_queue",
    "payments": "payments_queue",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """A queue and its dead-letter queue; a terminal queue has none."""

    url: str
    dead_letters: str | None = None


class AwsWorld:
    """
    Adapters over boto3, which reads region, endpoint and credentials from its environment.

    Attributes:
        clients: boto3's, for commands that go beyond the ports.

    Args:
        inboxes: the queues of a host that consumes several; a function has the one its
            settings name.
        share: what it may read of a gateway's secret.
    """

    def __init__(
        self,
        settings: Settings,
        inboxes: Mapping[str, Addresses] | None = None,
        share: Share = Share.whole,
    ) -> None:
        self.clock = SystemClock()
        self.ids = RandomIds()
        self.http = AiohttpHttp(settings.request_timeout)
        self.clients = Clients(polls=max(1, len(inboxes or ())), roots=ROOTS)
        self._settings = settings
        self._inboxes = inboxes
        self._share = share

    @property
    def public_http(self) -> Http:
        """The same to public addresses only, for URLs that somebody else chose."""
        return self._public_http

    @cached_property
    def _public_http(self) -> AiohttpHttp:
        from penstock.api.addresses import is_public

        return AiohttpHttp(self._settings.request_timeout, allows=is_public)

    @property
    def aws(self) -> Aws:
        """AWS, for plugins."""
        return self.clients

    @property
    def ledger(self) -> Ledger:
        """Facts, seen ids and unsent events."""
        return self._ledger

    @cached_property
    def _ledger(self) -> DynamoLedger:
        from penstock.adapters.aws.dynamodb import DynamoLedger

        return DynamoLedger(self.clients, self._table, self.clock, self.ids)

    @property
    def attempts(self) -> Attempts:
        """Which events each sink was given."""
        from penstock.adapters.aws.attempts import DynamoAttempts

        return DynamoAttempts(self.clients, self._table)

    @property
    def tokens(self) -> Tokens:
        """The API's bearer tokens."""
        from penstock.adapters.aws.tokens import DynamoTokens

        return DynamoTokens(self.clients, self._table)

    @property
    def audit(self) -> Audit:
        """What operators did."""
        from penstock.adapters.aws.audit import DynamoAudit

        return DynamoAudit(self.clients, self._table)

    @property
    def restrictions(self) -> Restrictions:
        """What operators have restricted."""
        from penstock.adapters.aws.restrictions import DynamoRestrictions

        return DynamoRestrictions(self.clients, self._table)

    @property
    def answers(self) -> Answers:
        """What was answered to operators' requests."""
        from penstock.adapters.aws.answers import DynamoAnswers

        return DynamoAnswers(self.clients, self._table)

    @property
    def watermarks(self) -> Watermarks:
        """How far gateways' lists were compared with the ledger."""
        from penstock.adapters.aws.watermarks import DynamoWatermarks

        return DynamoWatermarks(self.clients, self._table)

    @property
    def _table(self) -> str:
        return self._settings.need("ledger_table")

    def channel(self, name: str) -> Channel:
        """A topic or queue to send to."""
        if name in _TOPICS:
            return SnsChannel(self.clients, self._settings.need(_TOPICS[name]))
        return SqsChannel(self.clients, self._settings.need(_QUEUES[name]))

    def inbox(self, queue: str) -> Inbox:
        """A queue to consume."""
        if self._inboxes is not None:
            found = self._inboxes[queue]
            return SqsInbox(self.clients, found.url, found.dead_letters)
        settings = self._settings
        return SqsInbox(self.clients, settings.need("queue"), settings.need("dead_letters"))

    def parked(self, queue: str) -> DeadLetters:
        """
        The dead letters of a queue; of `rejected` all that it holds, for deliveries.

        Raises:
            KeyError: the host does not know the queue, or it has no dead-letter queue.
        """
        from penstock.adapters.aws.dead_letters import SqsDeadLetters

        known = self._inboxes or {}
        if queue == "rejected":
            return SqsDeadLetters(self.clients, known[queue].url, known["deliveries"].url)
        found = known[queue]
        if found.dead_letters is None:
            raise KeyError(queue)
        return SqsDeadLetters(self.clients, found.dead_letters, found.url or None)

    def secrets(self, plugin: str, apart: Sequence[str] = ()) -> Secrets:
        """A plugin's own secret."""
        name = f"{self._settings.need('secrets_prefix')}/{plugin}"
        return aws_secrets(self.clients, name, self.clock, apart, self._share)

    async def close(self) -> None:
        """Let go of connections and threads."""
        await self.http.aclose()
        if "_public_http" in vars(self):
            await self._public_http.aclose()
        self.clients.close()


def connect(environ: Mapping[str, str], function: Function) -> Platform:
    """
    The platform of one function.

    Raises:
        SettingsError: names the variables it lacks.
        PluginError: names the plugin that is broken.
    """
    settings = Settings.read(environ, function)
    if function is Function.deliver:
        named = plugins_of(environ, sinks=[settings.need("sink")])
    else:
        named = plugins_of(environ, settings.gateways)
    # Everything else that runs in a function gets a delivery that is authenticated already.
    share = Share.webhooks if function is Function.verify else Share.rest
    world = AwsWorld(settings, _looked_at(settings, function), share)
    profiles = packaged_profiles()
    without = function in (Function.api, Function.operate)
    if without and (capabilities := indexed_capabilities()) is not None:
        # They build no plugin, so their zips hold none: what plugins can do is in the index.
        capabilities = _by_name(named, capabilities)
        whole = _by_name(named, indexed_whole_currencies())
        return Platform(settings, environ, Registry(()), world, profiles, capabilities, whole)
    return Platform(settings, environ, load(only=named), world, profiles)


def _by_name(
    named: Mapping[str, str], brought: Mapping[str, Collection[str]]
) -> Mapping[str, Collection[str]]:
    """What an index says of what plugins bring, by the names of their instances."""
    return {name: brought[one] for name, one in named.items() if one in brought}


def _looked_at(settings: Settings, function: Function) -> Mapping[str, Addresses] | None:
    """The queues that a function looks at by name; None for one that consumes its own or none."""
    if function is Function.renew:
        # It sends none back, so its variables name the dead-letter queues only.
        return {name: Addresses("", url) for name, url in settings.dead_letter_queues.items()}
    if function is not Function.gaps:
        return None
    return {
        "deliveries": Addresses(settings.need("deliveries_queue")),
        "verified": Addresses(settings.need("verified_queue")),
    }
