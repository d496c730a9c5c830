"""
The provider as a process: prints its port and serves until the engine is gone.

The engine starts it as `pulumi-resource-aws`, an executable in the folder that a project's
`plugins` entry names.
"""

from __future__ import annotations

from infra.emulated.provider.serving import serve

if __name__ == "__main__":
    serve()
