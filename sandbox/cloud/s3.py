"""S3: bucket policies with their conditions, object locks that hold, buckets born as AWS makes them today.

What differs from the emulator underneath:

* A bucket's policy is judged as a whole (:mod:`sandbox.cloud.policies`); another account is let in by it alone.
  ``aws:SecureTransport`` is true: the endpoint listens on loopback only and stands for AWS's TLS endpoint, so nothing
  is sent over a network in the clear. A caller that says ``X-Forwarded-Proto: http`` is taken at its word, as behind a
  load balancer.
* New buckets block public access, own their objects and encrypt with S3's key (Amazon S3 User Guide, *Default settings
  for new buckets*).
* Retention can be prolonged, and shortened by no means (compliance) or with the bypass only (governance).
* A request to a bucket of another region is told where the bucket is.
* Access logs are not written: AWS delivers them on a best-effort basis too.
"""

from __future__ import annotations

import datetime
from typing import Any, Final

import xmltodict  # type: ignore[import-untyped]
from moto.s3 import models
from moto.s3.exceptions import CrossLocationLoggingProhibited, InvalidBucketState, InvalidTargetBucketForLogging
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response as MotoS3Response

from sandbox.cloud import determinism, extend, identity, policies, s3_actions, wire
from sandbox.cloud.errors import Refusal
from sandbox.cloud.policies import Asking, Decision

LOGGING: Final = "logging.s3.amazonaws.com"
COMPLIANCE: Final = "COMPLIANCE"
_MINIMUM: Final = "all_storage_classes_128K"
_STATED: Final = ("lifecycle", "logging", "encryption")
"""Settings that are given back in the words in which they were written."""
_CONDITIONS: Final = {
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-content-sha256": "s3:x-amz-content-sha256",
}
"""Headers that a policy may ask for."""


