"""Refusals of the endpoint itself, in the form that the caller's protocol expects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from wsgiref.types import StartResponse
from xml.sax.saxutils import escape

from sandbox.cloud.wire import Environ


@dataclass(frozen=True)
class Refusal(Exception):
    """A request is refused. ``code`` is the name that the query protocols use; the others are derived from it."""

    code: str
    message: str
    status: int = 403

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


_JSON_CODES: Final = {
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "ExpiredToken": "ExpiredTokenException",
    "AccessDenied": "AccessDeniedException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
}
_S3_CODES: Final = {"InvalidClientTokenId": "InvalidAccessKeyId", "MissingAuthenticationToken": "AccessDenied"}
_EC2_CODES: Final = {
    "InvalidClientTokenId": "AuthFailure",
    "SignatureDoesNotMatch": "AuthFailure",
    "ExpiredToken": "RequestExpired",
}
_REQUEST_ID: Final = "00000000-0000-4000-8000-000000000000"


def answer(refusal: Refusal, service: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Send a refusal: XML for S3, EC2 and the query protocols, JSON for the others."""
    headers = [("x-amzn-RequestId", _REQUEST_ID)]
    message = refusal.message
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if service == "s3":
        code = _S3_CODES.get(refusal.code, refusal.code)
        body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    elif service == "ec2":
        code = _EC2_CODES.get(refusal.code, refusal.code)
        body = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
            f"<RequestID>{_REQUEST_ID}</RequestID></Response>"
        )
    elif form or "Action=" in environ.get("QUERY_STRING", ""):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{refusal.code}</Code>"
            f"<Message>{escape(message)}</Message></Error><RequestId>{_REQUEST_ID}</RequestId></ErrorResponse>"
        )
    else:
        code = _JSON_CODES.get(refusal.code, refusal.code)
        headers.append(("x-amzn-ErrorType", code))
        return send_json(refusal.status, {"__type": code, "message": message}, start_response, headers)
    text = b"" if environ["REQUEST_METHOD"] == "HEAD" else body.encode()  # an answer to HEAD has no body
    return _send(refusal.status, text, "text/xml", start_response, headers)


def send_json(
    status: int, value: Any, start_response: StartResponse, headers: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    """Send a JSON document."""
    return _send(status, json.dumps(value).encode(), "application/json", start_response, headers or [])


def _send(
    status: int, body: bytes, content_type: str, start_response: StartResponse, headers: list[tuple[str, str]]
) -> Iterable[bytes]:
    start_response(
        f"{status} {'OK' if status < 400 else 'Refused'}",
        [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers],
    )
    return [body]
