"""What lies outside the client's account: the Vault server and the engine's state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

import boto3
import hvac
import hvac.exceptions
import requests
from botocore.exceptions import ClientError

from scripts.preflight.result import PATIENCE, Check
from stacks.spec import ClientSpec

VAULT_SECONDS: Final = 10


def vault(spec: ClientSpec) -> Iterator[Check]:
    """The server answers, is initialised and unsealed. No token is sent."""
    told = os.environ.get("VAULT_ADDR", "").rstrip("/")
    address = spec.vault.address or told
    if not address:
        yield Check("Vault", "fail", "no server is named", "set VAULT_ADDR, or vault.address in the description")
        return
    if told and told != address:
        fix = "set VAULT_ADDR and VAULT_TOKEN for the former, or correct vault.address"
        yield Check("Vault", "fail", f"the description names {address}, VAULT_ADDR {told}", fix)
        return
    if not address.startswith("https://"):
        yield Check("Vault", "fail", f"{address}: tokens are sent over https:// only", "correct VAULT_ADDR")
        return
    try:
        authority = os.environ.get("VAULT_CACERT") or True
        client = hvac.Client(url=address, token="", verify=authority, timeout=VAULT_SECONDS)
        health = client.sys.read_health_status(method="GET")
        state = health if isinstance(health, dict) else health.json()
        initialised, sealed = state["initialized"], state["sealed"]
    except (OSError, requests.RequestException) as error:
        said = " ".join(str(error).split())[:160]
        yield Check("Vault", "fail", f"{address} does not answer: {said}", "start it, or mend the way and VAULT_CACERT")
        return
    except (hvac.exceptions.VaultError, ValueError, KeyError) as error:
        yield Check("Vault", "unknown", f"{address} does not tell its health: {error!r}")
        return
    if not initialised:
        yield Check("Vault", "fail", f"{address} is not initialised", "initialise it")
    elif sealed:
        yield Check("Vault", "fail", f"{address} is sealed", "unseal it")
    else:
        yield Check("Vault", "pass", f"{address}, {state.get('version', 'version not told')}")


def state(spec: ClientSpec) -> Iterator[Check]:
    """The engine's state, which names every resource, lies within the residency boundary."""
    url = os.environ.get("PULUMI_BACKEND_URL", "")
    parts = urlsplit(url)
    if not url:
        yield Check("state", "unknown", "PULUMI_BACKEND_URL is not set: `pulumi login` chose", "set it")
    elif parts.scheme == "file":
        yield Check("state", "pass", "local: it lies on this machine; back it up")
    elif parts.scheme != "s3":
        yield Check("state", "unknown", f"where {parts.scheme}:// keeps it cannot be asked", "use s3://BUCKET")
    elif "endpoint" in parse_qs(parts.query):
        yield Check("state", "unknown", "the bucket is not at AWS: where it lies cannot be asked", "use s3://BUCKET")
    else:
        yield _bucket(spec, parts.netloc)


def _bucket(spec: ClientSpec, name: str) -> Check:
    s3 = boto3.client("s3", region_name=spec.residency.home, config=PATIENCE)
    try:
        answer = s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == requests.codes.not_found:
            return Check("state", "fail", f"there is no bucket {name}", "make it, or correct PULUMI_BACKEND_URL")
        raise
    region = answer.get("BucketRegion") or answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if not region:
        return Check("state", "unknown", f"S3 does not tell the region of {name}")
    allowed = ", ".join(spec.residency.regions)
    if spec.residency.allows(region):
        return Check("state", "pass", f"bucket {name} is in {region}")
    return Check("state", "fail", f"bucket {name} is in {region}, outside {allowed}", "move it into the boundary")