class Bucket(FakeBucket):
    """Moto's bucket as AWS has made buckets since April 2023."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.stated: dict[str, bytes] = {}
        self.minimum = _MINIMUM
        self.public_access_block = models.PublicAccessBlock("true", "true", "true", "true")
        self.ownership_rule: Any = "BucketOwnerEnforced"
        self.encryption = default_encryption()

    def get_permission(self, action: str, resource: str) -> Any:
        """Nothing: the request was judged before it came here."""
        from moto.iam.access_control import PermissionResult  # noqa: PLC0415 (as moto does: they import each other)

        return PermissionResult.NEUTRAL

    def set_logging(self, logging_config: dict[str, Any] | None, bucket_backend: S3Backend) -> None:
        """Log accesses to another bucket, whose policy must let S3 write there.

        Raises:
            InvalidTargetBucketForLogging: there is no such bucket of this account and region, or it does not.
        """
        if not logging_config:
            self.logging = {}
            return
        target = bucket_backend.buckets.get(logging_config["TargetBucket"])
        if target is None:
            raise InvalidTargetBucketForLogging("The target bucket for logging does not exist")
        if target.region_name != self.region_name:
            raise CrossLocationLoggingProhibited
        asking = Asking(
            "s3:PutObject",
            f"{target.arn}/{logging_config.get('TargetPrefix') or ''}-",
            service=LOGGING,
            context=context_of_service(LOGGING, self.account_id, self.arn),
        )
        if not target.policy or policies.decide(target.policy, asking) is not Decision.ALLOWED:
            raise InvalidTargetBucketForLogging(
                "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket"
            )
        self.logging = logging_config


def default_encryption() -> dict[str, Any]:
    """S3's own key: what a bucket has that says nothing else (since January 2023)."""
    return {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


class S3(S3Backend):
    """Moto's S3 with locks that hold."""

    def log_incoming_request(self, request: Any, bucket_name: str) -> None:
        """Nothing: see the module."""

    def put_bucket_policy(self, bucket_name: str, policy: bytes) -> None:
        """Store a policy.

        Raises:
            Refusal: AWS would not store it.
        """
        try:
            policies.check(policy)
        except policies.MalformedPolicy as error:
            raise Refusal("MalformedPolicy", str(error), 400) from error
        super().put_bucket_policy(bucket_name, policy)

    def put_bucket_versioning(self, bucket_name: str, status: str) -> None:
        """Change the state of versioning.

        Raises:
            Refusal: objects are locked, which needs versions.
        """
        if status != "Enabled" and self.get_bucket(bucket_name).object_lock_enabled:
            raise Refusal(
                "InvalidBucketState",
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
                409,
            )
        super().put_bucket_versioning(bucket_name, status)

    def put_object_lock_configuration(
        self,
        bucket_name: str,
        lock_enabled: bool,
        mode: str | None = None,
        days: int | None = None,
        years: int | None = None,
    ) -> None:
        """Lock new objects by default; what is there keeps its retention."""
        bucket = self.get_bucket(bucket_name)
        if not bucket.is_versioned:
            raise InvalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
        bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
        bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days or 0, years or 0

    def get_object_lock_configuration(self, bucket_name: str) -> tuple[bool, str | None, int | None, int | None]:
        """Whether objects are locked, how, and for how many days or years: one of them."""
        enabled, mode, days, years = super().get_object_lock_configuration(bucket_name)
        return enabled, mode, days or None, years or None

    def delete_bucket_encryption(self, bucket_name: str) -> None:
        """Back to S3's own key."""
        self.get_bucket(bucket_name).encryption = default_encryption()

    def upload_part(self, bucket_name: str, multipart_id: str, part_id: int, value: bytes) -> FakeKey:
        """Take one part of an upload.

        Raises:
            Refusal: there is no such upload.
        """
        if multipart_id not in self.get_bucket(bucket_name).multiparts:
            raise Refusal("NoSuchUpload", "The specified upload does not exist.", 404)
        return super().upload_part(bucket_name, multipart_id, part_id, value)

    def retain(self, key: FakeKey, mode: str | None, until: str | None, *, bypass: bool) -> None:
        """Lock a version until a time, or let go of it where that is allowed.

        Raises:
            Refusal: it would shorten a retention that stands.
        """
        now = datetime.datetime.fromtimestamp(determinism.now(), datetime.UTC)
        held = _moment(key.lock_until) if key.lock_mode else None
        if held is not None and held > now:
            new = _moment(until) if until else now
            weaker = new < held or not mode or (key.lock_mode == COMPLIANCE and mode != COMPLIANCE)
            changed = weaker or mode != key.lock_mode
            if (key.lock_mode == COMPLIANCE and weaker) or (key.lock_mode != COMPLIANCE and changed and not bypass):
                raise Refusal("AccessDenied", "Access Denied because object protected by object lock.")
        key.lock_mode, key.lock_until = mode, until


def _moment(text: str | None) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


class S3Response(MotoS3Response):
    """Moto's S3 responses, behind the bucket's policy."""

    @property
    def s3(self) -> S3:
        """The backend of the caller's account."""
        backend = self.backend
        if not isinstance(backend, S3):
            raise TypeError("S3 was not installed")
        return backend

    def _bucket_response(self, request: Any, full_url: str) -> Any:
        elsewhere = self._elsewhere()
        if elsewhere is not None:
            return elsewhere
        self._authorize(request)
        return super()._bucket_response(request, full_url)

    def _key_response(self, request: Any, full_url: str) -> Any:
        elsewhere = self._elsewhere()
        if elsewhere is not None:
            return elsewhere
        self._authorize(request)
        if "retention" in request.args and request.method == "GET":
            return self._get_retention(request.args.get("versionId"))
        return super()._key_response(request, full_url)

    # -- who may ------------------------------------------------------------------------------------------------------

    def _owned(self) -> Bucket | None:
        """The bucket that the request names, whoever owns it."""
        home = s3_backends.bucket_accounts.get(self.bucket_name)
        if home is None:
            return None
        partition, account = home
        found = s3_backends[account][partition].buckets.get(self.bucket_name)
        return found if isinstance(found, Bucket) else None

    def _elsewhere(self) -> Any:
        """The answer to a request that was sent to another region than the bucket's."""
        bucket = self._owned()
        creates = self.request.method == "PUT" and self.parse_key_name() == "" and not self.request.args
        if bucket is None or creates or bucket.region_name == self.region:
            return None
        message = (
            "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed "
            "using the specified endpoint. Please send all future requests to this endpoint.</Message>"
            f"<Endpoint>{bucket.name}.s3.{bucket.region_name}.amazonaws.com</Endpoint><Bucket>{bucket.name}</Bucket>"
            "</Error>"
        )
        headers = {"x-amz-bucket-region": bucket.region_name, "content-type": "application/xml"}
        return 301, headers, "" if self.request.method == "HEAD" else message

    def _authorize(self, request: Any) -> None:
        """Judge the request by the bucket's policy.

        Raises:
            Refusal: it is denied, or it comes from another account that nothing lets in.
        """
        bucket = self._owned()
        operation = wire.operation(request.environ, "s3")
        if bucket is None or operation in {None, "CreateBucket", "ListBuckets"}:
            return
        if self.headers.get("x-amz-expected-bucket-owner", bucket.account_id) != bucket.account_id:
            raise Refusal("AccessDenied", "Access Denied")
        caller = identity.current()
        key = self.parse_key_name()
        for action, resource in self._needs(operation, bucket, key):
            asking = Asking(action, resource, caller.account, caller.arn, context=self._context(bucket))
            found = policies.decide(bucket.policy, asking) if bucket.policy else Decision.SILENT
            if found is Decision.DENIED or (found is Decision.SILENT and caller.account != bucket.account_id):
                how = "with an explicit deny in a resource-based policy"
                if found is Decision.SILENT:
                    how = f"because no resource-based policy allows the {action} action"
                raise Refusal(
                    "AccessDenied",
                    f'User: {caller.arn} is not authorized to perform: {action} on resource: "{resource}" {how}',
                )

    def _needs(self, operation: str | None, bucket: Bucket, key: str) -> list[tuple[str, str]]:
        """Every permission that the request needs, and on what."""
        arguments, arn = self.request.args, bucket.arn
        if operation == "DeleteObjects":
            found = xmltodict.parse(self.body)["Delete"].get("Object", [])
            named = [
                (s3_actions.action("DeleteObject", version="VersionId" in one), f"{arn}/{one['Key']}")
                for one in (found if isinstance(found, list) else [found])
            ]
        else:
            action = s3_actions.action(str(operation), version="versionId" in arguments)
            named = [(action, f"{arn}/{key}" if key else arn)]
        if self.headers.get("x-amz-bypass-governance-retention", "").lower() == "true":
            named += [("s3:BypassGovernanceRetention", resource) for _, resource in named]
        return named

    def _context(self, bucket: Bucket) -> dict[str, str]:
        caller, headers = identity.current(), self.headers
        now = datetime.datetime.fromtimestamp(determinism.now(), datetime.UTC)
        context = {
            "aws:securetransport": str(headers.get("x-forwarded-proto", "https") != "http").lower(),
            "aws:principalaccount": caller.account,
            "aws:principalarn": _role_of(caller.arn),
            "aws:principalisawsservice": "false",
            "aws:resourceaccount": bucket.account_id,
            "aws:requestedregion": bucket.region_name,
            "aws:sourceip": "127.0.0.1",
            "aws:currenttime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:epochtime": str(int(now.timestamp())),
            "s3:signatureversion": "AWS4-HMAC-SHA256",
            "s3:authtype": "REST-HEADER",
            "s3:tlsversion": "1.3",
        }
        context |= {key: str(headers[name]) for name, key in _CONDITIONS.items() if name in headers}
        for name, key in (("prefix", "s3:prefix"), ("delimiter", "s3:delimiter"), ("versionId", "s3:versionid")):
            if name in self.request.args:
                context[key] = str(self.request.args[name])
        return context

    # -- what is said anew --------------------------------------------------------------------------------------------

    def _bucket_response_put(self, request: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
        bucket = self._owned()
        if bucket is not None and "acl" in querystring and bucket.ownership_rule == "BucketOwnerEnforced":
            raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
        answer = super()._bucket_response_put(request, bucket_name, querystring)
        if bucket is not None:
            for name in _STATED:
                if name in querystring:
                    bucket.stated[name] = self.body
            if "lifecycle" in querystring:
                bucket.minimum = self.headers.get("x-amz-transition-default-minimum-object-size", _MINIMUM)
        return answer

    def _bucket_response_delete(self, bucket_name: str, querystring: dict[str, Any]) -> Any:
        answer = super()._bucket_response_delete(bucket_name, querystring)
        bucket = self._owned()
        if bucket is not None:
            for name in _STATED:
                if name in querystring:
                    bucket.stated.pop(name, None)
        return answer

    def get_bucket_lifecycle(self) -> Any:
        """The lifecycle as it was written."""
        bucket = self._owned()
        headers = {"x-amz-transition-default-minimum-object-size": bucket.minimum if bucket else _MINIMUM}
        return self._stated("lifecycle", headers) or super().get_bucket_lifecycle()

    def get_bucket_logging(self) -> Any:
        """The logging as it was written."""
        return self._stated("logging") or super().get_bucket_logging()

    def get_bucket_encryption(self) -> Any:
        """The encryption as it was written."""
        return self._stated("encryption") or super().get_bucket_encryption()

    def _stated(self, name: str, headers: dict[str, str] | None = None) -> Any:
        bucket = self._owned()
        if bucket is None or name not in bucket.stated:
            return None
        return 200, {"content-type": "application/xml", **(headers or {})}, bucket.stated[name]

    def _get_retention(self, version: str | None) -> Any:
        key = self.s3.get_object(self.bucket_name, self.parse_key_name(), version_id=version)
        if key is None:
            raise Refusal("NoSuchKey", "The specified key does not exist.", 404)
        if not key.lock_mode:
            raise Refusal(
                "NoSuchObjectLockConfiguration",
                "The specified object does not have a ObjectLock configuration",
                404,
            )
        body = f"<Retention><Mode>{key.lock_mode}</Mode><RetainUntilDate>{key.lock_until}</RetainUntilDate></Retention>"
        return 200, {"content-type": "application/xml"}, body

    def put_object_retention(self) -> Any:
        """Lock a version."""
        if not self.s3.get_bucket(self.bucket_name).object_lock_enabled:
            raise Refusal("InvalidRequest", "Bucket is missing Object Lock Configuration", 400)
        key = self.s3.get_object(self.bucket_name, self.parse_key_name(), version_id=self._get_param("versionId"))
        if key is None:
            raise Refusal("NoSuchKey", "The specified key does not exist.", 404)
        mode, until = self._mode_until_from_body()
        bypass = self.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
        self.s3.retain(key, mode, until, bypass=bypass)
        return 200, {}, ""


def _role_of(arn: str) -> str:
    """The role of a session, as policies name it; any other principal as it is."""
    parts = arn.split(":")
    if len(parts) == 6 and parts[5].startswith("assumed-role/"):
        return f"arn:aws:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
    return arn


def context_of_service(service: str, account: str, arn: str) -> dict[str, str]:
    """The context of a request that an AWS service makes for an account's resource."""
    return {
        "aws:sourceaccount": account,
        "aws:sourcearn": arn,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "s3:tlsversion": "1.3",
        "s3:x-amz-acl": "bucket-owner-full-control",
    }


def deliver(bucket_name: str, key: str, body: bytes, *, service: str, source_account: str, source_arn: str) -> FakeKey:
    """Write an object as an AWS service does that delivers logs, if the bucket's policy lets it.

    Raises:
        Refusal: there is no such bucket, or its policy does not allow the delivery.
    """
    home = s3_backends.bucket_accounts.get(bucket_name)
    if home is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    backend = s3_backends[home[1]][home[0]]
    bucket = backend.buckets[bucket_name]
    context = context_of_service(service, source_account, source_arn)
    asking = Asking("s3:PutObject", f"{bucket.arn}/{key}", service=service, context=context)
    if not bucket.policy or policies.decide(bucket.policy, asking) is not Decision.ALLOWED:
        raise Refusal("AccessDenied", f"{service} is not authorized to perform: s3:PutObject on {bucket.arn}/{key}")
    locked = bucket.has_default_lock
    return backend.put_object(
        bucket_name,
        key,
        body,
        lock_mode=bucket.default_lock_mode if locked else None,
        lock_until=bucket.default_retention() if locked else None,
    )


def install() -> None:
    """Serve S3 from these classes."""
    vars(models)["FakeBucket"] = Bucket
    vars(models)["datetime"] = determinism.Clocked(datetime)
    extend.use("s3", s3_backends, backend=S3, response=S3Response)
