"""Packages that are broken before they are built: what importing them does, and its line."""

from __future__ import annotations

from collections.abc import Mapping

IMPORTS: Mapping[str, tuple[str, str]] = {
    "opens a connection": (
        "import socket\nsocket.socket().connect_ex(('127.0.0.1', 9))",
        "importing it opens a connection (brittle_import, line 2); do it when it is first needed",
    ),
    "looks up a host": (
        "import socket\nsocket.getaddrinfo('localhost', 80)",
        "importing it looks up a host (brittle_import, line 2); do it when it is first needed",
    ),
    "reads a file of others": (
        "from pathlib import Path\nPath('/etc/passwd').read_text()",
        "importing it reads passwd, which is not in its package (brittle_import, line 2); do it"
        " when it is first needed",
    ),
    "writes a file": (
        "from pathlib import Path\nPath('/dev/null').write_text('x')",
        "importing it writes null (brittle_import, line 2); do it when it is first needed",
    ),
    "starts a process": (
        "import subprocess\nsubprocess.run(['true'])",
        "importing it starts a process (brittle_import, line 2); do it when it is first needed",
    ),
    "leaves a thread": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=[60], daemon=True).start()",
        "importing it leaves 1 threads running; start them when needed",
    ),
    "calls sys.exit": (
        "import sys\nsys.exit(3)",
        "importing it failed: it calls sys.exit (brittle_import.py:2); remove that: an import must"
        " only define things",
    ),
    "ends the process": (
        "import os\nos._exit(4)",
        "importing brittle_import ended the process (exit code 4)",
    ),
    "needs what is not installed": (
        "import not_installed_here.part",
        "importing it failed: there is no module 'not_installed_here', which brittle_import.py:1"
        " imports: install it beside Penstock, or correct the import",
    ),
    "cannot be parsed": (
        "class Broken\n",
        "importing it failed: expected ':' in brittle_import.py:1; repair it",
    ),
    "raises": (
        "raise ValueError('hunter2')",
        "importing it failed: it raised ValueError (brittle_import.py:1); repair it",
    ),
}
GOOD = """
import json
from importlib.resources import files

TEXT = files("brittle_import").joinpath("text.json").read_text()
print("hello")


def later():
    open("/etc/passwd").read()
"""
