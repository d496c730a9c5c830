"""
Request schemas for the simulator, taken out of PayPal's published specifications.

    python -m penstock_paypal.simulator.derive FOLDER

reads the specifications in the folder and writes `schemas/`, one file for each operation. Only
what decides whether a request is well formed is kept; prose and examples are left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

SCHEMAS = Path(__file__).parent / "schemas"
REPOSITORY = "github.com/paypal/paypal-rest-api-specifications"
COMMIT = "ec4d8f36a6ab0abcc3865e1072aaddc85ea14d5c"
OPERATIONS = {
    "billing_subscriptions_v1": (
        "plans.create",
        "plans.patch",
        "plans.update-pricing-schemes",
        "subscriptions.create",
        "subscriptions.patch",
        "subscriptions.revise",
        "subscriptions.suspend",
        "subscriptions.cancel",
        "subscriptions.activate",
        "subscriptions.capture",
    ),
    "checkout_orders_v2": ("orders.create", "orders.capture"),
    "catalogs_products_v1": ("products.create", "products.patch"),
    "invoicing_v2": (
        "invoices.create",
        "invoices.send",
        "invoices.remind",
        "invoices.cancel",
        "invoices.payments",
        "invoices.refunds",
        "invoices.search-invoices",
    ),
    "notifications_webhooks_v1": (
        "webhooks.post",
        "webhooks.update",
        "webhooks-events.resend",
        "simulate-event.post",
    ),
    "payments_payment_v1": ("sale.refund",),
    "payments_payment_v2": ("captures.refund",),
}
_KEYWORDS = frozenset(
    {
        "type",
        "required",
        "enum",
        "pattern",
        "format",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "uniqueItems",
    }
)
_LISTS = ("allOf", "anyOf", "oneOf")
_ONE = ("items", "additionalProperties", "not")
_METHODS = ("get", "put", "post", "patch", "delete")
_PREFIX = "#/components/schemas/"
# The other formats are names of PayPal's own; their patterns and lengths say what they mean.
_FORMATS = frozenset({"uri"})
Schema = dict[str, Any]


def derived(specifications: Path) -> dict[str, str]:
    """
    The files that `schemas/` should hold, by name.

    Args:
        specifications: the folder of PayPal's OpenAPI files.

    Raises:
        KeyError: a specification lacks an operation, or one has no body.
        OSError: a specification cannot be read.
    """
    files: dict[str, str] = {}
    for name, wanted in OPERATIONS.items():
        spec: Schema = json.loads((specifications / f"{name}.json").read_text("utf-8"))
        found = dict(_operations(spec, frozenset(wanted)))
        for operation in wanted:
            method, path, body = found[operation]
            document: Schema = {
                "$comment": f"Derived from {REPOSITORY}, {name}, commit {COMMIT}; see NOTICE.",
                "method": method.upper(),
                "path": path,
                "schema": _alone(_schema_of(body), spec),
            }
            files[f"{name}.{operation}.json"] = json.dumps(document, indent=1) + "\n"
    return files


def _operations(
    spec: Schema, wanted: frozenset[str]
) -> Iterator[tuple[str, tuple[str, str, Schema]]]:
    for path, methods in spec["paths"].items():
        for method in _METHODS:
            operation = methods.get(method, {})
            if operation.get("operationId") in wanted:
                body = operation["requestBody"]
                if reference := body.get("$ref"):
                    body = spec["components"]["requestBodies"][reference.rpartition("/")[2]]
                yield operation["operationId"], (method, path, body)


def _schema_of(body: Schema) -> Schema:
    (content,) = body["content"].values()
    return content["schema"]


def _alone(schema: Schema, spec: Schema) -> Schema:
    """The schema with the definitions it refers to, so that it can be compiled by itself."""
    definitions: dict[str, Schema] = {}
    todo: list[str] = []
    made = _kept(schema, todo)
    while todo:
        name = todo.pop()
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _kept(spec["components"]["schemas"][name], todo)
    return {**made, "$defs": dict(sorted(definitions.items()))} if definitions else made


def _kept(schema: Mapping[str, Any], todo: list[str]) -> Schema:
    """A schema in JSON Schema's terms; names of definitions it refers to are added to `todo`."""
    if reference := schema.get("$ref"):
        name = str(reference).removeprefix(_PREFIX)
        todo.append(name)
        return {"$ref": f"#/$defs/{name}"}
    made: Schema = {name: schema[name] for name in schema if name in _KEYWORDS}
    if made.get("format") not in _FORMATS:
        made.pop("format", None)
    if "pattern" in made:
        made["pattern"] = _whole(made["pattern"])
    properties: Mapping[str, Schema] = schema.get("properties", {})
    # What only PayPal writes is no part of a request; a client may send it back unchecked.
    written = {name: one for name, one in properties.items() if not one.get("readOnly")}
    if written:
        made["properties"] = {name: _kept(one, todo) for name, one in written.items()}
    if "required" in made:
        made["required"] = [
            one for one in made["required"] if one in written or one not in properties
        ]
    for name in _LISTS:
        if name in schema:
            made[name] = [_kept(one, todo) for one in schema[name]]
    for name in _ONE:
        if isinstance(schema.get(name), dict):
            made[name] = _kept(cast(Schema, schema[name]), todo)
    if schema.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _whole(pattern: str) -> str:
    """A pattern that matches the whole text, as PayPal applies it; JSON Schema searches."""
    anchored = pattern.startswith("^") and pattern.endswith("$")
    return pattern if anchored else f"^(?:{pattern})$"


def write(specifications: Path, folder: Path = SCHEMAS) -> None:
    """Write the files, and take away those that are derived no more."""
    files = derived(specifications)
    for old in folder.glob("*.json"):
        if old.name not in files:
            old.unlink()
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
