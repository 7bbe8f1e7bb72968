"""How a control plane is run: the file that ``kubebox all`` reads, with the components' official flags.

Source of every flag: the reference of kube-apiserver, kube-controller-manager, kube-scheduler and kwok.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sandbox.settings import HOST

ENVIRONMENT: Final = {"GOGC": "30", "GOMEMLIMIT": "250MiB"}
"""Memory before speed: an idle control plane then keeps about 300 MB instead of 340."""

WEBHOOK_CACHE: Final = "2s"
"""How long the token webhook's «no» counts. Its «yes» counts for 10 s: the API server's own, without a flag."""

AUDIENCE: Final = "https://kubernetes.default.svc"
"""Audience of service-account tokens unless they are asked for another, as in EKS."""

_POD_CIDR: Final = "10.244.0.0/16"
_LEASE_SECONDS: Final = 200
"""Lifetime of a node's lease. Renewing is what idle nodes cost; 200 s keeps it near nothing."""


def configuration(directory: Path, port: int, *, issuer: str, service_cidr: str, stages: Path) -> dict[str, Any]:
    """The whole file.

    etcd listens on sockets in the control plane's own directory (mode 0700), so that nobody else can speak to it
    without authentication. Their paths are relative to the working directory: an absolute path may not be longer than
    107 bytes. etcd does not wait for the disk: what was acknowledged survives the death of the process, which is what
    a sandbox promises, not that of the machine.

    Args:
        directory: the control plane's directory, which is also its working directory.
        port: of the API server; the next one is the kubelet's.
        issuer: of service-account tokens.
        service_cidr: range of service addresses.
        stages: how kwok plays nodes, pods and volumes.
    """
    pki = directory / "pki"
    storage = "unix://etcd.sock"
    return {
        "etcdDir": str(directory / "etcd"),
        "etcdURL": storage,
        "etcdPeer": "unix://peer.sock",
        "server": f"https://{HOST}:{port}",
        "caFile": str(pki / "ca.crt"),
        "apiserver": _apiserver(directory, pki, port, storage=storage, issuer=issuer, service_cidr=service_cidr),
        "controllerManager": _controller_manager(directory, pki, service_cidr),
        "scheduler": [
            f"--kubeconfig={pki / 'scheduler.kubeconfig'}",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
        ],
        "kwok": _kwok(pki, port + 1, stages),
    }


def _apiserver(directory: Path, pki: Path, port: int, *, storage: str, issuer: str, service_cidr: str) -> list[str]:
    return [
        f"--etcd-servers={storage}",
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={directory}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--authentication-token-webhook-config-file={directory / 'webhook.json'}",
        "--authentication-token-webhook-version=v1",
        f"--authentication-token-webhook-cache-ttl={WEBHOOK_CACHE}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",  # so that Pod Security decides, not the validation before it
        "--enable-admission-plugins=NodeRestriction",
        f"--service-cluster-ip-range={service_cidr}",
        f"--service-account-issuer={issuer}",
        f"--api-audiences={AUDIENCE}",
        f"--service-account-key-file={pki / 'service-account.pub'}",
        f"--service-account-signing-key-file={pki / 'service-account.key'}",
        f"--requestheader-client-ca-file={pki / 'front-proxy-ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki / 'front-proxy-client.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy-client.key'}",
        f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'kubelet-client.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--audit-policy-file={Path(__file__).with_name('audit-policy.yaml')}",
        f"--audit-log-path={directory / 'audit.log'}",
        "--audit-log-maxsize=50",  # MiB a file
        "--audit-log-maxbackup=3",
        "--profiling=false",
    ]


def _controller_manager(directory: Path, pki: Path, service_cidr: str) -> list[str]:
    return [
        f"--kubeconfig={pki / 'controller-manager.kubeconfig'}",
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki / 'service-account.key'}",
        f"--service-cluster-ip-range={service_cidr}",
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--cluster-signing-cert-file={pki / 'ca.crt'}",
        f"--cluster-signing-key-file={pki / 'ca.key'}",
        f"--node-monitor-grace-period={2 * _LEASE_SECONDS}s",  # a node's sign of life comes with its lease
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--concurrent-gc-syncs=4",
        "--kube-api-qps=500",  # the default costs five seconds at every start
        "--kube-api-burst=1000",
        "--controller-start-interval=0s",
        f"--flex-volume-plugin-dir={directory / 'flexvolume'}",  # else it makes a directory under /usr
        "--profiling=false",
    ]


def _kwok(pki: Path, port: int, stages: Path) -> list[str]:
    return [
        f"--kubeconfig={pki / 'kwok.kubeconfig'}",
        f"--config={stages}",
        "--manage-all-nodes=true",
        f"--node-ip={HOST}",
        f"--node-port={port}",
        f"--server-address={HOST}:{port}",
        f"--tls-cert-file={pki / 'kubelet.crt'}",
        f"--tls-private-key-file={pki / 'kubelet.key'}",
        f"--cidr={_POD_CIDR}",
        f"--node-lease-duration-seconds={_LEASE_SECONDS}",
    ]
