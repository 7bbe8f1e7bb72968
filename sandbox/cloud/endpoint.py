"""The WSGI application: authenticate, understand, keep, carry out, log."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from io import BytesIO, StringIO
from typing import Any, Final
from wsgiref.types import StartResponse

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.cloud import determinism, errors, identity, wire
from sandbox.cloud.errors import Refusal
from sandbox.cloud.identity import Caller
from sandbox.cloud.journal import Entry, Journal, state_lock
from sandbox.cloud.wire import Call, Environ

log = logging.getLogger(__name__)

_DROPPED_HEADERS: Final = (
    "HTTP_ACCEPT_ENCODING",
    "HTTP_AMZ_SDK_INVOCATION_ID",
    "HTTP_AMZ_SDK_REQUEST",
    "HTTP_CONNECTION",
    "HTTP_COOKIE",
    "HTTP_EXPECT",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_USER_AGENT",
    "HTTP_X_AMZ_SECURITY_TOKEN",
    "HTTP_X_MOTO_ACCOUNT_ID",
)
"""Headers the emulator must not see: it would read a region or an account from some of them."""

_KEPT_VARIABLES: Final = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "RAW_URI", "REQUEST_URI", "CONTENT_TYPE")

Handler = Callable[[Environ, StartResponse], Iterable[bytes]]


class _Emulator(DomainDispatcherApplication):
    """Moto's dispatcher, which remembers what it found out about a host instead of searching all services again."""

    def __init__(self, create_app: Callable[[Any], Any]) -> None:
        super().__init__(create_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service that answers for a host name, ``None`` for no host.

        Raises:
            Refusal: the emulator has no such service.
        """
        if host not in self._backends:
            found = super().get_backend_for_host(host)
            if found is None and host is not None:
                raise Refusal("InvalidAction", f"The sandbox has no service at {host}.", 400)
            self._backends[host] = found
        return self._backends[host]


class Endpoint:
    """Every AWS service behind one port.

    ``reconcile`` brings the data planes to the model's state, ``converging`` counts how many servers are on the way,
    ``eks`` answers the paths under ``/_sandbox/eks/``.
    """

    def __init__(
        self, journal: Journal, *, eks: Handler, reconcile: Callable[[], None], converging: Callable[[], int]
    ) -> None:
        self._journal = journal
        self._eks = eks
        self._reconcile = reconcile
        self._converging = converging
        self._emulator: Any = _Emulator(create_backend_app)
        self.status: dict[str, Any] = {"status": "starting"}

    def replay(self) -> None:
        """Bring the state back from the journal; afterwards requests are served."""
        started = time.monotonic()
        count, failed = self._journal.replay(self._perform_entry)
        seconds = round(time.monotonic() - started, 3)
        self.status |= {"replayed": count, "replay_failed": failed, "replay_seconds": seconds}
        log.info("replayed %d requests in %.2f s, %d failed", count, seconds, failed)

    def ready(self) -> None:
        """Reconcile the data planes; from now on health says «ok» and requests are served."""
        with state_lock:
            self._reconcile()
        self.status["status"] = "ok"

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path == "/_sandbox/health":
            return errors.send_json(200, {**self.status, "converging": self._converging()}, start_response)
        if self.status["status"] != "ok":
            return errors.send_json(503, {"message": "the endpoint is starting"}, start_response)
        if path.startswith("/_sandbox/eks/"):
            return self._eks(environ, start_response)
        if path == "/_sandbox/reconcile" and environ["REQUEST_METHOD"] == "POST":
            with state_lock:
                self._reconcile()
            return errors.send_json(200, {"converging": self._converging()}, start_response)
        if path.startswith(("/_sandbox/", "/moto-api", "/latest/")):
            return errors.send_json(404, {"message": f"no such path: {path}"}, start_response)
        return self._serve(environ, start_response)

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started = time.monotonic()
        body = wire.read_body(environ)
        target = environ.get("RAW_URI") or environ["PATH_INFO"]
        call = wire.understand(environ, body)
        account = "-"
        status = 0

        def remember(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line.split(" ", 1)[0])
            return start_response(line, headers, exc_info)

        try:
            with state_lock:
                caller = identity.authenticate(environ["REQUEST_METHOD"], target, _headers(environ), body)
                account = caller.account
            return self._carry_out(environ, body, call, caller, remember)
        except Refusal as refusal:
            return errors.answer(refusal, call.service, environ, remember)
        finally:
            milliseconds = (time.monotonic() - started) * 1000
            log.info("%s:%s %s %s %d %.0fms", call.service, call.action, account, call.region, status, milliseconds)

    def _carry_out(
        self, environ: Environ, body: bytes, call: Call, caller: Caller, start_response: StartResponse
    ) -> Iterable[bytes]:
        for name in _DROPPED_HEADERS:
            environ.pop(name, None)
        if not call.changes_state:
            if call.action == "ReceiveMessage":  # may poll for twenty seconds: not under the lock
                with identity.acting(caller):
                    return self._run(environ, call, start_response)
            with state_lock, identity.acting(caller):
                return self._run(environ, call, start_response)
        with state_lock:
            entry = Entry(
                index=self._journal.next_index(),
                at=time.time(),
                account=caller.account,
                access_key=caller.access_key,
                arn=caller.arn,
                service=call.service,
                action=call.action,
                environ=_kept(environ, call),
                body=body,
            )
            with self._journal.keeping(entry) as take_back:
                status = 0

                def remember(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
                    nonlocal status
                    status = int(line.split(" ", 1)[0])
                    return start_response(line, headers, exc_info)

                with determinism.scope(f"entry {entry.index}", entry.at), identity.acting(caller):
                    found = self._run(environ, call, remember)
                if status >= 400:
                    take_back()
                return found

    def _run(self, environ: Environ, call: Call, start_response: StartResponse) -> Iterable[bytes]:
        """Hand a request to the emulator; what it cannot do is said, not guessed."""
        try:
            response: Iterable[bytes] = self._emulator(environ, start_response)
            return list(response)
        except NotImplementedError:
            refusal = Refusal("InvalidAction", f"{call.service}:{call.action} is not available in the sandbox.", 400)
        except Refusal as found:
            refusal = found
        except Exception as error:  # the emulator's own failure: one request, not the endpoint
            log.exception("%s:%s failed in the emulator", call.service, call.action)
            text = f"{call.service}:{call.action} failed in the sandbox: {type(error).__name__}: {error}"
            refusal = Refusal("InternalFailure", text, 500)
        return errors.answer(refusal, call.service, environ, start_response)

    def _perform_entry(self, entry: Entry) -> int:
        status = 0

        def start_response(line: str, _headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line.split(" ", 1)[0])
            return lambda _data: None

        environ = _restored(entry)
        call = Call(entry.service, "", entry.action, entry.access_key, False)
        caller = Caller(entry.account, entry.access_key, entry.arn)
        with state_lock, determinism.scope(f"entry {entry.index}", entry.at), identity.acting(caller):
            self._run(environ, call, start_response)
        return status


def _headers(environ: Environ) -> dict[str, str]:
    """The request's headers by their lower-case names."""
    spelled: dict[str, str] = environ.get(PRESERVED_HEADER_NAMES_ENVIRON_KEY, {})
    found = {
        spelled.get(name, name[5:].replace("_", "-")).lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    found["content-type"] = environ.get("CONTENT_TYPE", "")
    found["content-length"] = environ.get("CONTENT_LENGTH", "")
    return found


def _kept(environ: Environ, call: Call) -> dict[str, str]:
    """What of a request the journal needs; the signature itself is not among it."""
    kept = {name: str(environ[name]) for name in _KEPT_VARIABLES if environ.get(name)}
    kept |= {name: str(value) for name, value in environ.items() if name.startswith("HTTP_")}
    kept[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = json.dumps(environ.get(PRESERVED_HEADER_NAMES_ENVIRON_KEY, {}))
    kept["HTTP_AUTHORIZATION"] = (
        f"{wire.ALGORITHM} Credential={call.access_key}/20000101/{call.region}/{call.service}/aws4_request, "
        "SignedHeaders=host, Signature=journal"
    )
    return kept


def _restored(entry: Entry) -> Environ:
    """A WSGI environment that says what the entry's request said."""
    return {
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(entry.body),
        "wsgi.errors": StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(entry.body)),
        **entry.environ,
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: json.loads(entry.environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY]),
    }
