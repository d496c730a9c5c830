"""A function with a role of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.access.policies import EVERYTHING, LOG, TRACE, Condition, Grant, role_policy, trust

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"


@dataclass(frozen=True, slots=True)
class Permit:
    """
    Actions a function may take on resources whose ARNs are not known yet.

    Attributes:
        condition: a condition of the statement, as IAM writes it.
    """

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    What holds of every role of the stack.

    Attributes:
        path: its path; None is AWS's own, `/`.
        boundary: the ARN of the policy that limits it, whatever its own policy allows.
    """

    path: str | None = None
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionArgs:
    """
    Attributes:
        name: the physical name.
        handler: `package.module.function` in the zip.
        bundle: the zip.
        permits: everything it may do, in addition to writing its log and its trace.
        log_level: of our own lines.
        tracing: whether X-Ray follows its invocations.
        bounds: what holds of its role.
        key: the ARN of the key that encrypts its log; None for CloudWatch's own.
        reserved_concurrency: its share of the account's; None for what the others leave.
    """

    name: str
    handler: str
    bundle: Path
    environment: Mapping[str, pulumi.Input[str]]
    permits: Sequence[Permit]
    timeout_seconds: int
    log_level: str
    log_retention_days: int
    tracing: bool
    reserved_concurrency: int | None
    memory_mb: int
    bounds: Bounds = Bounds()
    key: str | None = None


class Function(pulumi.ComponentResource):
    """A function, its role and its log group."""

    function: aws.lambda_.Function
    role: aws.iam.Role
    log: aws.cloudwatch.LogGroup

    def __init__(
        self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:compute:Function", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.log = aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/lambda/{args.name}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.key,
            opts=child,
        )
        self.role = aws.iam.Role(
            name,
            name=args.name,
            path=args.bounds.path,
            permissions_boundary=args.bounds.boundary,
            assume_role_policy=trust("lambda.amazonaws.com"),
            opts=child,
        )
        permits = [*args.permits, Permit(LOG, [pulumi.Output.concat(self.log.arn, ":*")])]
        if args.tracing:
            permits.append(Permit(TRACE, [EVERYTHING]))
        policy = aws.iam.RolePolicy(
            name,
            name=args.name,
            role=self.role.name,
            policy=policy_document(permits),
            opts=child,
        )
        self.function = aws.lambda_.Function(
            name,
            name=args.name,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=args.handler,
            code=pulumi.FileArchive(str(args.bundle)),
            role=self.role.arn,
            timeout=args.timeout_seconds,
            memory_size=args.memory_mb,
            environment={"variables": dict(args.environment)},
            logging_config=_logging(args.log_level),
            tracing_config={"mode": "Active" if args.tracing else "PassThrough"},
            reserved_concurrent_executions=args.reserved_concurrency,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, self.log]),
        )
        self.register_outputs({"arn": self.function.arn})


def policy_document(
    permits: Sequence[Permit],
    arranged: Callable[[Sequence[Grant]], Sequence[Grant]] = lambda grants: grants,
) -> pulumi.Output[str]:
    """
    The policy that allows the permits, once their resources are known.

    Args:
        arranged: how its statements are put together.
    """

    def allowed(arns: Sequence[Sequence[str]]) -> str:
        grants = [Grant(p.actions, own, p.condition) for p, own in zip(permits, arns, strict=True)]
        return role_policy(arranged(grants))

    return pulumi.Output.all(*(pulumi.Output.all(*p.resources) for p in permits)).apply(allowed)


def _logging(level: str) -> aws.lambda_.FunctionLoggingConfigArgs:
    """
    What Lambda writes of its own, and what it lets through of ours.

    [aws] START and REPORT are of level INFO, a report of what failed or took too long of level
    WARN: only that is written, which costs nothing as long as all is well. Such a level may be set
    with the format JSON alone, and lines that are JSON already are left as they are. Ours are not
    sifted a second time: our code does it, and a level it knows by another name counts as INFO.
    """
    return aws.lambda_.FunctionLoggingConfigArgs(
        log_format="JSON",
        system_log_level="WARN",
        application_log_level="DEBUG" if level == "DEBUG" else "INFO",
    )
