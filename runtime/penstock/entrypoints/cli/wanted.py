"""A person's YAML file, read strictly: a key that occurs twice is an error, not the last value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from penstock.entrypoints.cli.session import Code, CommandError


class _Twice(yaml.YAMLError):
    """A key occurs twice."""


class _Strict(yaml.SafeLoader):
    """YAML's safe types, each key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping."""
        keys = [str(key.value) for key, _ in node.value]
        twice = sorted({one for one in keys if keys.count(one) > 1})
        if twice:
            raise _Twice(f"{twice[0]} occurs twice, in line {node.start_mark.line + 1} and below")
        return super().construct_mapping(node, deep)


def read(path: Path) -> Any:
    """
    What a YAML file holds.

    Raises:
        CommandError: it cannot be read, or is no YAML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return yaml.load(text, _Strict)  # noqa: S506 - a SafeLoader
    except OSError as exc:
        raise CommandError(f"--file: {path}: {exc.strerror}", Code.usage) from None
    except UnicodeDecodeError:
        raise CommandError(f"--file: {path}: the file must be text in UTF-8", Code.usage) from None
    except _Twice as exc:
        raise CommandError(f"--file: {path}: {exc}; keep one", Code.usage) from None
    except (yaml.YAMLError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise CommandError(f"--file: {path} is no YAML{where}", Code.usage) from None
