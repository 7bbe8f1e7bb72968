"""Keys and their aliases."""

from __future__ import annotations

from typing import Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update

_KEY: Final = {"KeyId": "{id}"}

KEY: Final = Resource(
    type="aws:kms/key:Key",
    service="kms",
    identity="KeyId",
    properties={
        "bypassPolicyLockoutSafetyCheck": Property(read="", default=False),
        "customKeyStoreId": Property(replace=True),
        "customerMasterKeySpec": Property("KeySpec", default="SYMMETRIC_DEFAULT", replace=True),
        "deletionWindowInDays": Property(read=""),
        "description": Property(computed=True),
        "enableKeyRotation": Property(read="Rotation.KeyRotationEnabled", default=False),
        "isEnabled": Property(read="Enabled", default=True),
        "keyUsage": Property(default="ENCRYPT_DECRYPT", replace=True),
        "multiRegion": Property(computed=True, replace=True),
        "policy": Property(form=Form.POLICY, computed=True),
        "rotationPeriodInDays": Property(read="Rotation.RotationPeriodInDays", computed=True),
        "xksKeyId": Property(read="XksKeyConfiguration.Id", replace=True),
    },
    outputs={"arn": Output(), "keyId": Output()},
    create=Call("CreateKey", answer="KeyMetadata"),
    read=(
        Call("DescribeKey", _KEY, "KeyMetadata"),
        Call("GetKeyPolicy", {**_KEY, "PolicyName": "default"}, "{Policy: Policy}"),
        Call("GetKeyRotationStatus", _KEY, into="Rotation", optional=("UnsupportedOperationException",)),
        Call("ListResourceTags", _KEY, "{Tags: Tags}"),
    ),
    update=(
        Update(("isEnabled",), Call("EnableKey", _KEY), when={"isEnabled": True}),
        Update(("description",), Call("UpdateKeyDescription", _KEY)),
        Update(
            ("policy",),
            Call(
                "PutKeyPolicy",
                {
                    **_KEY,
                    "PolicyName": "default",
                    "BypassPolicyLockoutSafetyCheck": "{bypassPolicyLockoutSafetyCheck}",
                },
            ),
        ),
        Update(
            ("enableKeyRotation", "rotationPeriodInDays"),
            Call("EnableKeyRotation", {**_KEY, "RotationPeriodInDays": "{rotationPeriodInDays}"}),
            when={"enableKeyRotation": True},
        ),
        Update(("enableKeyRotation",), Call("DisableKeyRotation", _KEY), when={"enableKeyRotation": False}),
        Update(("isEnabled",), Call("DisableKey", _KEY), when={"isEnabled": False}),
    ),
    delete=Call("ScheduleKeyDeletion", {**_KEY, "PendingWindowInDays": "{deletionWindowInDays}"}),
    absent="KeyState=='PendingDeletion' || KeyState=='PendingReplicaDeletion'",
    tagging=Tagging("TagResource", "UntagResource", ("KeyId", "{id}"), style="kms"),
)

ALIAS: Final = Resource(
    type="aws:kms/alias:Alias",
    service="kms",
    identity="{name}",
    parse=("{name}",),
    properties={
        "name": Property("AliasName", read="", replace=True),
        "namePrefix": Property(read="", replace=True),
        "targetKeyId": Property(read="KeyId", form=Form.KEY),
    },
    outputs={
        "arn": Output(template="arn:{partition}:kms:{region}:{account}:{id}"),
        "targetKeyArn": Output(read="Arn", volatile=True),
    },
    create=Call("CreateAlias"),
    read=(Call("DescribeKey", _KEY, "KeyMetadata"),),
    update=(Update(("targetKeyId",), Call("UpdateAlias", {"AliasName": "{id}"})),),
    delete=Call("DeleteAlias", {"AliasName": "{id}"}),
    naming=Naming(limit=256, prefix_property="namePrefix", lead="alias/"),
)

RESOURCES: Final = (KEY, ALIAS)
