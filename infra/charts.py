"""What the dashboard shows: from what comes in to what is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.components.dashboard import Chart
from infra.components.log_metric import NAMESPACE
from infra.signals import METRICS


def charts(
    stack: str, api_id: str, queues: Mapping[str, str | None], functions: Sequence[str]
) -> Sequence[Chart]:
    """
    The charts of a stack.

    Args:
        queues: physical names of queues, and of their dead-letter queues.
        functions: physical names.
    """
    ours = [[NAMESPACE, metric, "Stack", stack] for metric in METRICS]
    of_api = ["ApiId", api_id]
    return [
        Chart("Deliveries, refusals, unknowns", ours),
        Chart(
            "API: requests and errors",
            [["AWS/ApiGateway", metric, *of_api] for metric in ("Count", "4xx", "5xx")],
        ),
        Chart("API: latency, p99 (ms)", [["AWS/ApiGateway", "Latency", *of_api]], "p99"),
        Chart(
            "Oldest message (s)",
            [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", q] for q in queues],
            "Maximum",
        ),
        Chart(
            "Parked messages",
            [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dlq]
                for dlq in queues.values()
                if dlq
            ],
            "Maximum",
        ),
        *(
            Chart(
                f"Functions: {title}", [["AWS/Lambda", m, "FunctionName", f] for f in functions], s
            )
            for title, m, s in (
                ("errors", "Errors", "Sum"),
                ("throttles", "Throttles", "Sum"),
                ("duration, p99 (ms)", "Duration", "p99"),
            )
        ),
    ]
