"""What a request asks for: service, region, action, and whether it changes state.

Read from the wire the way AWS routes it: the credential scope of the signature names service and region; the action
stands in ``X-Amz-Target`` (JSON protocols), in the parameter ``Action`` (query protocols), or follows from method and
path by the service's published model (REST protocols).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import HTTPException

Environ = dict[str, Any]

ALGORITHM: Final = "AWS4-HMAC-SHA256"

READ_PREFIXES: Final = (
    "BatchGet",
    "Check",
    "Describe",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Validate",
)
"""Names of operations that only read begin so in every AWS model, but for the exceptions below."""

CHANGES: Final = frozenset({"sts:GetSessionToken", "sts:GetFederationToken"})
"""Operations that make something although their name begins like a read."""

READS: Final = frozenset(
    {
        *(f"kms:{name}" for name in ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")),
        *(f"kms:{name}" for name in ("GenerateMac", "GenerateRandom", "ReEncrypt", "Sign", "Verify", "VerifyMac")),
        *(f"sqs:{name}" for name in ("ReceiveMessage", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch")),
        *(f"sqs:{name}" for name in ("DeleteMessage", "DeleteMessageBatch")),
    }
)
"""Operations that change nothing worth keeping.

KMS computes. ``ReceiveMessage`` hides messages for seconds and may poll for twenty: kept, it would hold up every other
request. What refers to one receipt of a message means nothing without it. So after a restart a queue holds every
message that was sent since it was last purged, also those that were worked on: delivered at least once.
"""

_SCOPE = re.compile(r"Credential=([^/\s]+)/(\d{8})/([^/\s]+)/([^/\s]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood. ``access_key`` is empty for unsigned requests; ``service`` is the signing name."""

    service: str
    region: str
    action: str
    access_key: str
    presigned: bool

    @property
    def changes_state(self) -> bool:
        """Whether the request has to be kept for the next start."""
        name = f"{self.service}:{self.action}"
        if name in CHANGES:
            return True
        return name not in READS and not self.action.startswith(READ_PREFIXES)


def read_body(environ: Environ) -> bytes:
    """The request's whole body; the stream is put back so that it can be read again."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


def understand(environ: Environ, body: bytes) -> Call:
    """Find service, region and action of a request; its credential scope also tells the access key."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    presigned = not authorization and "X-Amz-Credential" in query
    text = f"Credential={query['X-Amz-Credential'][0]}" if presigned else authorization
    match = _SCOPE.search(text)
    access_key, _, region, service = match.groups() if match else ("", "", "", "")
    if presigned and match:
        # the emulator routes by the header: give it the same scope there
        environ["HTTP_AUTHORIZATION"] = f"{ALGORITHM} {text}, SignedHeaders=host, Signature=presigned"
    return Call(service, region, _action(environ, body, query, service), access_key, presigned)


def _action(environ: Environ, body: bytes, query: dict[str, list[str]], service: str) -> str:
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    if "Action" in query:
        return query["Action"][0]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body[:4096].decode("utf-8", "replace")).get("Action")
        if action:
            return action[0]
    method: str = environ["REQUEST_METHOD"]
    if service:
        found = operation(environ, service)
        if found:
            return found
    return {"GET": "Get", "HEAD": "Head"}.get(method, method.capitalize())


def operation(environ: Environ, service: str) -> str | None:
    """The operation of a REST service by method and path, or ``None`` where its model has no such path."""
    stream = environ["wsgi.input"]
    try:
        found, _ = get_service_router(service).match(Request(dict(environ)))
    except (HTTPException, NotImplementedError, UnknownServiceError):
        return None
    finally:
        stream.seek(0)
    return str(found.name)
