"""KMS: rotation with its period, keys that are disabled or on their way out refuse to work, material that survives.

Symmetric material comes from the scope of the request that made the key, so it is the same after every restart and old
ciphertexts stay readable. Asymmetric keys cannot be derived so; they are kept in files of their own (0600).
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from moto.core.exceptions import JsonRESTError
from moto.kms import models
from moto.kms import utils as kms_utils
from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse as MotoKmsResponse
from moto.moto_api._internal import mock_random

from sandbox.cloud import determinism, extend
from sandbox.settings import Settings

DEFAULT_ROTATION_DAYS: Final = 365
_ROTATION_DAYS: Final = range(90, 2561)


class Kms(KmsBackend):
    """Moto's KMS with the states of the real one."""

    def __init__(self, region_name: str, account_id: str | None = None) -> None:
        super().__init__(region_name, account_id)
        self.rotation_days: dict[str, int] = {}

    def _generate_default_keys(self, alias_name: str) -> str | None:
        """A key that AWS manages, made when it is first looked at: reads come and go, so its scope is its name."""
        with determinism.scope(f"managed key {self.account_id} {self.region_name} {alias_name}"):
            key_id = super()._generate_default_keys(alias_name)
        if key_id is not None:
            key = self.keys[key_id]
            key.key_manager = "AWS"
            key.description = f"Default key that protects my {alias_name.rpartition('/')[2]} data"
            key.key_rotation_status = True
        return key_id

    def set_rotation(self, key_id: str, days: int) -> None:
        """Turn yearly (or ``days``) rotation on."""
        if days not in _ROTATION_DAYS:
            raise JsonRESTError(
                "ValidationException",
                f"RotationPeriodInDays {days} must be between {_ROTATION_DAYS.start} and {_ROTATION_DAYS.stop - 1}",
            )
        self.enable_key_rotation(key_id)
        self.rotation_days[self.get_key_id(key_id)] = days

    def put_key_policy(self, key_id: str, policy: str) -> None:
        """Store a key policy, as given."""
        try:
            json.loads(policy)
        except ValueError as error:
            raise JsonRESTError("MalformedPolicyDocumentException", "The policy is not valid JSON") from error
        super().put_key_policy(key_id, policy)

    def encrypt(self, key_id: str, plaintext: bytes, encryption_context: dict[str, str]) -> tuple[bytes, str]:
        """Encrypt with a key that is enabled."""
        self._require_usable(key_id)
        return super().encrypt(key_id, plaintext, encryption_context)

    def decrypt(
        self, ciphertext_blob: bytes, encryption_context: dict[str, str], key_id: str | None = None
    ) -> tuple[bytes, str]:
        """Decrypt with the key that the ciphertext names, if it is enabled."""
        plaintext, arn = super().decrypt(ciphertext_blob, encryption_context, key_id)
        self._require_usable(arn)
        return plaintext, arn

    def _require_usable(self, key_id: str) -> None:
        key = self.keys.get(self.any_id_to_key_id(key_id))
        if key is None:
            return  # the base class says what is not found
        if key.key_state == "PendingDeletion":
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        if not key.enabled:
            raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")


class KmsResponse(MotoKmsResponse):
    """Moto's KMS responses with the rotation period."""

    @property
    def kms(self) -> Kms:
        """The backend of the caller's account and region."""
        backend = self.kms_backend
        if not isinstance(backend, Kms):
            raise TypeError("KMS was not installed")
        return backend

    def enable_key_rotation(self) -> str:
        """Turn rotation on."""
        key_id = self._get_param("KeyId")
        self._validate_cmk_id(key_id)
        self.kms.set_rotation(key_id, int(self._get_param("RotationPeriodInDays") or DEFAULT_ROTATION_DAYS))
        return "{}"

    def get_key_rotation_status(self) -> str:
        """Whether a key is rotated, how often, and when next."""
        key_id = self._get_param("KeyId")
        self._validate_cmk_id(key_id)
        key = self.kms.describe_key(key_id)
        told: dict[str, Any] = {"KeyId": key.id, "KeyRotationEnabled": key.key_rotation_status}
        if key.key_rotation_status:
            days = self.kms.rotation_days.get(key.id, DEFAULT_ROTATION_DAYS)
            told["RotationPeriodInDays"] = days
            told["NextRotationDate"] = key.creation_date + datetime.timedelta(days=days).total_seconds()
        return json.dumps(told)


def install(settings: Settings) -> None:
    """Serve KMS from these classes."""
    directory = settings.cloud / "kms"

    def private_key(key_spec: str) -> Any:
        symmetric = key_spec == "SYMMETRIC_DEFAULT" or key_spec.startswith("HMAC")
        return None if symmetric else _kept_key(directory / f"{mock_random.uuid4()}.pem", key_spec)

    vars(models)["generate_private_key"] = private_key
    extend.use("kms", kms_backends, backend=Kms, response=KmsResponse)


def _kept_key(path: Path, key_spec: str) -> Any:
    """The asymmetric key of a file, which is made when there is none."""
    key: Any = kms_utils.generate_private_key(key_spec)
    if path.exists():
        key.private_key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        return key
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(pem)
    return key
