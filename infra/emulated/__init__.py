"""The stack on the emulator: the same program, its resources made by handlers of our own."""

from infra.emulated.provision import Provisioned, provision, provision_counted

__all__ = ["Provisioned", "provision", "provision_counted"]
