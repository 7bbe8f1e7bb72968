"""Who is calling: an access key the sandbox issued, its account, and the principal behind it.

A request acts in the account of its access key and nowhere else; there is no account chosen by header or variable.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session
from moto.core.responses import BaseResponse
from moto.iam.models import AccessKey, Role, iam_backends
from moto.sts.models import sts_backends

from sandbox.cloud import determinism, signature
from sandbox.cloud.errors import Refusal
from sandbox.settings import OPERATOR_ACCOUNT

PARTITION: Final = "aws"
OPERATOR: Final = "operator"
PROVISION_ROLE: Final = "freehold-provision"
"""Role that every client's account trusts the platform team's account with, as an account vending machine leaves it."""

SSO_ROLE: Final = re.compile(
    r"arn:aws:iam::\d{12}:role(?P<path>/aws-reserved/sso\.amazonaws\.com/(?:[a-z0-9-]+/)?)"
    r"(?P<name>AWSReservedSSO_[\w+=,.@-]+_[0-9a-f]{16})"
)
"""Roles of IAM Identity Center: the path names its region, unless that is us-east-1."""

_EPOCH: Final = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal. ``arn`` is what ``sts:GetCallerIdentity`` answers."""

    account: str
    access_key: str
    arn: str


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Let the emulator act as ``caller`` in this thread."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def current() -> Caller:
    """The caller of the request that this thread serves."""
    caller = _caller.get()
    if caller is None:
        raise LookupError("no request is being served in this thread")
    return caller


def install() -> None:
    """Make the emulator take the account from the authenticated caller instead of headers and variables, and the
    region from a host's name only: a path may hold a host's name too (``.../role/aws-reserved/sso.amazonaws.com/...``).
    """
    region_of = BaseResponse.get_region_from_url

    def region_of_host(self: BaseResponse, request: Any, full_url: str) -> str:
        return region_of(self, request, urlsplit(full_url)._replace(path="/", query="").geturl())

    BaseResponse.get_region_from_url = region_of_host  # type: ignore[method-assign]
    BaseResponse.get_current_account = lambda self: current().account  # type: ignore[method-assign]
    BaseResponse.get_access_key = lambda self: current().access_key  # type: ignore[method-assign]


def seed_operator(access_key: str, secret: str) -> None:
    """Create the platform team's user with its key; the same at every start."""
    with determinism.scope("operator", _EPOCH):
        backend = iam_backends[OPERATOR_ACCOUNT][PARTITION]
        user = backend.create_user("us-east-1", OPERATOR)
        key = user.create_access_key("AKIA")
        key.access_key_id, key.secret_access_key = access_key, secret
        backend.access_keys[access_key] = key


def ensure_provision_role(account: str) -> None:
    """The provisioning role of an account, there from the account's beginning."""
    backend = iam_backends[account][PARTITION]
    if any(role.name == PROVISION_ROLE for role in roles(account)):
        return
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OPERATOR_ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    with determinism.scope(f"provision role {account}", _EPOCH):
        backend.create_role(
            role_name=PROVISION_ROLE,
            assume_role_policy_document=json.dumps(trust),
            path="/",
            permissions_boundary=None,
            description="The platform team provisions this account",
            tags=[],
            max_session_duration="43200",
        )


def ensure_sso_role(account: str, arn: str) -> None:
    """The role that IAM Identity Center keeps in an account for a permission set (IAM Identity Center User Guide,
    *Referencing permission sets in resource policies*); here every permission set is assigned to every account."""
    match = SSO_ROLE.fullmatch(arn)
    if match is None or any(role.arn == arn for role in roles(account)):
        return
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {
                    "Federated": f"arn:aws:iam::{account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
                },
                "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            }
        ],
    }
    with determinism.scope(arn, _EPOCH):
        iam_backends[account][PARTITION].create_role(
            role_name=match["name"],
            assume_role_policy_document=json.dumps(trust),
            path=match["path"],
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="43200",
        )


def roles(account: str) -> list[Role]:
    """Every role of an account."""
    return list(iam_backends[account][PARTITION].get_roles())


@cache
def regions() -> frozenset[str]:
    """Every region AWS publishes in its commercial partition, as botocore ships the list."""
    session = botocore.session.get_session()
    data: Any = session.get_component("data_loader").load_data("partitions")
    commercial = next(entry for entry in data["partitions"] if entry["id"] == PARTITION)
    return frozenset(name for name in commercial["regions"] if name != "aws-global")


def authenticate(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Caller:
    """Find out who signed a request, or refuse it.

    Args:
        target: path and query as they came over the wire.
        headers: with lower-case names.

    Raises:
        Refusal: no signature, an access key the sandbox did not issue, a wrong signature, an expired session, or a
            region that AWS does not have.
    """
    signed = signature.parse(headers.get("authorization", ""), target.partition("?")[2], headers)
    account, key = _find(signed.access_key)
    if signed.region not in regions():
        raise Refusal(
            "SignatureDoesNotMatch",
            f"Credential should be scoped to a valid region: {signed.region!r} is no AWS region.",
        )
    caller = _principal(account, key, signed.token)
    signature.verify(signed, key.secret_access_key, method=method, target=target, headers=headers, body=body)
    return caller


def _find(access_key: str) -> tuple[str, AccessKey]:
    for account, backends in list(iam_backends.items()):
        found = backends[PARTITION].access_keys.get(access_key)
        if found is not None and found.status == "Active":
            return account, found
    raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.")


def _principal(account: str, key: AccessKey, token: str | None) -> Caller:
    role = sts_backends[account][PARTITION].get_assumed_role_from_access_key(key.access_key_id)
    if role is None:
        return Caller(account, key.access_key_id, f"arn:aws:iam::{account}:user/{key.user_name}")
    if token != role.session_token:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
    if role.expiration < datetime.datetime.now(datetime.UTC).replace(tzinfo=None):
        raise Refusal("ExpiredToken", "The security token included in the request is expired")
    return Caller(account, key.access_key_id, role.arn)
