"""What the engine asks of a provider, answered by the table of handlers."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from infra.emulated.drift import Live
from infra.emulated.kind import Clients, Inputs, Kind
from infra.emulated.live import LIVE
from infra.emulated.lookups import lookup
from infra.emulated.provider.wire import (
    Struct,
    changed,
    completed,
    decoded,
    given,
    json_of,
    overlaid,
    to_be,
    with_default_tags,
)
from infra.emulated.table import PROVIDER_PROPERTIES, TABLE, refuse_another_account
from infra.graph.monitor import Made
from infra.graph.values import Unrealisable

Connect = Callable[[str, str], Clients]

# What refuses: AWS, a handler that misses an input, or we.
_REFUSALS = (Unrealisable, ClientError, BotoCoreError, ValueError, KeyError)


def _answers(method: Callable[..., Any]) -> Callable[..., Any]:
    """A refusal becomes an error of the call; raised, it would be a stack trace in its text."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except _REFUSALS as exc:
            missing = f"{exc.args[0]} is missing" if isinstance(exc, KeyError) else str(exc)
            context.abort(grpc.StatusCode.UNKNOWN, missing or type(exc).__name__)

    return call


class Provider(ResourceProviderServicer):
    """
    AWS as far as the handlers know it, on an emulator only.

    Args:
        connect: makes clients of an endpoint and a region.
        table: what makes and deletes each type.
        live: how each type is looked at.
    """

    def __init__(
        self,
        connect: Connect,
        table: Mapping[str, Kind] = TABLE,
        live: Mapping[str, Live] = LIVE,
    ) -> None:
        self._connect = connect
        self._table = table
        self._live = live
        self._clients: Clients | None = None
        self._default_tags: Mapping[str, str] = {}
        self._configuring = threading.Lock()

    # The names are those of the protocol.
    def Handshake(self, request: Any, context: Any) -> Any:
        """Say what we understand: secrets come marked, and are answered marked."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """There is one version: that of the checkout."""
        return plugin_pb2.PluginInfo(version="0.0.0")

    def GetSchema(self, request: Any, context: Any) -> Any:
        """There is no schema: the table's property names are all that is known."""
        return provider_pb2.GetSchemaResponse(schema='{"name": "aws", "version": "0.0.0"}')

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Refuse configuration we would not honour."""
        return self._check(request.news, PROVIDER_PROPERTIES, request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another region is another account's worth of things; the rest is how to get there."""
        return self._diff(request, frozenset(["region"]), delete_first=False)

    @_answers
    def Configure(self, request: Any, context: Any) -> Any:
        """Take the endpoint, the region and the tags."""
        endpoints = json_of(request.args, "endpoints")
        urls = {url for one in endpoints or () for url in one.values()}
        if len(urls) != 1:
            raise Unrealisable(
                "aws:endpoints names no single emulator, and this provider is for emulators only: "
                "install the AWS provider to deploy to AWS"
            )
        clients = self._connect(urls.pop(), decoded(request.args)["region"])
        refuse_another_account(clients, json_of(request.args, "allowedAccountIds") or [])
        tags = json_of(request.args, "defaultTags") or {}
        with self._configuring:
            self._clients, self._default_tags = clients, tags.get("tags", {})
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_answers
    def Check(self, request: Any, context: Any) -> Any:
        """Refuse what no handler knows before anything is made; merge the default tags."""
        kind = self._kind(request.urn)
        inputs = request.news
        if "tags" in kind.properties and self._default_tags:
            inputs = with_default_tags(inputs, self._default_tags)
        return self._check(request.news, kind.properties, inputs)

    @_answers
    def Diff(self, request: Any, context: Any) -> Any:
        """Say what changed, and what of it needs another resource. Names are taken: old first."""
        return self._diff(request, self._kind(request.urn).replacing, delete_first=True)

    @_answers
    def Create(self, request: Any, context: Any) -> Any:
        """Make it, or adopt what is there: a run may have died between making and noting it."""
        kind = self._kind(request.urn)
        if request.preview:
            state = to_be(request.properties, kind.computed)
            return provider_pb2.CreateResponse(properties=state)
        made = self._put(kind, decoded(request.properties), None)
        state = completed(request.properties, made.outputs)
        return provider_pb2.CreateResponse(id=made.id, properties=state)

    @_answers
    def Update(self, request: Any, context: Any) -> Any:
        """Change it; in a preview its outputs stay, or all that reads them would seem changed."""
        kind = self._kind(request.urn)
        if request.preview:
            outputs = decoded(request.olds, kind.computed)
        else:
            outputs = self._put(kind, decoded(request.news), request.id).outputs
        return provider_pb2.UpdateResponse(properties=completed(request.news, outputs))

    @_answers
    def Delete(self, request: Any, context: Any) -> Any:
        """Delete it; gone already is as good."""
        kind = self._kind(request.urn)
        kept = decoded(request.properties, kind.kept | kind.computed)
        kind.drop(self._account, request.id, kept)
        return empty_pb2.Empty()

    @_answers
    def Read(self, request: Any, context: Any) -> Any:
        """Say what was changed by hand, or that it is gone: then there is no id."""
        kind, live = self._kind(request.urn), self._live[_type(request.urn)]
        answer = live.ask(self._account, request.id, decoded(request.properties, kind.kept))
        if answer is None:
            return provider_pb2.ReadResponse()
        drift = live.drift(answer, decoded(request.inputs, live.shows))
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=overlaid(request.properties, drift),
            inputs=overlaid(request.inputs, drift),
        )

    @_answers
    def Invoke(self, request: Any, context: Any) -> Any:
        """Answer a look-up."""
        answer = Struct()
        answer.update(dict(lookup(self._account, request.tok, decoded(request.args))))
        # "return" is a word of Python's.
        return provider_pb2.InvokeResponse(
            **{"return": answer}  # pyright: ignore[reportArgumentType] - the stub lacks the field
        )

    def Cancel(self, request: Any, context: Any) -> Any:
        """Nothing we do takes long."""
        return empty_pb2.Empty()

    @property
    def _account(self) -> Clients:
        if self._clients is None:
            raise Unrealisable("the provider was not configured")
        return self._clients

    def _kind(self, urn: str) -> Kind:
        if kind := self._table.get(_type(urn)):
            return kind
        raise Unrealisable(f"{_type(urn)}: no handler knows this type")

    def _put(self, kind: Kind, inputs: Inputs, id_: str | None) -> Made:
        made = kind.put(self._account, inputs, id_)
        # What is missing would reach the program as None, without a word.
        if missing := kind.computed - made.outputs.keys():
            raise Unrealisable(f"its handler returned no {', '.join(sorted(missing))}")
        return made

    def _check(self, news: Struct, known: frozenset[str], inputs: Struct) -> Any:
        failures = [
            provider_pb2.CheckFailure(property=name, reason="no handler knows this property")
            for name in sorted(given(news) - known - {"version", "pluginDownloadURL"})
        ]
        return provider_pb2.CheckResponse(inputs=inputs, failures=failures)

    def _diff(self, request: Any, replacing: frozenset[str], *, delete_first: bool) -> Any:
        diffs = changed(request.old_inputs, request.news)
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if diffs else answer.DIFF_NONE,
            diffs=diffs,
            replaces=[name for name in diffs if name in replacing],
            deleteBeforeReplace=delete_first,
        )


def _type(urn: str) -> str:
    """The type in a URN, without its parents'."""
    return urn.split("::")[2].rsplit("$", 1)[-1]
