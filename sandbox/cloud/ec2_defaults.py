"""What EC2 does in a region unless told otherwise: how new volumes are encrypted, how instances tell of themselves."""

from __future__ import annotations

from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.kms.models import kms_backends

AWS_KEY: Final = "alias/aws/ebs"
_METADATA: Final = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")
_NO_PREFERENCE: Final = "no-preference"


class Defaults:
    """The defaults of one account in one region."""

    def __init__(self) -> None:
        self.key = AWS_KEY
        self.metadata: dict[str, Any] = {}


_found: Final[dict[tuple[str, str], Defaults]] = {}


def defaults(backend: EC2Backend) -> Defaults:
    """Those of a backend's account and region."""
    return _found.setdefault((backend.account_id, backend.region_name), Defaults())


class DefaultsResponse(EC2Response):
    """Moto's EC2 responses with those of the defaults."""

    def get_ebs_default_kms_key_id(self) -> ActionResult:
        """The key that encrypts new volumes."""
        return ActionResult({"KmsKeyId": defaults(self.ec2_backend).key})

    def modify_ebs_default_kms_key_id(self) -> ActionResult:
        """Take another key.

        Raises:
            EC2ClientError: there is no such key.
        """
        told = self._get_param("KmsKeyId")
        kms = kms_backends[self.current_account][self.region]
        id_ = kms.get_key_id_from_alias(told) if "alias/" in told else kms.get_key_id(told)
        if id_ not in kms.keys:
            raise EC2ClientError("InvalidKey.NotFound", f"The specified key '{told}' does not exist")
        defaults(self.ec2_backend).key = kms.keys[id_].arn
        return ActionResult({"KmsKeyId": kms.keys[id_].arn})

    def reset_ebs_default_kms_key_id(self) -> ActionResult:
        """Go back to AWS's key."""
        defaults(self.ec2_backend).key = AWS_KEY
        return ActionResult({"KmsKeyId": AWS_KEY})

    def get_instance_metadata_defaults(self) -> ActionResult:
        """What is preferred; nothing is said of what is not."""
        return ActionResult({"AccountLevel": {**defaults(self.ec2_backend).metadata, "ManagedBy": "account"}})

    def modify_instance_metadata_defaults(self) -> ActionResult:
        """Prefer something, or nothing any more."""
        kept = defaults(self.ec2_backend).metadata
        for name in _METADATA:
            value = self._get_param(name)
            if value in (_NO_PREFERENCE, "-1", -1):
                kept.pop(name, None)
            elif value is not None:
                kept[name] = int(value) if name == "HttpPutResponseHopLimit" else value
        return ActionResult({"Return": True})
