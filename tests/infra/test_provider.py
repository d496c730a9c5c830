"""The provider as the engine speaks to it: on gRPC, with handlers of a made-up kind of thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import (
    ResourceProviderStub,
    add_ResourceProviderServicer_to_server,
)

from infra.emulated.drift import Live
from infra.emulated.kind import Clients, Inputs, Kind
from infra.emulated.live import LIVE
from infra.emulated.provider.servicer import Provider
from infra.emulated.table import TABLE
from infra.graph.monitor import Made
from infra.graph.values import ARCHIVE, KIND, SECRET

URN = "urn:pulumi:dev::penstock::penstock:a:Component$thing::it"
EMULATOR = '[{"sqs": "http://127.0.0.1:1", "sns": "http://127.0.0.1:1"}]'


class OneAccount(Clients):
    """Clients that know which account they are in."""

    account = "000000000000"  # pyright: ignore[reportAssignmentType, reportIncompatibleVariableOverride]


class Things:
    """Handlers of things that have a name, a size and a shape, and who asked for what."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.exists = True
        self.now: Mapping[str, Any] = {}
        self.returns: Mapping[str, Any] = {"arn": "arn:it"}
        properties = frozenset(["name", "size", "shape", "tags", "code"])
        self.kind = Kind(
            self._put,
            self._drop,
            properties,
            replacing=frozenset(["shape"]),
            computed=frozenset(["arn"]),
            kept=frozenset(["name"]),
        )

    def _put(self, clients: Clients, inputs: Inputs, id_: str | None) -> Made:
        if inputs.get("size") == 0:
            raise ValueError("nothing is that small")
        self.asked.append(f"put {inputs['name']} {inputs.get('size')} {id_ or '-'}")
        return Made(f"id-{inputs['name']}", self.returns)

    def _drop(self, clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
        self.asked.append(f"drop {id_} {kept['name']}")

    def ask(self, clients: Clients, id_: str, kept: Mapping[str, Any]) -> Any:
        """What there is of one of them."""
        return self.now if self.exists and kept["name"] == "a" else None


def struct(**properties: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(properties)
    return made


def secret(value: Any) -> dict[str, Any]:
    return {KIND: SECRET, "value": value}


def archive(digest: str, **more: str) -> dict[str, Any]:
    return {KIND: ARCHIVE, "hash": digest, **more}


@pytest.fixture
def things() -> Things:
    return Things()


@pytest.fixture
def bare(things: Things) -> Iterator[ResourceProviderStub]:
    """The provider, not configured yet."""
    provider = Provider(
        lambda url, region: OneAccount(url, region, "k", "s"),
        {"thing": things.kind},
        {"thing": Live(things.ask, {"size": "Size", "shape": "Shape"})},
    )
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        add_ResourceProviderServicer_to_server(provider, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield ResourceProviderStub(channel)
        server.stop(None).wait()


def configure(provider: ResourceProviderStub, **more: str) -> None:
    tags = json.dumps({"tags": {"project": "p", "stack": "s"}})
    arguments = {"region": "us-east-1", "endpoints": EMULATOR, "defaultTags": tags, **more}
    provider.Configure(provider_pb2.ConfigureRequest(args=struct(**arguments)))


@pytest.fixture
def provider(bare: ResourceProviderStub) -> ResourceProviderStub:
    configure(bare)
    return bare


def check(provider: ResourceProviderStub, **news: Any) -> Any:
    return provider.Check(provider_pb2.CheckRequest(urn=URN, news=struct(**news)))


def diff(
    provider: ResourceProviderStub, olds: Any, news: Any
) -> tuple[bool, list[str], list[str]]:
    told = provider.Diff(
        provider_pb2.DiffRequest(urn=URN, id="id-a", olds=olds, old_inputs=olds, news=news)
    )
    some = told.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert told.deleteBeforeReplace
    return some, list(told.diffs), list(told.replaces)


def test_an_unknown_property_is_refused_by_name_before_anything_is_made(
    provider: ResourceProviderStub, things: Things
) -> None:
    told = check(provider, name="a", colour="red")

    assert ["colour"] == [failure.property for failure in told.failures]
    assert [] == things.asked


def test_the_default_tags_are_merged_under_the_resources_own(
    provider: ResourceProviderStub,
) -> None:
    told = check(provider, name="a", tags={"stack": "mine"})

    assert {"project": "p", "stack": "mine"} == dict(told.inputs["tags"])
    assert [] == list(told.failures)


@pytest.mark.parametrize(
    ("olds", "news", "expected"),
    [
        ({"size": 1}, {"size": 1.0}, (False, [], [])),
        ({"size": 1}, {"size": 2}, (True, ["size"], [])),
        ({"shape": "flat"}, {"shape": "round"}, (True, ["shape"], ["shape"])),
        ({"size": 1}, {}, (True, ["size"], [])),
        ({"size": None}, {}, (False, [], [])),
        ({"size": secret(1)}, {"size": 1}, (False, [], [])),
        ({"size": secret(1)}, {"size": secret(2)}, (True, ["size"], [])),
        ({"code": archive("x")}, {"code": archive("x", path="/zip")}, (False, [], [])),
        ({"code": archive("x")}, {"code": archive("y", path="/zip")}, (True, ["code"], [])),
        ({"tags": {"a": ["b"]}}, {"tags": {"a": ["c"]}}, (True, ["tags"], [])),
    ],
)
def test_what_differs_is_told_by_value_and_by_hash(
    provider: ResourceProviderStub, olds: Any, news: Any, expected: Any
) -> None:
    assert expected == diff(provider, struct(**olds), struct(**news))


def test_what_is_made_keeps_its_inputs_as_they_came(
    provider: ResourceProviderStub, things: Things
) -> None:
    inputs = struct(name="a", size=secret("hunter2"), code=archive("x", path="/zip"))
    told = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs))

    assert ["put a hunter2 -"] == things.asked
    assert "id-a" == told.id
    assert (inputs["size"], inputs["code"]) == (told.properties["size"], told.properties["code"])
    assert "arn:it" == told.properties["arn"]


def test_a_preview_makes_nothing_and_does_not_know_what_would_be_returned(
    provider: ResourceProviderStub, things: Things
) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=struct(name="a"), preview=True)
    told = provider.Create(request)

    assert [] == things.asked
    assert {"name": "a", "arn": rpc.UNKNOWN} == dict(told.properties)


