"""The provider's configuration: ``aws.Provider``'s arguments, as far as they mean something here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.plugins.protocol import UNKNOWN, Failure, ProviderError, require_loopback, reveal

_NESTED: Final = frozenset(
    {
        "allowedAccountIds",
        "assumeRoles",
        "defaultTags",
        "endpoints",
        "forbiddenAccountIds",
        "ignoreTags",
        "maxRetries",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
    }
)
"""Arguments that the SDK sends as JSON text."""
_TEXT: Final = frozenset({"accessKey", "profile", "region", "retryMode", "secretKey", "stsRegion", "token"})
_WITHOUT_EFFECT: Final = frozenset(
    {
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "insecure",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "useDualstackEndpoint",
        "useFipsEndpoint",
        "userAgents",
    }
)
_ENGINE: Final = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})
_NOT_SERVED: Final = {
    "assumeRoleWithWebIdentity": "give it a role to assume (assumeRoles) instead",
    "customCaBundle": "loopback endpoints need none",
    "httpProxy": "loopback endpoints need none",
    "httpsProxy": "loopback endpoints need none",
    "noProxy": "loopback endpoints need none",
}


_RETRIES: Final = 4
"""Times that a request is tried again where the program says nothing. (The official provider's 25 are for a service
that throttles and is a continent away; here they would only hide a refusal for minutes.)"""


@dataclass(frozen=True, slots=True)
class Role:
    """A role to assume. ``duration`` in seconds."""

    arn: str
    session: str = ""
    external_id: str = ""
    duration: int | None = None
    policy: str = ""
    source_identity: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """What the provider was configured with. Endpoints by botocore's service names."""

    region: str
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    roles: Sequence[Role] = ()
    allowed_accounts: Sequence[str] = ()
    forbidden_accounts: Sequence[str] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored_tags: Sequence[str] = ()
    ignored_tag_prefixes: Sequence[str] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)
    retries: int = _RETRIES
    retry_mode: str = "standard"
    sts_region: str = ""
    config_files: Sequence[str] = ()
    credentials_files: Sequence[str] = ()


def failures(config: Mapping[str, Any]) -> Iterator[Failure]:
    """What is wrong with the arguments. Unknown ones are left for later."""
    known = {key: value for key, value in config.items() if value is not UNKNOWN and value is not None}
    for key, value in known.items():
        if key in _NOT_SERVED:
            yield Failure(key, f"the sandbox's aws plugin does not serve it: {_NOT_SERVED[key]}")
        elif key not in _NESTED | _TEXT | _WITHOUT_EFFECT | _ENGINE:
            yield Failure(key, f"unknown; known are {', '.join(sorted(_NESTED | _TEXT | _WITHOUT_EFFECT))}")
        elif key in _NESTED and isinstance(value, str):
            try:
                json.loads(value)
            except ValueError as error:
                yield Failure(key, f"it is no JSON: {error}")
    try:
        endpoints = decoded(known).get("endpoints") or []
        for service, url in _endpoints(endpoints).items():
            require_loopback(url, f"the endpoint of {service}")
    except ProviderError as error:
        yield Failure("endpoints", str(error))
    except ValueError:
        pass  # reported above: it is no JSON


def decoded(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with nested ones taken out of their JSON text.

    Raises:
        ValueError: text that is no JSON.
    """
    return {
        key: json.loads(value) if key in _NESTED and isinstance(value, str) and value else value
        for key, value in reveal(config).items()
        if value is not UNKNOWN and value not in (None, "")
    }


def parse(arguments: Mapping[str, Any]) -> Config:
    """Read the arguments.

    Raises:
        ProviderError: no region, or an argument that is not of its type.
    """
    try:
        found = decoded(arguments)
    except ValueError as error:
        raise ProviderError(f"the provider's configuration is no JSON: {error}") from error
    region = found.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ProviderError("the aws provider has no region: set the provider's region, aws:region or AWS_REGION")
    ignored = _camel(found.get("ignoreTags") or {})
    return Config(
        region=region,
        profile=found.get("profile"),
        access_key=found.get("accessKey"),
        secret_key=found.get("secretKey"),
        token=found.get("token"),
        roles=[_role(_camel(role)) for role in found.get("assumeRoles") or []],
        allowed_accounts=[str(one) for one in found.get("allowedAccountIds") or []],
        forbidden_accounts=[str(one) for one in found.get("forbiddenAccountIds") or []],
        default_tags={key: str(value) for key, value in ((found.get("defaultTags") or {}).get("tags") or {}).items()},
        ignored_tags=ignored.get("keys") or [],
        ignored_tag_prefixes=ignored.get("keyPrefixes") or [],
        endpoints=_endpoints(found.get("endpoints") or []),
        retries=int(found.get("maxRetries", _RETRIES)),
        retry_mode=found.get("retryMode") or "standard",
        sts_region=found.get("stsRegion") or "",
        config_files=found.get("sharedConfigFiles") or [],
        credentials_files=found.get("sharedCredentialsFiles") or [],
    )


def _camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by Pulumi's names: a program may give them in a plain dictionary, which the SDK leaves as it is."""
    return {re.sub("_([a-z])", lambda match: match.group(1).upper(), key): value for key, value in fields.items()}


def _role(role: Mapping[str, Any]) -> Role:
    arn = role.get("roleArn")
    if not arn:
        raise ProviderError("assumeRoles: a role without roleArn")
    return Role(
        arn=arn,
        session=role.get("sessionName") or "",
        external_id=role.get("externalId") or "",
        duration=_seconds(role["duration"]) if role.get("duration") else None,
        policy=role.get("policy") or "",
        source_identity=role.get("sourceIdentity") or "",
        tags=role.get("tags") or {},
    )


def _seconds(text: Any) -> int:
    """A duration in Go's way: ``1h30m``, ``900s``."""
    units = {"h": 3600, "m": 60, "s": 1}
    total, number = 0.0, ""
    for sign in str(text):
        if sign.isdigit() or sign == ".":
            number += sign
        elif sign in units and number:
            total += float(number) * units[sign]
            number = ""
        else:
            raise ProviderError(f"assumeRoles: duration is {text!r}; it must be of the form 1h, 45m or 900s")
    if number:
        raise ProviderError(f"assumeRoles: duration is {text!r}; it needs a unit, as in {text}s")
    return int(total)


def _endpoints(endpoints: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Endpoints by service, out of a list of ``{service: URL}``; the names are Terraform's, mostly botocore's own."""
    names = {"cloudwatchlogs": "logs"}
    return {names.get(key, key): url for entry in endpoints for key, url in entry.items() if url}
