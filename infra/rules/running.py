"""Rules on functions, what feeds them, the API, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator

from infra.rules.view import Graph, dead_letter_queues, of, referred

PUBLISHED = "events"
_PROTECTED = {"Table", "Queue"}
_TAGS = {"project", "stack"}


def queues_hide_messages_for_six_times_the_functions_time(graph: Graph) -> Iterator[str]:
    """[aws] Lambda's own advice; a shorter time hands a message out twice."""
    queues, functions = of(graph, "Queue"), of(graph, "Function")
    for name, one in of(graph, "EventSourceMapping").items():
        queue = queues[referred(one["eventSourceArn"], "Queue") or ""]
        function = functions[referred(one["functionName"], "Function") or ""]
        if queue["visibilityTimeoutSeconds"] < 6 * function["timeout"]:
            yield f"the queue of {name} hides messages for less than six times its timeout"


def batches_are_answered_item_by_item(graph: Graph) -> Iterator[str]:
    """Ten at most, and at least two batches at once, as AWS has it."""
    for name, one in of(graph, "EventSourceMapping").items():
        if one.get("functionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"mapping {name} fails or succeeds as a whole"
        if not 1 <= one["batchSize"] <= 10:
            yield f"mapping {name} takes more than a FIFO queue hands out"
        if one.get("scalingConfig", {}).get("maximumConcurrency", 0) < 2:
            yield f"mapping {name} has no maximum concurrency"


def functions_have_a_log_group_that_ends(graph: Graph) -> Iterator[str]:
    """One of Lambda's making would be kept, and paid for, for ever."""
    groups = {one["name"] for one in of(graph, "LogGroup").values()}
    for name, one in of(graph, "Function").items():
        if f"/aws/lambda/{one['name']}" not in groups:
            yield f"function {name} has no log group"
    for name, one in of(graph, "LogGroup").items():
        if not one.get("retentionInDays"):
            yield f"log group {name} is kept for ever"


def the_ledger_can_be_restored(graph: Graph) -> Iterator[str]:
    """To any second; what need not be kept has an end."""
    for name, one in of(graph, "Table").items():
        if not one.get("pointInTimeRecovery", {}).get("enabled"):
            yield f"table {name} cannot be restored to a point in time"
        if not one.get("ttl", {}).get("enabled"):
            yield f"table {name} keeps everything for ever"


def protection_is_whole(graph: Graph) -> Iterator[str]:
    """
    Where anything is protected, all is that holds money or messages; by AWS too.

    The queues of sinks are protected together or not at all: their events are in the ledger. The
    API's name may be free, to be changed: that loses nothing.
    """
    if not any(one.protect for one in graph):
        return
    sinks = _sinks(graph)
    kept = [one for one in graph if one.type.endswith(":Queue") and one.name in sinks]
    exempt = {one.name for one in kept} if not any(one.protect for one in kept) else set[str]()
    for one in graph:
        kind = one.type.rpartition(":")[2]
        if kind == "Queue" and one.name in exempt:
            continue
        if one.custom and kind in _PROTECTED and not one.protect:
            yield f"{kind} {one.name} is not protected"
    for name, one in of(graph, "Table").items():
        if not one.get("deletionProtectionEnabled"):
            yield f"table {name} is protected from Pulumi only"


def _sinks(graph: Graph) -> set[str]:
    """The queues that get what the stack publishes, and their dead-letter queues."""
    subscribed = {
        referred(one["endpoint"], "Queue") or ""
        for one in of(graph, "TopicSubscription").values()
        if referred(one["topic"], "Topic") == PUBLISHED
    }
    parked = dead_letter_queues(graph)
    return subscribed | {parked[name] for name in subscribed & parked.keys()}


def the_api_is_limited_and_logged(graph: Graph) -> Iterator[str]:
    """With no body and no header in the log; behind a name of its own by that name only."""
    for name, one in of(graph, "Stage").items():
        limits = one.get("defaultRouteSettings", {})
        if not limits.get("throttlingRateLimit") or not limits.get("throttlingBurstLimit"):
            yield f"stage {name} has no limits"
        written = json.dumps(json.loads(one.get("accessLogSettings", {}).get("format", "null")))
        if written == "null":
            yield f"stage {name} has no access log"
        if "body" in written.lower() or "header" in written.lower():
            yield f"stage {name} logs what people sent"
    for name, one in of(graph, "DomainName").items():
        if one["domainNameConfiguration"].get("securityPolicy") != "TLS_1_2":
            yield f"domain {name} speaks what is older than TLS 1.2"
    if of(graph, "DomainName"):
        for name, one in of(graph, "Api").items():
            if not one.get("disableExecuteApiEndpoint"):
                yield f"API {name} answers to AWS's name besides its own"


def everything_says_whose_it_is(graph: Graph) -> Iterator[str]:
    """Made by our own provider, with its tags."""
    for one in graph:
        if not one.custom or one.type.startswith("pulumi:"):
            continue
        tags = one.provider.get("defaultTags", "{}")
        if not json.loads(tags).get("tags", {}).keys() >= _TAGS:
            yield f"{one.type} {one.name} is not tagged"


RULES = (
    queues_hide_messages_for_six_times_the_functions_time,
    batches_are_answered_item_by_item,
    functions_have_a_log_group_that_ends,
    the_ledger_can_be_restored,
    protection_is_whole,
    the_api_is_limited_and_logged,
    everything_says_whose_it_is,
)
