"""One cluster's API: discovery, reads, server-side apply, deletes and watches, on the official client's transport."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.plugins.kubernetes import credentials
from sandbox.plugins.kubernetes.errors import ApiError, UnknownKindError, UnreachableError
from sandbox.plugins.kubernetes.kinds import Kind

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from urllib3 import BaseHTTPResponse

    from sandbox.plugins.kubernetes.kubeconfig import Kubeconfig

_APPLY: Final = "application/apply-patch+yaml"
_CONNECTIONS: Final = 32
"""Connections kept open: as many as the engine has calls under way."""
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 60
_UNAUTHORISED: Final = 401
_NOT_FOUND: Final = 404

Object = dict[str, Any]
"""A Kubernetes object as JSON."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where objects of a kind are served."""

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """URL path of the collection, or of one object."""
        root = f"/apis/{self.kind.api_version}" if self.kind.group else f"/api/{self.kind.api_version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True, slots=True)
class Ref:
    """One object: its kind's endpoint, its namespace (``None`` outside of namespaces) and its name."""

    endpoint: Endpoint
    namespace: str | None
    name: str

    @property
    def path(self) -> str:
        """URL path of the object."""
        return self.endpoint.path(self.namespace, self.name)

    @property
    def id(self) -> str:
        """Identity as pulumi-kubernetes writes it: ``namespace/name`` or ``name``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.endpoint.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a watch: ``ADDED``, ``MODIFIED``, ``DELETED``, and the object."""

    type: str
    object: Object


