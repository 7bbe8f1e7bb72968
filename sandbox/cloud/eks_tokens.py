"""EKS token authentication: who a bearer token is, asked by the API server through its token webhook.

A token is ``k8s-aws-v1.`` and a presigned request ``sts:GetCallerIdentity`` that also signs the cluster's name. It is
verified as aws-iam-authenticator does (its file ``pkg/token/token.go``), but for asking STS: the endpoint holds the
keys itself. Then the cluster's access entries say whether that principal may come in, and as whom.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import yaml
from moto.iam.models import iam_backends

from sandbox.cloud import identity, signature
from sandbox.cloud.eks_access import principal_of
from sandbox.cloud.eks_model import Cluster, Service
from sandbox.cloud.errors import Refusal
from sandbox.cloud.identity import Caller
from sandbox.cluster.access import group_of
from sandbox.cluster.api import Client, KubeError

PREFIX: Final = "k8s-aws-v1."
LIFETIME: Final = 900
"""Seconds from signing after which a token counts no more, whatever the URL says of itself."""

_LONGEST: Final = 16384
_CLUSTER_HEADER: Final = "x-k8s-aws-id"
_PARAMETERS: Final = frozenset(
    {
        "action",
        "version",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
    }
)


class TokenError(Exception):
    """A token is not accepted; the message says why."""


def review(cluster: Cluster, token: str) -> dict[str, Any]:
    """The user that a token stands for, as a ``TokenReview`` tells it.

    Raises:
        TokenError: the token is not valid for this cluster, or its principal has no access.
    """
    caller = verify(cluster.name, token)
    principal, session = principal_of(caller)
    username, groups = _mapped(cluster, principal, session, caller)
    unique = _unique_id(caller.account, principal)
    return {
        "username": username,
        "uid": f"aws-iam-authenticator:{caller.account}:{unique}",
        "groups": groups,
        "extra": {
            "accessKeyId": [caller.access_key],
            "arn": [caller.arn],
            "canonicalArn": [principal],
            "principalId": [unique],
            "sessionName": [session],
        },
    }


def verify(cluster: str, token: str) -> Caller:
    """Who made a token for the cluster of that name.

    Raises:
        TokenError: it is malformed, for another cluster or endpoint, expired, or not signed by a key of the sandbox.
    """
    if not token.startswith(PREFIX) or len(token) > _LONGEST:
        raise TokenError(f"token does not begin with {PREFIX} or is too long")
    encoded = token.removeprefix(PREFIX)
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode("ascii")
        url = urlsplit(text)
    except (binascii.Error, ValueError) as error:
        raise TokenError(f"token holds no URL: {error}") from error
    port = Service.settings.cloud_port
    if url.scheme != "http" or url.netloc not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        raise TokenError(f"token was made for {url.scheme}://{url.netloc}, not for {Service.settings.cloud_url}")
    if url.path not in {"", "/"} or url.fragment:
        raise TokenError(f"unexpected path {url.path!r} in token")
    pairs = parse_qsl(url.query, keep_blank_values=True)
    names = [name.lower() for name, _ in pairs]
    if len(set(names)) != len(names) or set(names) - _PARAMETERS:
        raise TokenError(f"unexpected or repeated query parameter among {sorted(names)}")
    if dict(pairs).get("Action") != "GetCallerIdentity":
        raise TokenError("token is no request for sts:GetCallerIdentity")
    return _signer(cluster, f"{url.path or '/'}?{url.query}", url.netloc, url.query)


def _signer(cluster: str, target: str, host: str, query: str) -> Caller:
    headers = {"host": host, _CLUSTER_HEADER: cluster}
    try:
        signed = signature.parse("", query, headers)
        if set(signed.headers) != set(headers) or signed.service != "sts":
            raise TokenError(f"token signs {', '.join(signed.headers)} for {signed.service}, not the cluster for sts")
        if signed.expires is None or not 0 < signed.expires <= LIFETIME:
            raise TokenError(f"X-Amz-Expires must be from 1 to {LIFETIME}")
        account, key = identity._find(signed.access_key)
        caller = identity._principal(account, key, signed.token)
        lasting = dataclasses.replace(signed, expires=LIFETIME)
        signature.verify(lasting, key.secret_access_key, method="GET", target=target, headers=headers, body=b"")
    except (Refusal, ValueError) as error:
        raise TokenError(str(error)) from error
    return caller


def _unique_id(account: str, principal: str) -> str:
    """The id by which IAM tells a principal from a later one of the same name."""
    known: list[Any] = [*identity.roles(account), *iam_backends[account][identity.PARTITION].users.values()]
    return next((str(one.id) for one in known if one.arn == principal), principal)


def _mapped(cluster: Cluster, principal: str, session: str, caller: Caller) -> tuple[str, list[str]]:
    entry = cluster.entries.get(principal)
    if entry is not None and (cluster.accepts_entries or entry.policies):
        if entry.kind != "STANDARD":
            raise TokenError(f"the entry of {principal} is of type {entry.kind}: for nodes, which the sandbox plays")
        username = entry.username.replace("{{SessionName}}", _safe(session))
        username = username.replace("{{SessionNameRaw}}", session).replace("{{AccountID}}", caller.account)
        return username, ["system:authenticated", *entry.groups, group_of(principal)]
    if cluster.settings["accessConfig"]["authenticationMode"] != "API":
        return _from_config_map(Service.plane.control_plane(cluster.key).client, principal, session, caller)
    raise TokenError(f"{principal} has no access entry in cluster {cluster.name}")


def _from_config_map(client: Client, principal: str, session: str, caller: Caller) -> tuple[str, list[str]]:
    """User and groups by the ConfigMap ``aws-auth``, which older authentication modes read."""
    try:
        found = client.get("/api/v1/namespaces/kube-system/configmaps/aws-auth")
        data = (found or {}).get("data", {})
        roles = yaml.safe_load(data.get("mapRoles", "[]")) or []
        users = yaml.safe_load(data.get("mapUsers", "[]")) or []
    except (KubeError, yaml.YAMLError) as error:
        raise TokenError(f"ConfigMap aws-auth: {error}") from error
    for one in [*roles, *users]:
        if principal in {one.get("rolearn"), one.get("userarn")}:
            username = str(one.get("username") or caller.arn).replace("{{SessionName}}", _safe(session))
            groups = [str(group) for group in one.get("groups", [])]
            return username, [group for group in groups if not group.startswith("eks:")]
    raise TokenError(f"{principal} has neither an access entry nor a line in ConfigMap aws-auth")


def _safe(session: str) -> str:
    """A session's name in a user name: ``@`` becomes ``-``, as EKS has it."""
    return session.replace("@", "-")
