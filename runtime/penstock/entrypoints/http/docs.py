"""The contract as a page for people: one HTML document without scripts."""

from __future__ import annotations

import json
from typing import Any

from penstock.contracts import Contract

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ info.title }} {{ info.version }}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto;
         padding: 0 1rem; color: #1b1f24; background: #fff }
  h2 { border-top: 1px solid #d0d7de; padding-top: 1.2rem; margin-top: 2rem }
  code, pre { font: 14px/1.45 ui-monospace, monospace; background: #f3f5f7; border-radius: 4px }
  code { padding: .1em .3em } pre { padding: .8rem; overflow-x: auto }
  table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1rem .2rem 0;
          vertical-align: top } .open { color: #57606a }
  @media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
    code, pre { background: #161b22 } h2 { border-color: #30363d } .open { color: #8b949e } }
</style>
</head>
<body>
<h1>{{ info.title }} {{ info.version }}</h1>
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
</body>
</html>
"""


def page(contract: Contract) -> str:
    """The contract as HTML."""
    # Imported here: only this page needs it, so other cold starts do not pay for it.
    from jinja2 import Environment, StrictUndefined

    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)
    document = contract.published
    operations = [
        _operation(document, path, method, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    return template.render(info=document["info"], operations=operations)


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
