"""Serving the provider to the engine that started this process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from infra.emulated.kind import Clients, Kind
from infra.emulated.provider.servicer import Provider
from infra.emulated.table import TABLE

_THREADS = 16
_LOOK_SECONDS = 1.0


def serve(table: Mapping[str, Kind] = TABLE) -> None:
    """
    Print the port and serve until the engine ends us, or has died.

    Keys come from the environment, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    """
    engine = os.getppid()
    server = grpc.server(ThreadPoolExecutor(_THREADS))
    add_ResourceProviderServicer_to_server(Provider(_connect, table), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine reads the first line.
    print(port, flush=True)
    # wait_for_termination says True as long as it runs.
    while server.wait_for_termination(_LOOK_SECONDS) and os.getppid() == engine:
        pass
    server.stop(None)


def _connect(endpoint_url: str, region: str) -> Clients:
    keys = (os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    return Clients(endpoint_url, region, *keys)
