"""What is set on a bucket: encryption, versions, lock, lifecycle, policy, logging, ownership, public access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.errors import ApiError
from sandbox.plugins.aws.model import Call, Form, Hook, Property, Resource, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.types.s3_account import FLAGS

_NAMED: Final = {"Bucket": "{bucket}"}
_OWNED: Final = {"Bucket": "{bucket}", "ExpectedBucketOwner": "{expectedBucketOwner}"}


def _setting(
    kind: str,
    put: str,
    read: Call,
    delete: Call | Hook,
    properties: Mapping[str, Property],
    *,
    owned: bool = True,
    also: Mapping[str, Property] | None = None,
) -> Resource:
    """A setting of a bucket: one request writes the whole of it, and its id is the bucket's name (and its expected
    owner, where one is given)."""
    request = Call(put, _OWNED if owned else _NAMED)

    def create(op: Operation) -> dict[str, Any]:
        op.request(request, [name for name in op.resource.properties if op.inputs.get(name) is not None])
        parts = (op.inputs["bucket"], op.inputs.get("expectedBucketOwner") if owned else None)
        return {"Id": ",".join(part for part in parts if part)}

    own = {"bucket": Property(read="Bucket", replace=True)}
    if owned:
        own["expectedBucketOwner"] = Property(read="", replace=True)
    return Resource(
        type=f"aws:s3/b{kind[1:]}:{kind}",
        service="s3",
        identity="Id",
        parse=("{bucket},{expectedBucketOwner}", "{bucket}") if owned else ("{bucket}",),
        properties={**own, **properties, **(also or {})},
        create=create,
        read=(read, _whose),
        update=(Update(tuple(properties), request, whole=True),),
        delete=delete,
    )


def _whose(op: Operation) -> dict[str, str]:
    bucket, _, owner = op.id.partition(",")
    return {"Bucket": bucket, "Id": ",".join(part for part in (bucket, owner) if part)}


def _suspend(op: Operation) -> None:
    """Versions cannot be unmade, and where objects are locked they cannot even be suspended."""
    configuration = op.state.get("versioningConfiguration") or {}
    if configuration.get("status") != "Enabled":
        return
    try:
        op.request(Call("PutBucketVersioning", {**_OWNED, "VersioningConfiguration": {"Status": "Suspended"}}))
    except ApiError as error:
        if error.code != "InvalidBucketState":
            raise


def _unblock(op: Operation) -> None:
    if not op.state.get("skipDestroy"):
        op.request(Call("DeletePublicAccessBlock", _NAMED))


VERSIONING: Final = _setting(
    "BucketVersioning",
    "PutBucketVersioning",
    Call("GetBucketVersioning", _OWNED, "{VersioningConfiguration: {Status: Status, MFADelete: MFADelete}}"),
    _suspend,
    {"versioningConfiguration": Property("VersioningConfiguration", names={"mfaDelete": "MFADelete"})},
    also={"mfa": Property("MFA", read="")},
)

ENCRYPTION: Final = _setting(
    "BucketServerSideEncryptionConfiguration",
    "PutBucketEncryption",
    Call("GetBucketEncryption", _OWNED, "ServerSideEncryptionConfiguration"),
    Call("DeleteBucketEncryption", _OWNED),
    {
        "rules": Property(
            "ServerSideEncryptionConfiguration.Rules",
            form=Form.SET,
            names={"kmsMasterKeyId": "KMSMasterKeyID"},
        )
    },
)

PUBLIC_ACCESS: Final = _setting(
    "BucketPublicAccessBlock",
    "PutPublicAccessBlock",
    Call("GetPublicAccessBlock", _NAMED, "PublicAccessBlockConfiguration"),
    _unblock,
    {flag: Property(f"PublicAccessBlockConfiguration.{flag[0].upper()}{flag[1:]}", default=False) for flag in FLAGS},
    owned=False,
    also={"skipDestroy": Property(read="")},
)

OWNERSHIP: Final = _setting(
    "BucketOwnershipControls",
    "PutBucketOwnershipControls",
    Call("GetBucketOwnershipControls", _NAMED, "{Rule: OwnershipControls.Rules[0]}"),
    Call("DeleteBucketOwnershipControls", _NAMED),
    {"rule": Property("OwnershipControls.Rules", read="Rule")},
    owned=False,
)

POLICY: Final = _setting(
    "BucketPolicy",
    "PutBucketPolicy",
    Call("GetBucketPolicy", _NAMED),
    Call("DeleteBucketPolicy", _NAMED),
    {"policy": Property(form=Form.POLICY)},
    owned=False,
)

LIFECYCLE: Final = _setting(
    "BucketLifecycleConfiguration",
    "PutBucketLifecycleConfiguration",
    Call("GetBucketLifecycleConfiguration", _OWNED),
    Call("DeleteBucketLifecycle", _OWNED),
    {
        "rules": Property("LifecycleConfiguration.Rules", names={"id": "ID"}),
        "transitionDefaultMinimumObjectSize": Property(computed=True),
    },
)

OBJECT_LOCK: Final = _setting(
    "BucketObjectLockConfiguration",
    "PutObjectLockConfiguration",
    Call("GetObjectLockConfiguration", _OWNED, "ObjectLockConfiguration"),
    Call("PutObjectLockConfiguration", {**_OWNED, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}),
    {
        "objectLockEnabled": Property(
            "ObjectLockConfiguration.ObjectLockEnabled",
            default="Enabled",
            replace=True,
        ),
        "rule": Property("ObjectLockConfiguration.Rule"),
    },
    also={"token": Property("Token", read="", secret=True)},
)

LOGGING: Final = _setting(
    "BucketLogging",
    "PutBucketLogging",
    Call("GetBucketLogging", _OWNED, "LoggingEnabled"),
    Call("PutBucketLogging", {**_OWNED, "BucketLoggingStatus": {}}),
    {
        "targetBucket": Property("BucketLoggingStatus.LoggingEnabled.TargetBucket"),
        "targetPrefix": Property("BucketLoggingStatus.LoggingEnabled.TargetPrefix"),
        "targetGrants": Property("BucketLoggingStatus.LoggingEnabled.TargetGrants", form=Form.SET),
        "targetObjectKeyFormat": Property("BucketLoggingStatus.LoggingEnabled.TargetObjectKeyFormat"),
    },
)

SETTINGS: Final = (
    VERSIONING,
    ENCRYPTION,
    PUBLIC_ACCESS,
    OWNERSHIP,
    POLICY,
    LIFECYCLE,
    OBJECT_LOCK,
    LOGGING,
)
