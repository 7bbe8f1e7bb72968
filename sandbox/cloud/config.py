"""AWS Config: recorders keep their mode, channels reach buckets that let Config in."""

from __future__ import annotations

from typing import Any, Final

from moto.config.exceptions import NoSuchBucketException
from moto.config.models import ConfigBackend, config_backends
from moto.core.exceptions import JsonRESTError
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from sandbox.cloud import extend, policies
from sandbox.cloud.policies import Asking, Decision
from sandbox.cloud.s3 import context_of_service

SERVICE: Final = "config.amazonaws.com"
_CONTINUOUS: Final = {"recordingFrequency": "CONTINUOUS"}


class Config(ConfigBackend):
    """Moto's Config, which believes no bucket, key or role unseen."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.modes: dict[str, dict[str, Any]] = {}

    def put_configuration_recorder(self, config_recorder: dict[str, Any]) -> None:
        """Make the recorder, or change it.

        Raises:
            JsonRESTError: its role does not exist.
        """
        role = config_recorder.get("roleARN", "")
        roles = iam_backends[self.account_id][self.partition].roles.values()
        if not any(one.arn == role for one in roles):
            raise JsonRESTError("InvalidRoleException", f"The role '{role}' is not valid.")
        super().put_configuration_recorder(config_recorder)
        self.modes[config_recorder["name"]] = config_recorder.get("recordingMode") or _CONTINUOUS

    def describe_configuration_recorders(self, recorder_names: list[str] | None) -> list[dict[str, Any]]:
        """Recorders with their modes."""
        found = super().describe_configuration_recorders(recorder_names)
        return [{**one, "recordingMode": self.modes[one["name"]]} for one in found]

    def put_delivery_channel(self, delivery_channel: dict[str, Any]) -> None:
        """Make the channel, or change it.

        Raises:
            JsonRESTError: there is no such bucket or key, or it does not let Config in.
        """
        if name := delivery_channel.get("s3BucketName"):
            self._check_bucket(name, delivery_channel.get("s3KeyPrefix"))
        if key := delivery_channel.get("s3KmsKeyArn"):
            self._check_key(key)
        super().put_delivery_channel(delivery_channel)

    def _check_bucket(self, name: str, prefix: str | None) -> None:
        home = s3_backends.bucket_accounts.get(name)
        if home is None:
            raise NoSuchBucketException
        bucket = s3_backends[home[1]][home[0]].buckets[name]
        below = f"{bucket.arn}/{prefix}" if prefix else bucket.arn
        wanted = {
            "s3:GetBucketAcl": bucket.arn,
            "s3:PutObject": f"{below}/AWSLogs/{self.account_id}/Config/ConfigWritabilityCheckFile",
        }
        for action, resource in wanted.items():
            asking = Asking(action, resource, service=SERVICE, context=self._context())
            if not bucket.policy or policies.decide(bucket.policy, asking) is not Decision.ALLOWED:
                raise JsonRESTError(
                    "InsufficientDeliveryPolicyException",
                    f"Insufficient delivery policy to s3 bucket: {name}, unable to write to bucket, provided s3 key "
                    f"prefix is '{prefix}', provided kms key is 'null'.",
                )

    def _check_key(self, arn: str) -> None:
        region, account = arn.split(":")[3:5]
        kms = kms_backends[account][region]
        key = kms.keys.get(kms.get_key_id(arn))
        asking = Asking("kms:GenerateDataKey", arn, service=SERVICE, context=self._context())
        if key is None or policies.decide(key.policy, asking) is not Decision.ALLOWED:
            raise JsonRESTError(
                "InsufficientDeliveryPolicyException", f"Insufficient delivery policy to use the KMS key: {arn}"
            )

    def _context(self) -> dict[str, str]:
        arn = f"arn:{self.partition}:config:{self.region_name}:{self.account_id}:*"
        return context_of_service(SERVICE, self.account_id, arn)


def install() -> None:
    """Serve Config from this class."""
    extend.use("config", config_backends, backend=Config)
