"""The contract as a page for people: one HTML document without scripts."""

from __future__ import annotations

import json
from typing import Any

from penstock.contracts import Contract
from penstock.entrypoints.http.documents import written
from penstock.entrypoints.http.problem_page import kinds

_PAGE = """<h1>{{ title }}</h1>
<p>{{ info.summary }}</p>
<p>{{ info.description }}</p>
<p>For programs: <a href="openapi.json"><code>GET /openapi.json</code></a></p>
{% for operation in operations %}
<h2 id="{{ operation.id }}"><code>{{ operation.route }}</code></h2>
<p><strong>{{ operation.summary }}.</strong>
{% if operation.public %}<span class="open">No token needed.</span>
{% else %}Needs <code>Authorization: Bearer …</code>
with the scope <code>{{ operation.scope }}</code>.{% endif %}</p>
{% if operation.description %}<p>{{ operation.description }}</p>{% endif %}
{% if operation.parameters %}
<table>
{% for one in operation.parameters %}
<tr><td><code>{{ one.name }}</code></td><td>{{ one.in }}{% if one.required %}, required{% endif %}
</td><td>{{ one.description }}</td></tr>
{% endfor %}
</table>
{% endif %}
{% for title, text in operation.examples %}
<p>{{ title }}</p>
<pre>{{ text }}</pre>
{% endfor %}
<p>Answers: {% for status, meaning in operation.answers %}<code>{{ status }}</code> {{ meaning }}
{% endfor %}</p>
{% endfor %}
<h2 id="problems">Problems</h2>
<table>
{% for one in kinds %}
<tr><td><code>{{ one.status }}</code></td>
<td><a href="problems/{{ one.name }}"><code>{{ one.name }}</code></a></td>
<td>{{ one.title }}</td></tr>
{% endfor %}
</table>
"""


def page(contract: Contract) -> str:
    """The contract as HTML."""
    document = contract.published
    operations = [
        _operation(document, path, method, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    info = document["info"]
    return written(
        _PAGE,
        f"{info['title']} {info['version']}",
        info=info,
        operations=operations,
        kinds=kinds(contract),
    )


def _operation(document: Any, path: str, method: str, described: dict[str, Any]) -> dict[str, Any]:
    answers = {
        status: _resolve(document, answer) for status, answer in described["responses"].items()
    }
    examples = _examples("Send", described.get("requestBody", {}))
    for status, answer in answers.items():
        examples += _examples(f"Answer {status}", answer)
    return {
        "id": described["operationId"],
        "route": f"{method.upper()} {path}",
        "summary": described["summary"],
        "description": described.get("description", ""),
        "public": described["security"] == [],
        "scope": described.get("x-penstock-scope"),
        "parameters": [
            {"description": "", "required": False, **one}
            for one in described.get("parameters", ())
        ],
        "examples": examples,
        "answers": [(status, answer["description"]) for status, answer in answers.items()],
    }


def _examples(title: str, body: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{title} ({name})", json.dumps(example["value"], indent=2, ensure_ascii=False))
        for media in body.get("content", {}).values()
        for name, example in media.get("examples", {}).items()
    ]


def _resolve(document: Any, node: dict[str, Any]) -> Any:
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found
