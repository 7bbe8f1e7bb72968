"""One Kubernetes control plane: its directory, its process, its start on kept data, its end."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox import process
from sandbox.cluster import flags, pki
from sandbox.cluster.api import Client, KubeError
from sandbox.process import ProcessError, Record
from sandbox.settings import HOST, Settings
from sandbox.toolchain import Kubebox

ORDER: Final = 20
READY_SECONDS: Final = 180.0
"""Longest wait for a start; 5 s on an idle machine."""
STOP_SECONDS: Final = 15.0
_DYING_SECONDS: Final = 5.0
_choosing_ports: Final = threading.Lock()


@dataclass(frozen=True)
class ControlPlane:
    """The control plane of one cluster. ``key`` names it within the sandbox and never changes."""

    settings: Settings
    key: str

    @property
    def name(self) -> str:
        """Name of its process record."""
        return f"eks-{self.key}"

    @property
    def directory(self) -> Path:
        """Everything it writes, mode 0700."""
        return root(self.settings) / self.key

    @property
    def server(self) -> str:
        """Address of its API.

        Raises:
            FileNotFoundError: it was never prepared.
        """
        return f"https://{HOST}:{self._port()}"

    @property
    def authority(self) -> str:
        """The certificate that signs its API's certificate, PEM.

        Raises:
            FileNotFoundError: it was never prepared.
        """
        return (self.directory / "pki/ca.crt").read_text()

    @property
    def authority_data(self) -> str:
        """:attr:`authority` as kubeconfigs hold it: base64."""
        return base64.b64encode(self.authority.encode()).decode()

    @property
    def prepared(self) -> bool:
        """Whether address and certificates are made."""
        return (self.directory / "pki/complete").exists()

    @cached_property
    def client(self) -> Client:
        """Requests as the emulator itself."""
        return Client(self.server, self.directory / "pki")

    def alive(self) -> bool:
        """Whether its process lives."""
        return process.find(self.settings, self.name) is not None

    def prepare(self, service_cidr: str) -> None:
        """Make its directory, take a pair of ports for good, make its certificates.

        Raises:
            ProcessError: all ports are taken.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _choosing_ports:
            if not (self.directory / "ports.json").exists():
                self._write("ports.json", {"port": self._free_port()})
        pki.ensure(self.directory / "pki", self.server, service_cidr)

    def start(self, kubebox: Kubebox, *, issuer: str, service_cidr: str, webhook: str) -> Record:
        """Start it on its data, or find it running; returns when it serves and its controllers work.

        Args:
            kubebox: the binary and how nodes are played.
            issuer: of service-account tokens.
            service_cidr: range of service addresses.
            webhook: address that reviews tokens which are none of a service account.

        Raises:
            ProcessError: it did not become ready; with the end of its log.
        """
        self.prepare(service_cidr)
        record = process.find(self.settings, self.name)
        if record is None:
            self._write("webhook.json", _webhook(webhook))
            content = flags.configuration(
                self.directory, self._port(), issuer=issuer, service_cidr=service_cidr, stages=kubebox.stages
            )
            self._write("kubebox.json", content)
            record = self._spawn(kubebox.binary)
        process.wait_ready(record, self._ready, timeout=READY_SECONDS)
        storage = yaml.safe_load(kubebox.storage_class.read_text())
        self.client.apply(f"/apis/storage.k8s.io/v1/storageclasses/{storage['metadata']['name']}", storage)
        return record

    def stop(self) -> None:
        """End its process; its data stay."""
        record = process.find(self.settings, self.name)
        if record is not None:
            process.stop(self.settings, record, timeout=STOP_SECONDS)

    def destroy(self) -> None:
        """End its process and remove its data, log and record."""
        self.stop()
        (self.settings.run / f"{self.name}.json").unlink(missing_ok=True)
        (self.settings.logs / f"{self.name}.log").unlink(missing_ok=True)
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def _ready(self) -> bool:
        try:
            if self.client.text("/readyz") != "ok":
                return False
            return self.client.get("/api/v1/namespaces/default/serviceaccounts/default") is not None
        except KubeError:
            return False

    def _spawn(self, binary: Path) -> Record:
        port = self._port()
        for name in ("etcd.sock", "peer.sock"):  # left by a killed process
            (self.directory / name).unlink(missing_ok=True)
        deadline = time.monotonic() + _DYING_SECONDS
        while not (process.is_free(port) and process.is_free(port + 1)) and time.monotonic() < deadline:
            time.sleep(0.02)  # a killed predecessor's listener may outlive it by some milliseconds
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TMPDIR") if name in os.environ}
        record = process.spawn(
            self.settings,
            self.name,
            [str(binary), "all", "kubebox.json"],
            order=ORDER,
            env={**kept, **flags.ENVIRONMENT, "HOME": str(self.directory)},
            cwd=self.directory,
            ports=[port, port + 1],
        )
        threading.Thread(target=_reap, args=(record.pid,), name=f"{self.name}-end", daemon=True).start()
        return record

    def _port(self) -> int:
        return int(json.loads((self.directory / "ports.json").read_text())["port"])

    def _free_port(self) -> int:
        taken: set[int] = set()
        for path in root(self.settings).glob("*/ports.json"):
            with contextlib.suppress(FileNotFoundError):  # a cluster that is being deleted
                taken.add(int(json.loads(path.read_text())["port"]))
        for port in self.settings.cluster_ports:
            if port not in taken and process.is_free(port) and process.is_free(port + 1):
                return port
        ports = self.settings.cluster_ports
        raise ProcessError(
            f"all {len(ports)} pairs of ports for Kubernetes, {ports.start} to {ports.stop - 1}, are in use; "
            "delete a cluster, or move the sandbox: SANDBOX_PORT_BASE"
        )

    def _write(self, name: str, content: dict[str, Any]) -> None:
        """Write a file of its owner only, whole or not at all."""
        temporary = self.directory / f".{name}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=1)
        temporary.rename(self.directory / name)


def _reap(pid: int) -> None:
    """Take note of a child's end at once: until then it stays a zombie, which others wait for in vain."""
    with contextlib.suppress(ChildProcessError):  # somebody else did
        os.waitpid(pid, 0)


def root(settings: Settings) -> Path:
    """The directory that holds one directory a control plane."""
    return settings.cloud / "eks"


def _webhook(address: str) -> dict[str, Any]:
    """The kubeconfig that tells the API server where tokens are reviewed."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "eks", "cluster": {"server": address}}],
        "users": [{"name": "api-server"}],
        "contexts": [{"name": "webhook", "context": {"cluster": "eks", "user": "api-server"}}],
        "current-context": "webhook",
    }
