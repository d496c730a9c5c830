"""What the settings say of every role of the stack."""

from __future__ import annotations

from infra.components.function import Bounds
from infra.config.roles import RoleSettings


def bounds(roles: RoleSettings) -> Bounds:
    """Path and boundary; AWS's own path is left out, as earlier versions did."""
    return Bounds(None if roles.path == "/" else roles.path, roles.permissions_boundary)
