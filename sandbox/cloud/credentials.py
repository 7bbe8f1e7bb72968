"""The platform team's own credentials in a sandbox: made at first start, kept, read by every client of the wire."""

from __future__ import annotations

import configparser
import os
import secrets
import string
from dataclasses import dataclass
from typing import Final

from sandbox.settings import Settings

DEFAULT_REGION: Final = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Operator:
    """Access key of the platform team's account, and the seed of the endpoint's randomness."""

    access_key: str
    secret: str
    seed: bytes


def ensure(settings: Settings) -> Operator:
    """Read the operator's credentials; at first start make them, with ``credentials`` and ``config`` files (0600)."""
    settings.aws.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.cloud.mkdir(parents=True, exist_ok=True, mode=0o700)
    seed = settings.cloud / "seed"
    if not seed.exists():
        _write(settings, "cloud/seed", secrets.token_hex(32) + "\n")
    path = settings.aws / "credentials"
    if not path.exists():
        alphabet = string.ascii_uppercase + "234567"
        access_key = "AKIA" + "".join(secrets.choice(alphabet) for _ in range(16))
        secret = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))
        _write(
            settings,
            "aws/credentials",
            f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret}\n",
        )
    if not (settings.aws / "config").exists():
        _write(settings, "aws/config", f"[default]\nregion = {DEFAULT_REGION}\noutput = json\n")
    parser = configparser.RawConfigParser()
    parser.read(path)
    return Operator(
        access_key=parser["default"]["aws_access_key_id"],
        secret=parser["default"]["aws_secret_access_key"],
        seed=bytes.fromhex(seed.read_text().strip()),
    )


def _write(settings: Settings, name: str, text: str) -> None:
    """Write a file of its owner only, whole or not at all."""
    path = settings.directory / name
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.rename(path)