def test_a_change_is_put_with_the_id_and_previewed_with_what_it_returned_before(
    provider: ResourceProviderStub, things: Things
) -> None:
    def update(preview: bool) -> Mapping[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=URN,
            id="id-a",
            olds=struct(name="a", size=1, arn="arn:old"),
            news=struct(name="a", size=2),
            preview=preview,
        )
        return dict(provider.Update(request).properties)

    assert {"name": "a", "size": 2, "arn": "arn:old"} == update(preview=True)
    assert [] == things.asked
    assert {"name": "a", "size": 2, "arn": "arn:it"} == update(preview=False)
    assert ["put a 2 id-a"] == things.asked


def test_what_is_deleted_is_named_by_what_was_kept(
    provider: ResourceProviderStub, things: Things
) -> None:
    # The state has no path of an archive: it is not looked at.
    state = struct(name="a", arn="arn:it", code=archive("x"))
    provider.Delete(provider_pb2.DeleteRequest(urn=URN, id="id-a", properties=state))

    assert ["drop id-a a"] == things.asked


def test_what_is_gone_is_told_by_having_no_id(
    provider: ResourceProviderStub, things: Things
) -> None:
    request = provider_pb2.ReadRequest(urn=URN, id="id-a", properties=struct(name="a"))
    there = provider.Read(request).id
    things.exists = False

    assert ("id-a", "") == (there, provider.Read(request).id)


def test_what_was_changed_by_hand_is_told_as_it_is_now(
    provider: ResourceProviderStub, things: Things
) -> None:
    state = struct(name="a", size=secret(1), shape="flat", arn="arn:it", code=archive("x"))
    inputs = struct(name="a", size=secret(1), shape="flat", code=archive("x"))
    things.now = {"Size": 2, "Shape": "flat"}
    told = provider.Read(
        provider_pb2.ReadRequest(urn=URN, id="id-a", properties=state, inputs=inputs)
    )

    changed = struct(size=secret(2))["size"]
    assert (changed, "flat") == (told.inputs["size"], told.inputs["shape"])
    assert (changed, "arn:it") == (told.properties["size"], told.properties["arn"])
    assert (True, ["size"], []) == diff(provider, told.inputs, inputs)


def test_each_type_that_is_made_can_be_asked_for() -> None:
    assert TABLE.keys() - {"pulumi:providers:aws"} == LIVE.keys()


def test_a_refusal_is_an_error_in_its_own_words(provider: ResourceProviderStub) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=struct(name="a", size=0))
    with pytest.raises(grpc.RpcError) as refused:
        provider.Create(request)

    assert "nothing is that small" == refused.value.details()  # pyright: ignore[reportAttributeAccessIssue] - it is a Call, too


def test_an_output_that_the_program_would_miss_is_an_error(
    provider: ResourceProviderStub, things: Things
) -> None:
    things.returns = {}
    with pytest.raises(grpc.RpcError, match="returned no arn"):
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="a")))


@pytest.mark.parametrize(
    ("configuration", "because"),
    [
        ({"endpoints": ""}, "names no single emulator"),
        ({"endpoints": '[{"sqs": "http://one", "sns": "http://two"}]'}, "no single emulator"),
        (
            {"allowedAccountIds": '["123456789012"]'},
            "of account 000000000000, and penstock:accounts allows 123456789012 only",
        ),
    ],
)
def test_it_is_for_one_emulator_and_the_allowed_accounts_only(
    bare: ResourceProviderStub, configuration: dict[str, str], because: str
) -> None:
    with pytest.raises(grpc.RpcError, match=because):
        configure(bare, **configuration)


def test_a_type_nobody_knows_is_an_error(provider: ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError, match="gizmo: no handler knows this type"):
        provider.Check(provider_pb2.CheckRequest(urn=URN.replace("thing", "gizmo")))
