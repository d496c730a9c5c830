"""
The configuration of `aws:` that reaches the stack's own provider.

Only default providers read it by themselves, and nothing here is made by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from infra.config.project import PROJECT, ConfigError
from infra.config.tags import wrong_tags

EMULATOR = (
    "endpoints",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRequestingAccountId",
)
"""What points a provider elsewhere than to AWS."""
REACH: Mapping[str, str] = {
    "assumeRoleWithWebIdentity": "assume_role_with_web_identity",
    "customCaBundle": "custom_ca_bundle",
    "httpProxy": "http_proxy",
    "httpsProxy": "https_proxy",
    "maxRetries": "max_retries",
    "noProxy": "no_proxy",
    "profile": "profile",
    "retryMode": "retry_mode",
    "sharedConfigFiles": "shared_config_files",
    "sharedCredentialsFiles": "shared_credentials_files",
    "skipRegionValidation": "skip_region_validation",
    "stsRegion": "sts_region",
    "useDualstackEndpoint": "use_dualstack_endpoint",
    "useFipsEndpoint": "use_fips_endpoint",
}
"""How AWS is reached, and as whom: handed on as it is, by the provider's own name for it."""
_TEXTS = frozenset(
    ["customCaBundle", "httpProxy", "httpsProxy", "noProxy", "profile", "retryMode", "stsRegion"]
)
_ROLES = ("assumeRole", "assumeRoles")
_ACCOUNTS, _TAGS = "allowedAccountIds", "defaultTags"
_CREDENTIALS = ("accessKey", "secretKey", "token")
_OTHERS = ("region", *EMULATOR, *REACH, *_ROLES, _ACCOUNTS, _TAGS)
_ROLE_KEYS = (
    "duration",
    "externalId",
    "policy",
    "policyArns",
    "roleArn",
    "sessionName",
    "sourceIdentity",
    "tags",
    "transitiveTagKeys",
)


def wrong_aws_keys(config: Mapping[str, str]) -> Iterator[str]:
    """One line for each key of `aws:` that does nothing, or holds what AWS would refuse."""
    named = [key.partition(":")[2] for key in config if key.startswith("aws:")]
    for name in named:
        yield from _unknown(name)
    for key in _ROLES:
        if f"aws:{key}" in config:
            yield from _wrong_roles(f"aws:{key}", _read(config, key))
    if isinstance(given := _read(config, _TAGS), dict) and isinstance(given.get("tags", {}), dict):
        yield from wrong_tags("aws:defaultTags.tags", given.get("tags", {}))
    elif given is not None:
        yield (
            f"aws:defaultTags has a value of kind {_kind(given)}: "
            "write {tags: {key: value}}, or remove it"
        )
    accounts = _read(config, _ACCOUNTS)
    if accounts is not None and not (
        isinstance(accounts, list) and all(isinstance(one, str) for one in accounts)
    ):
        yield (
            f"aws:allowedAccountIds has a value of kind {_kind(accounts)}: "
            "write a list of accounts of 12 digits, each in quotes"
        )


def _unknown(name: str) -> Iterator[str]:
    first = name.partition(".")[0]
    if first in _CREDENTIALS:
        yield (
            f"aws:{first} is a credential, which no file may hold: remove it; say who you are by "
            "aws:profile, aws:assumeRole, or what else the AWS tools read"
        )
    elif first not in _OTHERS:
        near = get_close_matches(first, _OTHERS, n=1)
        instead = f"did you mean aws:{near[0]}" if near else f"remove it; {', '.join(_OTHERS)} do"
        yield f"aws:{first} reaches no provider here: {instead}"


def _wrong_roles(where: str, given: Any) -> Iterator[str]:
    for one in given if isinstance(given, list) else [given]:
        if not isinstance(one, dict):
            yield (
                f"{where} has a value of kind {_kind(one)}: "
                "write {roleArn: arn:aws:iam::123456789012:role/deployer}"
            )
            continue
        if not str(one.get("roleArn", "")).startswith("arn:aws:"):
            yield f"{where}.roleArn is missing, or no ARN of a role: set it"
        for key in sorted(map(str, one.keys() - {*_ROLE_KEYS})):
            near = get_close_matches(key, _ROLE_KEYS, n=1)
            others = f"remove it; there are {', '.join(_ROLE_KEYS)}"
            yield f"{where}.{key} is not known: {f'did you mean {near[0]}' if near else others}"


def reach(config: Mapping[str, str]) -> dict[str, Any]:
    """The provider's arguments for how AWS is reached, and as whom."""
    found = {
        theirs: value
        for ours, theirs in REACH.items()
        if (value := _read(config, ours)) is not None
    }
    roles = [one for key in _ROLES for one in _listed(_read(config, key))]
    if roles:
        # Pulumi writes them down as JSON, with the keys as they are.
        found["assume_roles"] = roles
    return found


def outside_tags(config: Mapping[str, str]) -> Mapping[str, str]:
    """The tags of `aws:defaultTags`; none where it has another form, which is refused."""
    given = _read(config, _TAGS)
    tags = given.get("tags", {}) if isinstance(given, dict) else {}
    return tags if isinstance(tags, dict) else {}


def allowed_accounts(config: Mapping[str, str], own: Sequence[str]) -> Sequence[str]:
    """
    The accounts that both `penstock:accounts` and `aws:allowedAccountIds` allow; empty for any.

    Raises:
        ConfigError: they allow none together.
    """
    outside: Sequence[str] = _read(config, _ACCOUNTS) or []
    if not outside or not own:
        return sorted(outside or own)
    both = sorted({*outside} & {*own})
    if not both:
        raise ConfigError(
            f"{PROJECT}:accounts and aws:allowedAccountIds have no account in common, so that the "
            "stack could be made in none: correct one of them"
        )
    return both


def _read(config: Mapping[str, str], key: str) -> Any:
    """A key's value: text as it is, anything else from JSON; None if it is not set."""
    text = config.get(f"aws:{key}")
    if not text or key in _TEXTS:
        return text or None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _kind(value: Any) -> str:
    return type(value).__name__
