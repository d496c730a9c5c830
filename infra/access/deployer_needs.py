"""
What it takes to deploy each type of resource.

Actions are those that AWS's provider calls to make, read, change and delete a type; which of them
take a resource's name is from the Service Authorization Reference [aws].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

EVERYWHERE = "*"
_TAGS = "TagResource UntagResource ListTagsForResource"


@dataclass(frozen=True, slots=True)
class Needs:
    """
    What deploying one type of resource needs.

    Attributes:
        service: the prefix of the actions.
        actions: their names, with blanks between them.
        arn: what they are for, with `{region}`, `{account}`, `{stack}` and `{name}` in it; several
            have blanks between them.
        named: the kind whose names `{name}` stands for, and the input that holds them.
        only_if: the statement's condition, with the same words in it.
    """

    service: str
    actions: str
    arn: str = EVERYWHERE
    named: tuple[str, str] | None = None
    only_if: Mapping[str, Mapping[str, str]] | None = None


_OWN_TAG = {"StringEquals": {"aws:ResourceTag/stack": "{stack}"}}
_NEW_TAG = {"StringEquals": {"aws:RequestTag/stack": "{stack}"}}


def _named(service: str, kind: str, arn: str, actions: str, name: str = "name") -> Needs:
    return Needs(service, actions, f"arn:aws:{arn}", (kind, name))


_QUEUE = _named(
    "sqs",
    "Queue",
    "sqs:{region}:{account}:{name}",
    "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl SetQueueAttributes ListQueueTags"
    " TagQueue UntagQueue",
)
_TOPIC = _named(
    "sns",
    "Topic",
    "sns:{region}:{account}:{name}",
    f"CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe"
    f" ListSubscriptionsByTopic {_TAGS}",
)
_FUNCTION = _named(
    "lambda",
    "Function",
    "lambda:{region}:{account}:function:{name}",
    "CreateFunction DeleteFunction GetFunction GetFunctionCodeSigningConfig ListVersionsByFunction"
    " UpdateFunctionCode UpdateFunctionConfiguration PutFunctionConcurrency"
    " DeleteFunctionConcurrency AddPermission RemovePermission GetPolicy ListTags TagResource"
    " UntagResource",
)
_ROLE = _named(
    "iam",
    "Role",
    "iam::{account}:role{path}{name}",
    "DeleteRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole"
    " GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies"
    " ListInstanceProfilesForRole",
)
# With a boundary: no role without it, and it is taken off none.
_LIMITED = Needs(
    "iam",
    "CreateRole PutRolePolicy PutRolePermissionsBoundary",
    "arn:aws:iam::{account}:role{path}{name}",
    ("Role", "name"),
    {"StringEquals": {"iam:PermissionsBoundary": "{boundary}"}},
)
_PASSED = Needs(
    "iam",
    "PassRole",
    "arn:aws:iam::{account}:role{path}{name}",
    ("Role", "name"),
    {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
)
_RULE = _named(
    "events",
    "EventRule",
    "events:{region}:{account}:rule/{name}",
    f"PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule {_TAGS}",
)
# [aws] CloudWatch Logs, "Overview of managing access permissions": most actions want `:*` after
# the group's name, which the patterns cover. The log group of `penstock serve` comes and goes with
# `penstock:consumers`, also within a restore: that needs no new policy.
_LOG = _named(
    "logs",
    "LogGroup",
    "logs:{region}:{account}:log-group:{name}"
    " arn:aws:logs:{region}:{account}:log-group:/penstock/{stack}/*",
    f"CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy PutMetricFilter"
    f" DescribeMetricFilters DeleteMetricFilter AssociateKmsKey DisassociateKmsKey {_TAGS}",
)
_LOGS = Needs("logs", "DescribeLogGroups")
# [aws] Lambda, "Resources and conditions": a mapping is limited by its function.
_MAPPING = Needs(
    "lambda",
    "CreateEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping",
    EVERYWHERE,
    ("Function", "name"),
    {"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:{region}:{account}:function:{name}"}},
)
# Its id is AWS's.
_MAPPINGS = Needs(
    "lambda",
    "GetEventSourceMapping ListTags TagResource UntagResource",
    "arn:aws:lambda:{region}:{account}:event-source-mapping:*",
)
# An API has no name that an ARN could hold: its id is AWS's.
_API = Needs("apigateway", "GET POST PUT PATCH DELETE", "arn:aws:apigateway:{region}::/apis")
_APIS = Needs("apigateway", "GET POST PUT PATCH DELETE", "arn:aws:apigateway:{region}::/apis/*")
_API_TAGS = Needs("apigateway", "GET POST PUT DELETE", "arn:aws:apigateway:{region}::/tags/*")
# [aws] API Gateway, "Configuring logging for HTTP APIs".
_DELIVERED = Needs(
    "logs",
    "CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries"
    " PutResourcePolicy DescribeResourcePolicies",
)
_DOMAINS = Needs("apigateway", "POST", "arn:aws:apigateway:{region}::/domainnames")
_DOMAIN = Needs(
    "apigateway",
    "GET POST PUT PATCH DELETE",
    "arn:aws:apigateway:{region}::/domainnames/{name}*",
    ("DomainName", "domainName"),
)
# [aws] API Gateway, "Using service-linked roles": made with an account's first domain name.
_LINKED = Needs(
    "iam",
    "CreateServiceLinkedRole",
    "arn:aws:iam::{account}:role/aws-service-role/ops.apigateway.amazonaws.com/*",
)
_KEYS = (
    Needs("kms", "CreateKey TagResource", only_if=_NEW_TAG),
    Needs(
        "kms",
        "DescribeKey GetKeyPolicy PutKeyPolicy GetKeyRotationStatus EnableKeyRotation"
        " ListResourceTags TagResource UntagResource UpdateKeyDescription ScheduleKeyDeletion",
        "arn:aws:kms:{region}:{account}:key/*",
        only_if=_OWN_TAG,
    ),
)
_CERTIFICATES = (
    Needs("acm", "RequestCertificate AddTagsToCertificate", only_if=_NEW_TAG),
    Needs(
        "acm",
        "DescribeCertificate DeleteCertificate ListTagsForCertificate AddTagsToCertificate"
        " RemoveTagsFromCertificate",
        "arn:aws:acm:{region}:{account}:certificate/*",
        only_if=_OWN_TAG,
    ),
)
_ZONES = (
    Needs("route53", "ListHostedZones ListHostedZonesByName ListTagsForResource GetChange"),
    Needs("route53", "GetHostedZone ListResourceRecordSets", "arn:aws:route53:::hostedzone/*"),
    Needs(
        "route53",
        "ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/*",
        ("DomainName", "domainName"),
        {
            "ForAllValues:StringLike": {
                "route53:ChangeResourceRecordSetsNormalizedRecordNames": "*{name}"
            }
        },
    ),
)

NEEDS: Mapping[str, Sequence[Needs]] = {
    "aws:acm/certificate:Certificate": _CERTIFICATES,
    "aws:acm/certificateValidation:CertificateValidation": _CERTIFICATES[1:],
    "aws:apigatewayv2/api:Api": (_API, _APIS, _API_TAGS),
    "aws:apigatewayv2/apiMapping:ApiMapping": (_DOMAIN, _APIS),
    "aws:apigatewayv2/domainName:DomainName": (_DOMAINS, _DOMAIN, _API_TAGS, _LINKED),
    "aws:apigatewayv2/integration:Integration": (_APIS,),
    "aws:apigatewayv2/route:Route": (_APIS,),
    "aws:apigatewayv2/stage:Stage": (_APIS, _API_TAGS, _DELIVERED),
    "aws:budgets/budget:Budget": (
        _named(
            "budgets",
            "Budget",
            "budgets::{account}:budget/{name}",
            f"ModifyBudget ViewBudget {_TAGS}",
        ),
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        _named(
            "cloudwatch",
            "Dashboard",
            "cloudwatch::{account}:dashboard/{name}",
            "PutDashboard GetDashboard DeleteDashboards",
            "dashboardName",
        ),
    ),
    "aws:cloudwatch/eventRule:EventRule": (_RULE,),
    "aws:cloudwatch/eventTarget:EventTarget": (_RULE,),
    "aws:cloudwatch/logGroup:LogGroup": (_LOG, _LOGS),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": (_LOG,),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        _named(
            "cloudwatch",
            "MetricAlarm",
            "cloudwatch:{region}:{account}:alarm:{name}",
            f"PutMetricAlarm DescribeAlarms DeleteAlarms {_TAGS}",
        ),
    ),
    "aws:dynamodb/table:Table": (
        _named(
            "dynamodb",
            "Table",
            "dynamodb:{region}:{account}:table/{name}",
            "CreateTable DescribeTable UpdateTable DeleteTable DescribeTimeToLive UpdateTimeToLive"
            " DescribeContinuousBackups UpdateContinuousBackups ListTagsOfResource TagResource"
            " UntagResource",
        ),
    ),
    "aws:iam/role:Role": (_ROLE, _LIMITED),
    "aws:iam/rolePolicy:RolePolicy": (_ROLE, _LIMITED),
    "aws:kms/key:Key": _KEYS,
    "aws:lambda/eventSourceMapping:EventSourceMapping": (_MAPPING, _MAPPINGS),
    "aws:lambda/function:Function": (_FUNCTION, _PASSED),
    "aws:lambda/permission:Permission": (_FUNCTION,),
    "aws:route53/record:Record": _ZONES,
    "aws:secretsmanager/secret:Secret": (
        _named(
            "secretsmanager",
            "Secret",
            "secretsmanager:{region}:{account}:secret:{name}",
            "CreateSecret DescribeSecret UpdateSecret DeleteSecret GetResourcePolicy TagResource"
            " UntagResource",
        ),
    ),
    "aws:sns/topic:Topic": (_TOPIC,),
    "aws:sns/topicPolicy:TopicPolicy": (_TOPIC,),
    "aws:sns/topicSubscription:TopicSubscription": (
        _TOPIC,
        # [aws] None of the three takes a resource.
        Needs("sns", "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"),
    ),
    "aws:sqs/queue:Queue": (_QUEUE,),
    "aws:sqs/queuePolicy:QueuePolicy": (_QUEUE,),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": (_QUEUE,),
    "aws:sqs/redrivePolicy:RedrivePolicy": (_QUEUE,),
}
"""By type. A provider's own type makes nothing."""
