"""
The provider of `infra`, with handlers that fail as the environment says.

ENGINE_FAULT is the type and the name of what cannot be made: it is made, and then that is lost, as
when the network drops the answer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from infra.emulated.kind import Clients, Inputs, Kind
from infra.emulated.provider.serving import serve
from infra.emulated.table import TABLE
from infra.graph.monitor import Made


def faulty(kind: Kind, name: str) -> Kind:
    """The kind, but what has that name is made without a word."""

    def put(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
        made = kind.put(clients, inputs, id_)
        if inputs.get("name") == name:
            raise ValueError("the answer was lost")
        return made

    return replace(kind, put=put)


def table() -> Mapping[str, Kind]:
    """The table, with the fault that is asked for."""
    type_, _, name = os.environ.get("ENGINE_FAULT", "").partition(" ")
    return {**TABLE, type_: faulty(TABLE[type_], name)} if type_ else TABLE


if __name__ == "__main__":
    serve(table())
