"""A plugin whose data file says nothing of what its classes say."""

from __future__ import annotations

from tests.plugins.registry.fakes import gateway_plugin

penstock_register_gateways = gateway_plugin().penstock_register_gateways
