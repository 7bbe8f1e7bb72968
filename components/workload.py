"""One of the client's applications on the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.core.v1 import ConfigMap, Service
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components.admission import BUDGET_LABEL
from components.fallback import PART, Fallback, FallbackArgs
from components.naming import PREFIX
from stacks.spec.workloads import WorkloadSpec

SERVICE_PORT: Final = 80
"""Port of the Services."""

DRAIN_SECONDS: Final = 10
"""How long a stopping pod still serves, until nothing sends to it any more (Kubernetes documentation, *Pod
Lifecycle*, termination: endpoints and signals race)."""

UTILISATION: Final[Mapping[str, int]] = {"cpu": 70, "memory": 80}
"""Percent of the requests above which pods are added."""

TOKEN_SECONDS: Final = 3600
"""Life of the token that the application shows to Vault; the kubelet renews it."""


@dataclass(frozen=True, slots=True)
class WorkloadArgs:
    """Arguments of :class:`Workload`.

    Args:
        name: the workload's name, and its Service's.
        spec: its description.
        client: the client, for the label ``app.kubernetes.io/part-of``.
        service_account: the namespace's application account.
        vault: settings by which the application finds its secrets in Vault (``FREEHOLD_VAULT_*``).
        audience: audience of the token for Vault.
    """

    name: str
    spec: WorkloadSpec
    client: str
    service_account: str
    vault: Mapping[str, str]
    audience: str


class Workload(pulumi.ComponentResource):
    """A deployment that survives nodes and updates: spread, probed, autoscaled, with a disruption budget, unprivileged.

    Pods run as no root on a read-only file system (``/tmp`` is theirs), spread over zones and nodes, and finish what
    they serve before they stop. The settings ``FREEHOLD_TIMEOUT_SECONDS``, ``FREEHOLD_RETRIES`` and
    ``FREEHOLD_VAULT_*`` come from a ConfigMap; the token with which the application logs in to Vault lies at
    ``/var/run/secrets/vault/token``. Secrets' values never pass through Kubernetes.

    Two Services: NAME is what callers use; NAME-app has the application's pods alone. With a fallback image NAME also
    selects the pods of a page that become ready only while NAME-app does not answer (see ``Fallback``), or on purpose
    by ``maintenance: true``. Traffic comes from pods of the same namespace, as its network policies say.

    Outputs: ``service``: name of the Service.
    """

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Workload", name, None, opts)
        self._name, self._args, self._spec = name, args, args.spec
        self._child = pulumi.ResourceOptions(parent=self)
        self._labels = {"app.kubernetes.io/name": args.name, "app.kubernetes.io/part-of": args.client}
        self._own = {"app.kubernetes.io/name": args.name, PART: "app"}
        settings = self._settings()
        serving: dict[str, str] = {"app.kubernetes.io/name": args.name}
        if args.spec.fallback_image is None:
            serving = self._own
        elif args.spec.maintenance:
            serving |= {PART: "fallback"}
        self._service(f"{name}-app", f"{args.name}-app", self._own)
        self.service: Final = self._service(name, args.name, serving).metadata.name
        budget: Any = {"maxUnavailable": 1, "selector": {"matchLabels": self._own}}
        PodDisruptionBudget(name, metadata=self._metadata(args.name), spec=budget, opts=self._child)
        deployment = self._deployment(settings)
        self._autoscaler(deployment)
        if args.spec.fallback_image is not None:
            Fallback(
                f"{name}-fallback",
                FallbackArgs(
                    args.name,
                    args.spec.namespace,
                    args.spec.fallback_image,
                    args.spec.port,
                    f"http://{args.name}-app:{SERVICE_PORT}{args.spec.ready_path}",
                    args.spec.maintenance,
                    self._labels,
                    args.service_account,
                ),
                self._child,
            )
        self.register_outputs({"service": self.service})

    def _metadata(self, name: str, **labels: str) -> Any:
        return {"name": name, "namespace": self._spec.namespace, "labels": self._labels | labels}

    def _settings(self) -> ConfigMap:
        spec = self._spec
        data = {
            **spec.env,
            **self._args.vault,
            "FREEHOLD_TIMEOUT_SECONDS": str(spec.timeout_seconds),
            "FREEHOLD_RETRIES": str(spec.retries),
            "FREEHOLD_VAULT_SECRETS": ",".join(f"{spec.namespace}/{secret}" for secret in spec.secrets),
        }
        # no name of its own: new content is a new object, and pods roll over to it
        return ConfigMap(
            self._name,
            metadata={"namespace": spec.namespace, "labels": self._labels},
            data=data,
            immutable=True,
            opts=self._child,
        )

    def _service(self, logical: str, name: str, selector: Mapping[str, str]) -> Service:
        ports = [{"name": "http", "port": SERVICE_PORT, "targetPort": "http"}]
        service: Any = {"type": "ClusterIP", "selector": dict(selector), "ports": ports}
        # endpoints come with the pods, which come later: nothing to wait for
        metadata = self._metadata(name) | {"annotations": {"pulumi.com/skipAwait": "true"}}
        return Service(logical, metadata=metadata, spec=service, opts=self._child)

    def _container(self, settings: ConfigMap) -> Any:
        spec = self._spec

        def probe(path: str, **more: int) -> Any:
            return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 2, **more}

        return {
            "name": "app",
            "image": spec.image,
            "ports": [{"name": "http", "containerPort": spec.port, "protocol": "TCP"}],
            "envFrom": [{"configMapRef": {"name": settings.metadata.name}}],
            "resources": {
                "requests": {"cpu": spec.cpu, "memory": spec.memory},
                "limits": {"cpu": spec.cpu_limit, "memory": spec.memory_limit},
            },
            "startupProbe": probe(spec.startup_path, periodSeconds=5, failureThreshold=-(-spec.startup_seconds // 5)),
            "readinessProbe": probe(spec.ready_path, periodSeconds=5, failureThreshold=2),
            "livenessProbe": probe(spec.live_path, periodSeconds=10, failureThreshold=3),
            "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # the container's own, on an emptyDir
                {"name": "vault-token", "mountPath": "/var/run/secrets/vault", "readOnly": True},
            ],
        }

    def _deployment(self, settings: ConfigMap) -> Deployment:
        args, spec = self._args, self._spec
        token = {"audience": args.audience, "expirationSeconds": TOKEN_SECONDS, "path": "token"}
        pod: Any = {
            "serviceAccountName": args.service_account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "priorityClassName": "freehold-standard",
            "terminationGracePeriodSeconds": DRAIN_SECONDS + spec.timeout_seconds + 5,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "fsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": [
                {
                    "topologyKey": key,
                    "maxSkew": 1,
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": self._own},
                }
                for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
            ],
            "containers": [self._container(settings)],
            "volumes": [
                {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
                {"name": "vault-token", "projected": {"sources": [{"serviceAccountToken": token}]}},
            ],
        }
        body: Any = {
            "replicas": spec.min_replicas,
            "selector": {"matchLabels": self._own},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": self._labels | self._own}, "spec": pod},
        }
        return Deployment(
            self._name,
            metadata=self._metadata(args.name, **{BUDGET_LABEL: args.name}),
            spec=body,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["spec.replicas"]),  # the autoscaler's
        )

    def _autoscaler(self, deployment: Deployment) -> None:
        metrics = [
            {
                "type": "Resource",
                "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": at}},
            }
            for name, at in UTILISATION.items()
        ]
        body: Any = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self._args.name},
            "minReplicas": self._spec.min_replicas,
            "maxReplicas": self._spec.max_replicas,
            "metrics": metrics,
        }
        HorizontalPodAutoscaler(
            self._name,
            metadata=self._metadata(self._args.name),
            spec=body,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
