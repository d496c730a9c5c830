"""Graphs of the stack `prod` with one thing wrong: for each rule those that break it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.infra.breaking import (
    AT_ONCE,
    ELSE,
    FROM_ANOTHER,
    LOGS_BODIES,
    OLD_TLS,
    ONE,
    ONE_SERVICE,
    ONE_SERVICES_KEY,
    OPEN,
    OTHER,
    PAYS_TOO,
    QUEUE,
    SENDS_TO_VERIFIED,
    SOME,
    TO_ANOTHERS,
    TOKENS_INCLUDED,
    TOO_MANY,
    UNSET,
    Break,
    changed,
    items,
    limited,
    only,
    policy,
    renamed,
    spares,
    unordered,
    unprotected,
    untagged,
    without,
)

BREAKS: Mapping[str, Sequence[Break]] = {
    "permissions_are_for_what_can_be": [
        changed(
            "RolePolicy",
            "deliver-email",
            policy=policy(
                Action="ses:SendEmail",
                Resource=resource,
            ),
        )
        for resource in (
            "arn:aws:arn:us-east-1:123456789012:aws:ses:us-east-1:123456789012:identity/x",
            "arn:aws:ses:us-east-1:123456789012:identity/{sender}",
            "arn:aws:ses:us-east-1::identity/x",
            "identity/x",
            "${Queue/payments.url}",
        )
    ],
    "queues_have_a_dead_letter_queue_of_their_kind": [
        without("RedrivePolicy", "payments"),
        without("Queue", "sink-slack-dlq"),
        changed("Queue", "payments-dlq", fifoQueue=False),
    ],
    "what_a_queue_took_can_be_parked_with_its_reason": [
        changed("Queue", "payments", maxMessageSize=1024 * 1024),
        changed("Queue", "payments-dlq", maxMessageSize=UNSET),
    ],
    "nothing_is_parked_at_its_first_receipt": [
        changed("RedrivePolicy", "payments", redrivePolicy=AT_ONCE)
    ],
    "queues_are_encrypted": [changed("Queue", "rejected", sqsManagedSseEnabled=False)],
    "topics_are_encrypted": [
        changed("Topic", name, kmsMasterKeyId=UNSET) for name in ("deliveries", "events", "alerts")
    ],
    "queues_and_topics_are_fifo_by_name_too": [
        changed("Queue", "verified", name="penstock-dev-verified"),
        changed("Topic", "alerts", name="alerts.fifo"),
    ],
    "high_throughput_is_set_in_pairs": [
        changed("Queue", "payments", deduplicationScope="queue"),
        changed("Queue", "payments", fifoThroughputLimit=UNSET),
        changed("Queue", "payments", fifoThroughputLimit=UNSET, deduplicationScope=UNSET),
        changed("Topic", "events", fifoThroughputScope="Topic"),
    ],
    "queues_keep_messages_for_a_fortnight": [
        changed("Queue", "payments-dlq", messageRetentionSeconds=345_600)
    ],
    "subscriptions_have_a_dead_letter_queue": [
        changed("TopicSubscription", "deliveries", redrivePolicy=UNSET),
        without("Queue", "deliveries-dlq"),
        changed("Queue", "deliveries-dlq", fifoQueue=False),
        changed("TopicSubscription", "deliveries", redrivePolicy=TO_ANOTHERS),
    ],
    "subscriptions_are_of_one_kind": [
        changed("TopicSubscription", "deliveries", topic="${Topic/alerts.arn}"),
        changed("TopicSubscription", "deliveries", rawMessageDelivery=UNSET),
        changed("Queue", "deliveries", fifoQueue=False),
    ],
    "dead_letter_queues_take_from_their_own_queue_only": [
        without("RedriveAllowPolicy", "verified"),
        changed("RedriveAllowPolicy", "verified", redriveAllowPolicy=FROM_ANOTHER),
        changed(
            "RedriveAllowPolicy",
            "verified",
            redriveAllowPolicy='{"redrivePermission": "allowAll"}',
        ),
    ],
    "main_queues_are_no_dead_letter_queues": [
        *(
            changed("Queue", name, redriveAllowPolicy=policy)
            for name in ("verified", "payments", "rejected")
            for policy in (UNSET, '{"redrivePermission": "allowAll"}', FROM_ANOTHER)
        ),
        changed("RedriveAllowPolicy", "deliveries", queueUrl="${Queue/verified.url}"),
        changed("RedrivePolicy", "deliveries", redrivePolicy=AT_ONCE.replace("-dlq", "")),
    ],
    "nobody_may_do_everything": [
        changed("RolePolicy", "charge", policy=policy(Action="sqs:*", Resource=[QUEUE])),
        changed("RolePolicy", "charge", policy=policy(Action=["sqs:SendMessage"], Resource="*")),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["sqs:SendMessage"], Resource=["arn:aws:sqs:*:1:payments"]),
        ),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["xray:PutTraceSegments", "sqs:SendMessage"], Resource="*"),
        ),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["logs:PutLogEvents"], Resource="arn:aws:logs:r:1:x:*"),
        ),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["sqs:SendMessage"], Resource=["arn:aws:sqs:r:1:payment?.fifo"]),
        ),
        changed("RolePolicy", "charge", policy=policy(NotAction=["iam:Get"], Resource=[QUEUE])),
        changed("RolePolicy", "charge", policy=policy(Action=["sqs:Send"], NotResource=[QUEUE])),
    ],
    "nothing_is_public": [
        changed("QueuePolicy", "deliveries", policy=OPEN),
        changed("QueuePolicy", "deliveries", policy=policy(Condition=ONE, Principal=SOME)),
        changed("QueuePolicy", "deliveries", policy=policy(Condition=ONE, Principal=OTHER)),
        changed("QueuePolicy", "deliveries", policy=policy(Condition=ONE, NotPrincipal=OTHER)),
        changed("TopicPolicy", "alerts", policy=OPEN),
        changed("Permission", "api-receive", sourceArn=UNSET),
        changed("Permission", "api-receive", principal="*"),
    ],
    "roles_are_of_one_service": [
        changed(
            "Role",
            name,
            assumeRolePolicy=policy(Principal=principal, Action="sts:AssumeRole"),
        )
        for name, principal in (
            ("charge", {"AWS": "*"}),
            ("operator", "*"),
            ("operator", {"AWS": "*"}),
            ("operator", {"Service": "ecs-tasks.amazonaws.com"}),
            ("operator", {"AWS": OTHER["AWS"], "Federated": "*"}),
        )
    ],
    "every_role_has_the_same_path_and_boundary": [
        changed("Role", "charge", path="/elsewhere/"),
        changed("Role", "operator", permissionsBoundary="arn:aws:iam::1:policy/p"),
    ],
    "few_may_send_what_is_believed": [
        *(
            without("QueuePolicy", name)
            for name in ("verified", "verified-dlq", "payments", "payments-dlq")
        ),
        changed("QueuePolicy", "verified", policy=ELSE),
        changed("QueuePolicy", "verified", policy=TOO_MANY),
        changed("QueuePolicy", "payments", policy=PAYS_TOO),
        changed("QueuePolicy", "payments-dlq", policy=spares("payments-dlq", "charge")),
        *(
            changed("QueuePolicy", "payments-dlq", policy=limited("payments-dlq", **condition))
            for condition in (
                {"Bool": {"aws:PrincipalIsAWSService": "true"}},
                {"BoolIfExists": {"aws:SecureTransport": "false"}},
            )
        ),
        changed("RolePolicy", "charge", policy=SENDS_TO_VERIFIED),
        # A function that begins to move money makes its queue one that is believed.
        changed("RolePolicy", "verify", policy=items("dynamodb:PutItem", **only("payment#*"))),
    ],
    "verify_reads_no_other_functions_secret": [
        changed(
            "RolePolicy",
            "verify",
            policy=policy(
                Action="secretsmanager:GetSecretValue", Resource=["${Secret/paypal.arn}"]
            ),
        ),
        changed(
            "RolePolicy",
            "process",
            policy=policy(
                Action="secretsmanager:GetSecretValue", Resource=["${Secret/paypal-webhooks.arn}"]
            ),
        ),
    ],
    "no_function_writes_tokens": [
        *(
            changed("RolePolicy", name, policy=items("dynamodb:PutItem", **limits))
            for name in ("process", "api")
            for limits in TOKENS_INCLUDED
        ),
        changed("RolePolicy", "api", policy=items("dynamodb:DeleteItem", **only("tokens"))),
        changed("RolePolicy", "api", policy=items("dynamodb:UpdateItem", **only("tokens"))),
    ],
    "few_may_read_tokens": [
        changed("RolePolicy", "process", policy=items("dynamodb:GetItem", **limits))
        for limits in TOKENS_INCLUDED
    ],
    "operators_only_restrict": [
        changed("RolePolicy", "charge", policy=items(action, **limits))
        for action in ("dynamodb:PutItem", "dynamodb:DeleteItem")
        for limits in ({}, only("restrictions"), only("re*"))
    ],
    "operators_commands_commit_only": [
        renamed("RolePolicy", "charge", "operate"),
    ],
    "queues_hide_messages_for_six_times_the_functions_time": [
        changed("Queue", "payments", visibilityTimeoutSeconds=179),
        changed("Function", "charge", timeout=31),
    ],
    "batches_are_answered_item_by_item": [
        changed("EventSourceMapping", "charge", functionResponseTypes=UNSET),
        changed("EventSourceMapping", "charge", batchSize=11),
        changed("EventSourceMapping", "charge", scalingConfig=UNSET),
    ],
    "functions_have_a_log_group_that_ends": [
        without("LogGroup", "charge"),
        changed("LogGroup", "charge", retentionInDays=UNSET),
    ],
    "the_ledger_can_be_restored": [
        changed("Table", "ledger", pointInTimeRecovery=UNSET),
        changed("Table", "ledger", ttl={"enabled": False}),
    ],
    "protection_is_whole": [
        unprotected("rejected"),
        unprotected("sink-slack"),
        unprotected("payments-dlq"),
        unprotected("ledger"),
        changed("Table", "ledger", deletionProtectionEnabled=False),
    ],
    "the_api_is_limited_and_logged": [
        changed("DomainName", "api", domainNameConfiguration=OLD_TLS),
        changed("Stage", "api", defaultRouteSettings=UNSET),
        changed("Stage", "api", accessLogSettings=UNSET),
        changed("Stage", "api", accessLogSettings=LOGS_BODIES),
        changed("Api", "api", disableExecuteApiEndpoint=False),
    ],
    "everything_says_whose_it_is": [untagged],
    "dead_letter_queues_have_an_alarm": [
        without("MetricAlarm", "dead-letters-payments"),
        changed("MetricAlarm", "dead-letters-payments", dimensions={"QueueName": "other"}),
        changed("MetricAlarm", "dead-letters-payments", threshold=100),
        changed("MetricAlarm", "dead-letters-payments", comparisonOperator="LessThanThreshold"),
    ],
    "consumed_queues_have_an_alarm_on_their_age": [
        without("MetricAlarm", "old-messages-verified")
    ],
    "consumed_queues_have_an_alarm_before_they_are_full": [
        without("MetricAlarm", "in-flight-sink-slack"),
        changed("MetricAlarm", "in-flight-deliveries", threshold=60_001),
    ],
    "functions_have_alarms": [
        without("MetricAlarm", "function-errors-receive"),
        without("MetricAlarm", "function-throttles-sweep"),
    ],
    "budgets_wait_for_their_topics_policy": [unordered, without("TopicPolicy", "alerts")],
    "alarms_go_to_standard_topics_that_let_them_in": [
        changed("MetricAlarm", "api-errors", alarmActions=UNSET),
        changed("MetricAlarm", "api-errors", actionsEnabled=False),
        changed("Budget", "budget", notifications=UNSET),
        changed("Budget", "budget", notifications=[{"subscriberEmailAddresses": ["a@b.example"]}]),
        changed("MetricAlarm", "api-errors", alarmActions=["${Topic/events.arn}"]),
        changed("TopicPolicy", "alerts", policy=ONE_SERVICE),
        changed("MetricAlarm", "api-errors", alarmActions=["arn:aws:sns:r:123456789012:a.fifo"]),
        # SNS's own key lets no service in.
        changed("Topic", "alerts", kmsMasterKeyId="alias/aws/sns"),
        changed("Key", "alerts", policy=policy(Principal=OTHER, Action="kms:*", Resource="*")),
        changed("Key", "alerts", policy=ONE_SERVICES_KEY),
        without("TopicPolicy", "alerts"),
    ],
}
