"""A small client of the Kubernetes API for the emulator's own housekeeping, authenticated by client certificate.

The official client costs the endpoint's process 50 MB; what is needed here is JSON over TLS.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

FIELD_MANAGER: Final = "eks"
"""Name under which objects are applied, as in the cloud's own clusters."""

Document = dict[str, Any]


class KubeError(RuntimeError):
    """The API server refused a request, or did not answer (``status`` 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Requests to one API server. Safe for several threads."""

    def __init__(self, server: str, directory: Path, *, name: str = "admin", timeout: float = 10.0) -> None:
        """``directory`` holds ``ca.crt`` and the client's ``NAME.crt`` and ``NAME.key``; ``timeout`` is in seconds."""
        context = ssl.create_default_context(cafile=str(directory / "ca.crt"))
        context.load_cert_chain(directory / f"{name}.crt", directory / f"{name}.key")
        self._server = server
        self._timeout = timeout
        self._pool = urllib3.PoolManager(ssl_context=context, retries=False, maxsize=4)

    def text(self, path: str) -> str:
        """The body of a ``GET``.

        Raises:
            KubeError: refused, or no answer.
        """
        return self._send("GET", path).decode()

    def get(self, path: str) -> Document | None:
        """An object or list, or ``None`` where there is none.

        Raises:
            KubeError: refused for another reason, or no answer.
        """
        try:
            found: Document = json.loads(self._send("GET", path))
        except KubeError as error:
            if error.status == 404:
                return None
            raise
        return found

    def items(self, path: str, labels: str = "") -> list[Document]:
        """The items of a list, by label selector.

        Raises:
            KubeError: refused, or no answer.
        """
        fields = {"labelSelector": labels} if labels else {}
        found: list[Document] = json.loads(self._send("GET", path, fields=fields))["items"]
        return found

    def create(self, path: str, document: Document) -> bool:
        """Create an object in a collection; ``False`` where it exists already.

        Raises:
            KubeError: refused for another reason, or no answer.
        """
        try:
            self._send("POST", path, document)
        except KubeError as error:
            if error.status == 409:
                return False
            raise
        return True

    def apply(self, path: str, document: Document) -> None:
        """Server-side apply of an object at its own path.

        Raises:
            KubeError: refused, or no answer.
        """
        fields = {"fieldManager": FIELD_MANAGER, "force": "true"}
        self._send("PATCH", path, document, fields=fields, content="application/apply-patch+yaml")

    def merge(self, path: str, patch: Document) -> None:
        """JSON merge patch of an object.

        Raises:
            KubeError: refused, or no answer.
        """
        self._send("PATCH", path, patch, content="application/merge-patch+json")

    def delete(self, path: str) -> None:
        """Delete an object; one that is gone is fine.

        Raises:
            KubeError: refused for another reason, or no answer.
        """
        try:
            self._send("DELETE", path)
        except KubeError as error:
            if error.status != 404:
                raise

    def watch(self, path: str, version: str) -> Iterator[Document]:
        """Events of a collection after a resource version, until the server or the caller ends it.

        Raises:
            KubeError: refused, or the connection broke.
        """
        try:
            response = self._pool.request(
                "GET",
                self._server + path,
                fields={"watch": "true", "timeoutSeconds": "600", "resourceVersion": version},
                timeout=urllib3.Timeout(connect=self._timeout, read=630),
                preload_content=False,
            )
            if response.status >= 400:
                raise KubeError(response.status, response.data.decode(errors="replace"))
            try:
                buffer = b""
                for chunk in response.stream(65536, decode_content=True):
                    *lines, buffer = (buffer + chunk).split(b"\n")
                    yield from (json.loads(line) for line in lines if line)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, f"{self._server}{path}: {error}") from error

    def _send(
        self,
        method: str,
        path: str,
        document: Document | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        content: str = "application/json",
    ) -> bytes:
        url = self._server + path
        if fields:
            url += "?" + urlencode(fields)
        body = None if document is None else json.dumps(document).encode()
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers={"Content-Type": content} if body else {},
                timeout=self._timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, f"{method} {url}: {error}") from error
        if response.status >= 400:
            raise KubeError(response.status, f"{method} {path}: {response.status} {_reason(response.data)}")
        data: bytes = response.data
        return data


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body).get("message", ""))
    except ValueError:
        return body.decode(errors="replace")[:500]
