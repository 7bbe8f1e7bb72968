"""How new volumes of a region are encrypted."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Property, Resource, Update
from sandbox.plugins.aws.operation import Operation


def _switch(op: Operation) -> dict[str, Any]:
    op.call("EnableEbsEncryptionByDefault" if op.inputs.get("enabled", True) else "DisableEbsEncryptionByDefault", {})
    return {"Id": op.region}


ENCRYPTION_BY_DEFAULT: Final = Resource(
    type="aws:ebs/encryptionByDefault:EncryptionByDefault",
    service="ec2",
    identity="Id",
    properties={"enabled": Property(read="EbsEncryptionByDefault", default=True)},
    create=_switch,
    read=(Call("GetEbsEncryptionByDefault"),),
    update=(Update(("enabled",), _switch),),
    delete=Call("DisableEbsEncryptionByDefault"),
)

DEFAULT_KMS_KEY: Final = Resource(
    type="aws:ebs/defaultKmsKey:DefaultKmsKey",
    service="ec2",
    identity="KmsKeyId",
    properties={"keyArn": Property("KmsKeyId", replace=True)},
    create=Call("ModifyEbsDefaultKmsKeyId"),
    read=(Call("GetEbsDefaultKmsKeyId"),),
    delete=Call("ResetEbsDefaultKmsKeyId"),
)

RESOURCES: Final = (ENCRYPTION_BY_DEFAULT, DEFAULT_KMS_KEY)
