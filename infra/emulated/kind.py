"""What a handler of one resource type is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.graph.monitor import Made
from infra.graph.values import Archive

Inputs = Mapping[str, Any]
CODE_BUCKET = "emulated-code"

# What services answer when the thing is not there.
_ABSENT = frozenset(
    [
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NotFound",
        "NotFoundException",
        "NoSuchEntity",
        "ResourceNotFoundException",
    ]
)


class Clients:
    """The AWS API as handlers reach it: `clients("sqs")` is a boto3 client."""

    def __init__(self, endpoint_url: str, region: str, access_key: str, secret_key: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._session = boto3.Session(access_key, secret_key, region_name=region)
        self._config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 2},
            parameter_validation=True,
        )
        self._made: dict[str, Any] = {}
        # Making a client from a session is not safe in several threads at once.
        self._lock = threading.Lock()
        self._uploaded: set[str] = set()
        self._uploading = threading.Lock()
        self._copying = 0

    def __call__(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(
                    service,  # pyright: ignore[reportArgumentType] - any service, by its name
                    endpoint_url=self.endpoint_url,
                    config=self._config,
                )
            return self._made[service]

    @contextmanager
    def code(self, archive: Archive) -> Iterator[dict[str, str]]:
        """
        Where functions find a zip: sent once, however many functions run from it.

        Sent with each function it is 30 MB of JSON each time, seconds in all.
        """
        key = archive.digest
        with self._uploading:
            self._copying += 1
            if key not in self._uploaded:
                self._upload(archive, key)
                self._uploaded.add(key)
        try:
            yield {"S3Bucket": CODE_BUCKET, "S3Key": key}
        finally:
            with self._uploading:
                self._copying -= 1

    def forget_code(self) -> None:
        """Remove all zips again, once there is no function, and none is being made."""
        with self._uploading:
            if self._copying or self("lambda").list_functions()["Functions"]:
                return
            s3 = self("s3")
            if any(one["Name"] == CODE_BUCKET for one in s3.list_buckets()["Buckets"]):
                for one in s3.list_objects_v2(Bucket=CODE_BUCKET).get("Contents", []):
                    s3.delete_object(Bucket=CODE_BUCKET, Key=one["Key"])
                s3.delete_bucket(Bucket=CODE_BUCKET)
            self._uploaded.clear()

    def _upload(self, archive: Archive, key: str) -> None:
        s3 = self("s3")
        try:
            s3.head_bucket(Bucket=CODE_BUCKET)
        except ClientError:
            home = {"LocationConstraint": self.region}
            elsewhere = self.region != "us-east-1"  # which S3 refuses to be told by name
            s3.create_bucket(
                Bucket=CODE_BUCKET, **({"CreateBucketConfiguration": home} if elsewhere else {})
            )
        s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=archive.path.read_bytes())

    @cached_property
    def account(self) -> str:
        """The account that everything is made in."""
        return self("sts").get_caller_identity()["Account"]


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One resource type.

    Attributes:
        put: make it so: create, change, or adopt what exists under the name; given the id it has
            had, if any. Running it again changes nothing.
        drop: delete it, by its id and what `computed` and `kept` say; absent already is no error.
        properties: the inputs it understands; any other is an error.
        replacing: the inputs whose change needs another resource.
        computed: the outputs it returns besides its inputs.
        kept: the inputs that `drop` needs again, and who asks how it is now.
    """

    put: Callable[[Clients, Inputs, str | None], Made]
    drop: Callable[[Clients, str, Mapping[str, Any]], None]
    properties: frozenset[str]
    replacing: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


def absent(error: ClientError) -> bool:
    """Whether AWS says that the thing is not there."""
    return error.response.get("Error", {}).get("Code") in _ABSENT


def found(call: Callable[..., Any], **arguments: Any) -> Any | None:
    """What the call answers, or None if the thing is not there."""
    try:
        return call(**arguments)
    except ClientError as exc:
        if absent(exc):
            return None
        raise


def given(inputs: Inputs, **names: str) -> dict[str, Any]:
    """The inputs that are set, under the names boto3 has for them (boto3 name=input name)."""
    return {theirs: inputs[ours] for theirs, ours in names.items() if inputs.get(ours) is not None}


def tag_list(inputs: Inputs, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as a list of pairs."""
    return [{key: k, value: v} for k, v in sorted(inputs.get("tags", {}).items())]