class Cluster:
    """A connection to one API server. Safe for use by several threads."""

    def __init__(self, kubeconfig: Kubeconfig) -> None:
        self.kubeconfig = kubeconfig
        self._token = credentials.token(kubeconfig)
        self._lock = threading.Lock()
        self._api: ApiClient | None = None
        self._endpoints: dict[str, dict[str, Endpoint]] = {}
        self._streams: set[BaseHTTPResponse] = set()

    # -- discovery --------------------------------------------------------------------------------------------------

    def endpoint(self, kind: Kind) -> Endpoint:
        """Where a kind is served. What is found stays known while the process lives; what is missing is asked again.

        Raises:
            UnknownKindError: the server does not serve the kind.
            UnreachableError, ApiError: the server does not answer, or refuses.
        """
        found = self._endpoints.get(kind.api_version, {}).get(kind.kind)
        if found is not None:
            return found
        root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
        try:
            resources = self._request("GET", root).get("resources") or []
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
            resources = []
        served = {
            str(entry["kind"]): Endpoint(
                Kind(kind.api_version, str(entry["kind"])), str(entry["name"]), bool(entry["namespaced"])
            )
            for entry in resources
            if "/" not in entry["name"]
        }
        self._endpoints[kind.api_version] = served
        if kind.kind not in served:
            raise UnknownKindError(
                f"the API server at {self.kubeconfig.server} serves no {kind}; "
                "install its CustomResourceDefinition first, or use an apiVersion that the server knows"
            )
        return served[kind.kind]

    def ref(self, kind: Kind, namespace: str | None, name: str) -> Ref:
        """Refer to an object; a namespace is dropped for kinds outside of namespaces."""
        endpoint = self.endpoint(kind)
        return Ref(endpoint, (namespace or "default") if endpoint.namespaced else None, name)

    # -- objects ----------------------------------------------------------------------------------------------------

    def get(self, ref: Ref) -> Object | None:
        """The live object, or ``None`` where it does not exist."""
        try:
            return self._request("GET", ref.path)
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def list(
        self, endpoint: Endpoint, namespace: str | None, *, labels: str | None = None, fields: str | None = None
    ) -> tuple[list[Object], str]:
        """Objects by label and field selector, and the resource version to watch from."""
        answer = self._request("GET", endpoint.path(namespace), _selectors(labels, fields))
        # The server leaves apiVersion and kind out of the items of a list.
        names = {"apiVersion": endpoint.kind.api_version, "kind": endpoint.kind.kind}
        items = [{**names, **item} for item in answer.get("items") or ()]
        return items, str(answer["metadata"]["resourceVersion"])

    def apply(
        self, ref: Ref, body: Mapping[str, Any], *, manager: str, force: bool = False, dry_run: bool = False
    ) -> tuple[Object, Sequence[str]]:
        """Server-side apply.

        Args:
            manager: field manager.
            force: take over fields that other managers own.
            dry_run: go through admission and validation, keep nothing.

        Returns:
            The object as the server has it (or would have it), and the server's warnings.

        Raises:
            ApiError: refused, with reason and fields.
        """
        query = [("fieldManager", manager), ("force", "true" if force else "false"), ("fieldValidation", "Strict")]
        if dry_run:
            query.append(("dryRun", "All"))
        response = self._send("PATCH", ref.path, query, dict(body), content_type=_APPLY)
        return _decode(response), _warnings(response)

    def delete(self, ref: Ref, *, propagation: str) -> Object | None:
        """Ask for deletion; returns the object as it was left, ``None`` where it is gone already.

        Args:
            propagation: ``Foreground``, ``Background`` or ``Orphan``.
        """
        try:
            return self._request("DELETE", ref.path, body={"propagationPolicy": propagation})
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def watch(
        self,
        endpoint: Endpoint,
        namespace: str | None,
        *,
        since: str,
        seconds: float,
        labels: str | None = None,
        fields: str | None = None,
    ) -> Iterator[Event]:
        """Changes after resource version ``since``, until ``seconds`` have passed or :meth:`close` is called.

        Ends early, without an error, when the server has forgotten that version: list again and watch on.
        """
        limit = max(1, round(seconds))
        query = [("watch", "true"), ("resourceVersion", since), ("timeoutSeconds", str(limit))]
        query += _selectors(labels, fields)
        response = self._send("GET", endpoint.path(namespace), query, read_seconds=limit + _CONNECT_SECONDS)
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 (loaded with the client)

        with self._lock:
            self._streams.add(response)
        try:
            # A connection that ends early (the server restarts, close() was called) ends the watch.
            with contextlib.suppress(HTTPError, ValueError, OSError):
                for line in response:
                    if not line.strip():
                        continue
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        return
                    yield Event(event["type"], event["object"])
        finally:
            with self._lock:
                self._streams.discard(response)
            response.close()

    def close(self) -> None:
        """End every running watch."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.shutdown()

    # -- transport --------------------------------------------------------------------------------------------------

    def _request(
        self, method: str, path: str, query: Sequence[tuple[str, str]] = (), body: Mapping[str, Any] | None = None
    ) -> Object:
        return _decode(self._send(method, path, query, body))

    def _send(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = "application/json",
        read_seconds: float = _READ_SECONDS,
    ) -> BaseHTTPResponse:
        """Send one request; a refused token is renewed once.

        Raises:
            UnreachableError: no answer.
            ApiError: an answer other than 2xx.
        """
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 (loaded with the client)
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        api = self._client()
        token = self._token.get() if self._token else None
        renewed = False
        while True:
            headers = {"Accept": "application/json", "Content-Type": content_type}
            if token:
                headers["Authorization"] = f"Bearer {token}"
            try:
                prepared = api.param_serialize(
                    method,
                    path,
                    query_params=list(query),
                    header_params=headers,
                    body=body,
                )
                answer = api.call_api(*prepared, _request_timeout=(_CONNECT_SECONDS, read_seconds))
            except (HTTPError, ApiException, OSError) as error:
                server = self.kubeconfig.server
                raise UnreachableError(f"the API server at {server} does not answer: {error}") from error
            response = answer.response
            if response.status == _UNAUTHORISED and token and self._token and not renewed:
                renewed = True  # a command that makes a new token each time would otherwise be asked for ever
                refused, token = token, self._token.renew(token)
                if token != refused:
                    response.drain_conn()
                    continue
            if not 200 <= response.status <= 299:
                text = response.data.decode(errors="replace")
                raise ApiError.from_status(response.status, _json(text), text)
            return response  # type: ignore[no-any-return]

    def _client(self) -> ApiClient:
        """The official client, made at first use: importing it takes most of a second."""
        with self._lock:
            if self._api is None:
                self._api = self._connect()
            return self._api

    def _connect(self) -> ApiClient:
        import urllib3  # noqa: PLC0415 (loaded with the client)
        from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415

        configuration = Configuration(host=self.kubeconfig.server)
        configuration.proxy = None  # loopback only: no proxy has a place on the way
        api = ApiClient(configuration)
        api.rest_client.pool_manager = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            retries=False,
            ssl_context=credentials.tls(self.kubeconfig),
            server_hostname=self.kubeconfig.cluster.get("tls-server-name"),
        )
        return api


def _selectors(labels: str | None, fields: str | None) -> list[tuple[str, str]]:
    pairs = (("labelSelector", labels), ("fieldSelector", fields))
    return [(key, value) for key, value in pairs if value]


def _decode(response: BaseHTTPResponse) -> Object:
    document: Object = json.loads(response.data)
    return document


def _json(text: str) -> Object | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _warnings(response: BaseHTTPResponse) -> list[str]:
    """The texts of the ``Warning: 299 - "…"`` headers (RFC 7234, quotes escaped)."""
    found = []
    for header in response.headers.getlist("Warning"):
        quoted = re.search(r'"((?:[^"\\]|\\.)*)"', header)
        found.append(re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header)
    return found
