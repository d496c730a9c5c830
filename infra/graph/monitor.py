"""A monitor that runs a Pulumi program in this process, without the engine."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from infra.graph.values import Unrealisable, plain, refuse_unknown

STACK = "pulumi:pulumi:Stack"

# Options that would change what happens, and that nothing here honours.
_OPTIONS = ("ignoreChanges", "transforms", "deletedWith", "remote")


@dataclass(frozen=True, slots=True)
class Declared:
    """
    A resource as the program declares it.

    Attributes:
        inputs: plain values; a secret is wrapped, an archive a path.
        where: file and line of the program, for errors.
        provider: inputs of the provider it is to be made by.
        adopts: the id of what is there already and must be taken over; empty to make it.
        retained: whether it is left standing when the program names it no more.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    parent: str
    custom: bool
    protect: bool
    dependencies: tuple[str, ...]
    where: str
    provider: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    adopts: str = ""
    retained: bool = False

    def __str__(self) -> str:
        return f"{self.type} {self.name} ({self.where})"


@dataclass(frozen=True, slots=True)
class Made:
    """
    What became of it.

    Attributes:
        outputs: what the program may read besides its inputs. None is as good as missing: the
            SDK makes no difference.
    """

    id: str
    outputs: Mapping[str, Any] = field(repr=False)


class ProgramMonitor(mocks.MockMonitor):
    """
    What the SDK talks to; a subclass says what becomes of a resource.

    The SDK calls it from several threads, a resource only after those it depends on.
    """

    def __init__(self) -> None:
        super().__init__(_NoMocks())
        self.exports: Mapping[str, Any] = {}
        self._providers: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def realise(self, declared: Declared) -> Made | None:
        """
        Make a resource, or note a component (its answer is not read).

        Raises:
            Unrealisable: it cannot be made.
        """
        raise NotImplementedError

    def answer(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        Answer a function of the provider.

        Raises:
            Unrealisable: there is no such function here.
        """
        raise NotImplementedError

    # The names are those of the protocol.
    def RegisterResource(self, request: Any) -> Any:
        """Read the request, have the resource made, and answer with its outputs."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        made = self.realise(self._declared(urn, request))
        if made is None:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        outputs = struct_pb2.Struct()
        outputs.update(dict(made.outputs))
        # Unknown: an output that is missing then arrives as such, instead of as None.
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=made.id, object=outputs, unknown=True
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:
        """Refuse outputs that are not known, and keep those of the stack."""
        kind, name = request.urn.split("::")[-2:]
        refuse_unknown(request.outputs, f"an output of {name}")
        if kind == STACK:
            self.exports = plain(request.outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:
        """Existing resources are not looked up here."""
        raise Unrealisable(f"{request.type} {request.name}: reading what exists is not supported")

    def Invoke(self, request: Any) -> Any:
        """Answer a function of the provider."""
        answer = struct_pb2.Struct()
        answer.update(dict(self.answer(request.tok, plain(request.args))))
        # "return" is a word of Python's.
        return resource_pb2.ResourceInvokeResponse(
            **{"return": answer}  # pyright: ignore[reportArgumentType] - the stub lacks the field
        )

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Name a resource as the engine does: the stack is left out of the types."""
        if parent and parent.split("::")[-2] == STACK:
            parent = ""
        return super().make_urn(parent, type_, name)

    def _declared(self, urn: str, request: Any) -> Declared:
        position = request.sourcePosition
        where = f"{position.uri.rsplit('/', 1)[-1] or 'the program'}:{position.line}"
        label = f"{request.type} {request.name} ({where})"
        if option := next((o for o in _OPTIONS if getattr(request, o)), None):
            raise Unrealisable(f"{label}: the option {option} is not supported here")
        try:
            inputs = plain(request.object)
        except Unrealisable as exc:
            raise Unrealisable(f"{label}: {exc}") from None
        with self._lock:
            if request.type.startswith("pulumi:providers:"):
                self._providers[urn] = inputs
            provider = self._providers.get(request.provider.rsplit("::", 1)[0], {})
        return Declared(
            urn=urn,
            type=request.type,
            name=request.name,
            inputs=inputs,
            parent=request.parent,
            custom=request.custom,
            protect=request.protect,
            dependencies=tuple(request.dependencies),
            where=where,
            provider=provider,
            adopts=request.importId,
            retained=request.retainOnDelete,
        )


class _NoMocks(mocks.Mocks):
    """The base class wants one; everything that would reach it is overridden."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError
