"""Signature Version 4, checked: the canonical request is built again from the wire and signed with the key we hold.

Source of the rules: «Create a signed AWS API request» in the IAM user guide.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from botocore.utils import normalize_url_path

from sandbox.cloud.errors import Refusal
from sandbox.cloud.wire import ALGORITHM

CLOCK_SKEW: Final = datetime.timedelta(minutes=15)
"""How far a request's time may be from ours, as AWS allows."""

_HEADER = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<credential>[^,\s]+),\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]+)"
)


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of one request and what it covers. ``token`` is the session token, if one was sent."""

    access_key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    expires: int | None


def parse(authorization: str, query: str, headers: Mapping[str, str]) -> Signed:
    """Read the signature from the header ``Authorization`` or from a presigned URL's query.

    ``headers`` have lower-case names.

    Raises:
        Refusal: there is none, or it is incomplete.
    """
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    expires: int | None = None
    token: str | None
    if "X-Amz-Signature" in parameters:
        credential = parameters.get("X-Amz-Credential", "")
        signed, signature = parameters.get("X-Amz-SignedHeaders", ""), parameters["X-Amz-Signature"]
        timestamp, token = parameters.get("X-Amz-Date", ""), parameters.get("X-Amz-Security-Token")
        expires = int(parameters.get("X-Amz-Expires", "0") or 0)
    elif match := _HEADER.match(authorization):
        credential, signed, signature = match["credential"], match["signed"], match["signature"]
        timestamp, token = headers.get("x-amz-date", ""), headers.get("x-amz-security-token")
    elif authorization:
        raise Refusal("IncompleteSignature", f"Authorization header is not a {ALGORITHM} signature.", 400)
    else:
        raise Refusal("MissingAuthenticationToken", "Request is missing Authentication Token")
    parts = credential.split("/")
    if len(parts) != 5:
        raise Refusal("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements.", 400)
    return Signed(
        parts[0], parts[1], parts[2], parts[3], tuple(signed.split(";")), signature, timestamp, token, expires
    )


def verify(signed: Signed, secret: str, *, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
    """Check the signature of a request; ``target`` is path and query as they came over the wire.

    Raises:
        Refusal: the signature is not that of ``secret`` over this request, the payload was changed, or the request is
            too old.
    """
    _check_time(signed)
    path, _, query = target.partition("?")
    payload = headers.get("x-amz-content-sha256")
    digest = hashlib.sha256(body).hexdigest()
    if signed.expires is not None and payload is None:
        payload = "UNSIGNED-PAYLOAD" if signed.service == "s3" else digest
    if payload is None:
        payload = digest
    elif len(payload) == len(digest) and payload != digest:
        raise Refusal("SignatureDoesNotMatch", "The provided x-amz-content-sha256 does not match what was computed.")
    canonical = "\n".join(
        [
            method,
            path if signed.service == "s3" else quote(normalize_url_path(path), safe="/~"),
            _canonical_query(query),
            "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed.headers),
            ";".join(signed.headers),
            payload,
        ]
    )
    scope = f"{signed.date}/{signed.region}/{signed.service}/aws4_request"
    text = "\n".join([ALGORITHM, signed.timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (signed.date, signed.region, signed.service, "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(key.hex(), signed.signature):
        raise Refusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )


def _check_time(signed: Signed) -> None:
    try:
        made = datetime.datetime.strptime(signed.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError as error:
        raise Refusal(
            "IncompleteSignature", f"Date must be in ISO-8601 basic form: {signed.timestamp!r}", 400
        ) from error
    age = datetime.datetime.now(datetime.UTC) - made
    longest = CLOCK_SKEW if signed.expires is None else datetime.timedelta(seconds=signed.expires)
    if age > longest:
        raise Refusal("SignatureDoesNotMatch", f"Signature expired: {signed.timestamp} is earlier than allowed.")
    if age < -CLOCK_SKEW:
        raise Refusal("SignatureDoesNotMatch", f"Signature not yet current: {signed.timestamp} is in the future.")


def _canonical_query(query: str) -> str:
    pairs: list[tuple[str, str]] = []
    for item in query.split("&") if query else []:
        name, _, value = item.partition("=")
        if name == "X-Amz-Signature":
            continue
        pairs.append((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
