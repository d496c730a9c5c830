"""
What is tried with each role: the emulator's IAM enforcement is on.

The calls that pass are made so that they change nothing (a message without its group, a receipt
that is none): refusal is decided before that is looked at.
"""

from __future__ import annotations

from tests.e2e.probe import Call
from tests.e2e.world import World

LEDGER = {"read the ledger", "write the ledger", "query the ledger"}
LOOK_UPS = {"query by reference", "query by subscription", "query by day"}
_NOBODY = {"S": "probe-no-such-payment"}


def calls(world: World) -> dict[str, Call]:
    """The list: what some function may do, and what none may."""
    out = world.platform.outputs
    table = str(out["ledgerTable"])
    key = {"pk": _NOBODY, "sk": _NOBODY}

    def send(url: str) -> Call:
        return Call("sqs", "send_message", {"QueueUrl": url, "MessageBody": "{}"})

    def publish(topic: str) -> Call:
        return Call("sns", "publish", {"TopicArn": topic, "Message": "{}"})

    def secret(plugin: str) -> Call:
        return Call(
            "secretsmanager", "get_secret_value", {"SecretId": f"{out['secretsPrefix']}/{plugin}"}
        )

    def query(column: str, index: str | None = None) -> Call:
        return Call(
            "dynamodb",
            "query",
            {
                "TableName": table,
                "KeyConditionExpression": "#k = :k",
                "ExpressionAttributeNames": {"#k": column},
                "ExpressionAttributeValues": {":k": _NOBODY},
                **({"IndexName": index} if index else {}),
            },
        )

    listed = {
        "publish deliveries": publish(out["deliveriesTopicArn"]),
        "publish events": publish(out["eventsTopicArn"]),
        "read the ledger": Call("dynamodb", "get_item", {"TableName": table, "Key": key}),
        "write the ledger": Call(
            "dynamodb",
            "put_item",
            {"TableName": table, "Item": key, "ConditionExpression": "attribute_exists(pk)"},
        ),
        "query the ledger": query("pk"),
        "query what is due": query("due_pk", "due"),
        "query events": query("events_pk", "events"),
        "query by reference": query("reference", "by_reference"),
        "query by subscription": query("subscription", "by_subscription"),
        "query by day": query("day", "by_day"),
        "read PayPal's secret": secret("paypal"),
        "read PayPal's webhook id": secret("paypal-webhooks"),
        "read Slack's secret": secret("slack"),
        "send e-mail": Call(
            "sesv2",
            "send_email",
            {
                "FromEmailAddress": "nobody@unverified.example",
                "Destination": {"ToAddresses": ["nobody@example.com"]},
                "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
            },
        ),
        "delete from the ledger": Call(
            "dynamodb", "delete_item", {"TableName": table, "Key": key}
        ),
        # No function may do any of these.
        "scan the ledger": Call("dynamodb", "scan", {"TableName": table}),
        "write PayPal's secret": Call(
            "secretsmanager",
            "put_secret_value",
            {"SecretId": f"{out['secretsPrefix']}/paypal", "SecretString": "{}"},
        ),
        "list secrets": Call("secretsmanager", "list_secrets", {}),
        "empty a queue": Call(
            "sqs", "purge_queue", {"QueueUrl": out["queues"]["payments"]["dlqUrl"]}
        ),
        "read its own role": Call("iam", "get_role", {"RoleName": out["functions"]["verify"]}),
        "call a function": Call(
            "lambda", "invoke", {"FunctionName": out["functions"]["sweep"], "Payload": "{}"}
        ),
    }
    for name, queue in out["queues"].items():
        listed[f"send to {name}"] = send(queue["url"])
        listed[f"consume {name}"] = Call(
            "sqs", "delete_message", {"QueueUrl": queue["url"], "ReceiptHandle": "none"}
        )
        if queue.get("dlqUrl"):
            listed[f"send to {name}'s DLQ"] = send(queue["dlqUrl"])
            listed[f"consume {name}'s DLQ"] = Call(
                "sqs", "delete_message", {"QueueUrl": queue["dlqUrl"], "ReceiptHandle": "none"}
            )
    return listed
