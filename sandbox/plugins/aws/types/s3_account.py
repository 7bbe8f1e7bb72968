"""The block on public access of a whole account, which S3 Control keeps."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Property, Resource, Update
from sandbox.plugins.aws.operation import Operation

FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
"""The four switches."""

_PUT: Final = Call("PutPublicAccessBlock", {"AccountId": "{accountId}"})


def _create(op: Operation) -> dict[str, Any]:
    op.inputs["accountId"] = op.inputs.get("accountId") or op.cloud.account
    op.request(_PUT, FLAGS)
    return {"AccountId": op.inputs["accountId"]}


ACCOUNT_BLOCK: Final = Resource(
    type="aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    service="s3control",
    identity="AccountId",
    parse=("{accountId}",),
    regional=False,
    properties={
        "accountId": Property(read="AccountId", computed=True, replace=True),
        **{
            flag: Property(f"PublicAccessBlockConfiguration.{flag[0].upper()}{flag[1:]}", default=False)
            for flag in FLAGS
        },
    },
    create=_create,
    read=(
        Call("GetPublicAccessBlock", {"AccountId": "{id}"}, "PublicAccessBlockConfiguration"),
        lambda op: {"AccountId": op.id},
    ),
    update=(Update(FLAGS, _PUT, whole=True),),
    delete=Call("DeletePublicAccessBlock", {"AccountId": "{id}"}),
)
