"""The page: every operation of the contract in one HTML document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from penstock.contracts import Contract
from penstock.entrypoints.http.message import Answer, html_answer
from penstock.entrypoints.http.problem_page import kinds
from penstock.entrypoints.http.reference.sample import Sample
from penstock.entrypoints.http.webhook_headers import of_stack

_FOLDER = Path(__file__).parent
_CODE = re.compile(r"`([^`]+)`")


def page(contract: Contract, webhook_headers: Mapping[str, Any]) -> Answer:
    """
    The contract as HTML.

    Args:
        webhook_headers: the headers that each of the stack's gateways requires of a webhook.
    """
    # Imported here: only these pages need it, so other cold starts do not pay for it.
    from jinja2 import Environment, StrictUndefined

    document = of_stack(contract.published, webhook_headers)
    style, script = _file("page.css"), _file("try.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    info = document["info"]
    html = environment.from_string(_file("page.html")).render(
        title=f"{info['title']} {info['version']}",
        info=info,
        groups=_groups(document),
        kinds=kinds(contract),
        paragraphs=_paragraphs,
        style=style,
        script=script,
    )
    return html_answer(html, style, script)


def _groups(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag, in the order of the contract."""
    shown = [
        (described["tags"][0], _operation(document, path, method, described))
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    groups = [
        {**tag, "operations": [one for name, one in shown if name == tag["name"]]}
        for tag in document["tags"]
    ]
    return [group for group in groups if group["operations"]]


def _operation(
    document: Mapping[str, Any], path: str, method: str, described: Mapping[str, Any]
) -> dict[str, Any]:
    answers = {
        status: _resolve(document, answer) for status, answer in described["responses"].items()
    }
    return {
        "id": described["operationId"],
        "summary": described["summary"],
        "description": described.get("description", ""),
        "deprecated": described.get("deprecated", False),
        "scope": described.get("x-penstock-scope"),
        "sample": Sample.of(method, path, described),
        "answers": [
            # Refusals look alike everywhere: the page of each kind of problem says what to do.
            (status, answer["description"], _examples(answer) if status < "400" else ())
            for status, answer in answers.items()
        ],
    }


def _examples(answer: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    return [
        (name, json.dumps(example["value"], indent=2, ensure_ascii=False))
        for media in answer.get("content", {}).values()
        for name, example in media.get("examples", {}).items()
    ]


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Any:
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _paragraphs(text: str) -> Any:
    """Text of the contract as paragraphs; what stands in backticks is code."""
    from markupsafe import Markup, escape

    safe = [_CODE.sub(r"<code>\1</code>", str(escape(part))) for part in text.split("\n\n")]
    return Markup("".join(f"<p>{part}</p>" for part in safe))  # noqa: S704 - each is escaped


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
