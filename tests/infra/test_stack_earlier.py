"""
What a stack of an earlier version made, the next one knows again: nothing is made anew.

`earlier_prod.json` has prod's resources as they were before roles, tags, keys and names of one's
own could be set: each type with its parents' (as in a URN), name and physical name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.graph.monitor import Declared

EARLIER = Path(__file__).with_name("earlier_prod.json")
PHYSICAL = ("name", "domainName", "dashboardName")


def resources(graph: Sequence[Declared]) -> set[tuple[str, str, str]]:
    """Each resource of AWS: its type with its parents', its name, and what it is called at AWS."""
    found: set[tuple[str, str, str]] = set()
    for one in graph:
        _, _, types, name = one.urn.split("::")
        physical = next((one.inputs[key] for key in PHYSICAL if one.inputs.get(key)), "")
        if one.custom and not one.type.startswith("pulumi:"):
            found.add((types, name, "" if types.endswith(":Record") else physical))
    return found


def test_resources_of_an_earlier_version_keep_their_names(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    recorded = json.loads(EARLIER.read_text())
    earlier = {(types, name, one[name]) for types, one in recorded.items() for name in one}

    assert 200 < len(earlier)
    assert set() == earlier - resources(graphs["prod"])
