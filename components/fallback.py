"""The page that answers for an application while it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components.admission import BUDGET_LABEL
from components.naming import PREFIX

PART: Final = "freehold.dev/part"
"""Label that tells an application's pods (``app``) from the page's (``fallback``)."""

RETRY_SECONDS: Final = 60
"""What the page tells callers to wait."""

PROBE: Final = 'test "$MAINTENANCE" = true || ! wget -q -T 2 -O /dev/null "$APPLICATION"'
"""Readiness of the page: maintenance, or the application does not answer."""

PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Back soon</title>
<h1>Back soon</h1><p>The service cannot answer at the moment. Please try again in a minute.</p></html>
"""
"""The page."""


def server(port: int) -> str:
    """Configuration of nginx: the page with status 503 for every path; /page/healthz answers 200."""
    return f"""pid /tmp/nginx.pid;
events {{}}
http {{
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  server {{
    listen {port};
    root /page;
    error_page 503 /index.html;
    location = /index.html {{ internal; add_header Retry-After {RETRY_SECONDS} always; }}
    location = /page/healthz {{ return 200; }}
    location / {{ return 503; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class FallbackArgs:
    """Arguments of :class:`Fallback`.

    Args:
        name: the workload's name.
        namespace: its namespace.
        image: an unprivileged nginx with sh and wget.
        port: the application's port, on which the page answers too.
        application: address at which the application alone is asked whether it can serve.
        maintenance: be ready whatever the application says.
        labels: the workload's labels.
        service_account: the namespace's application account.
    """

    name: str
    namespace: str
    image: str
    port: int
    application: str
    maintenance: bool
    labels: Mapping[str, str]
    service_account: str


class Fallback(pulumi.ComponentResource):
    """Two pods of a static page (status 503, Retry-After) that are ready only while the application does not answer.

    The switch is Kubernetes' own: the workload's Service selects the application's pods and these; a pod that is not
    ready gets no traffic; and the readiness probe of these asks the application. So the page appears within two probes
    (10 s) after the last pod of the application fails, and goes as soon as one answers, without anybody's doing. When
    the cluster itself is gone this page is gone too: that is the edge's to answer.

    Outputs: none.
    """

    def __init__(self, name: str, args: FallbackArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Fallback", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        title = f"{args.name}-fallback"
        own = {"app.kubernetes.io/name": args.name, PART: "fallback"}
        labels = {**args.labels, **own}
        page = ConfigMap(
            name,
            metadata={"namespace": args.namespace, "labels": labels},
            data={"index.html": PAGE, "nginx.conf": server(args.port)},
            immutable=True,
            opts=child,
        )
        variables = {"APPLICATION": args.application, "MAINTENANCE": str(args.maintenance).lower()}
        container = {
            "name": "page",
            "image": args.image,
            "command": ["nginx", "-c", "/page/nginx.conf", "-e", "/dev/stderr", "-g", "daemon off;"],
            "env": [{"name": key, "value": value} for key, value in variables.items()],
            "ports": [{"name": "http", "containerPort": args.port, "protocol": "TCP"}],
            "resources": {
                "requests": {"cpu": "10m", "memory": "16Mi"},
                "limits": {"cpu": "100m", "memory": "64Mi"},
            },
            "readinessProbe": {
                "exec": {"command": ["sh", "-c", PROBE]},
                "periodSeconds": 5,
                "timeoutSeconds": 4,
                "successThreshold": 2,
                "failureThreshold": 1,
            },
            "livenessProbe": {"httpGet": {"path": "/page/healthz", "port": "http"}, "periodSeconds": 10},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [
                {"name": "page", "mountPath": "/page", "readOnly": True},
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # the container's own, on an emptyDir
            ],
        }
        spread = {
            "topologyKey": "topology.kubernetes.io/zone",
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": own},
        }
        pod: Any = {
            "serviceAccountName": args.service_account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "priorityClassName": "freehold-standard",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": [spread],
            "containers": [container],
            "volumes": [
                {"name": "page", "configMap": {"name": page.metadata.name}},
                {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
            ],
        }
        body: Any = {
            "replicas": 2,
            "selector": {"matchLabels": own},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        # its pods are meant to be unready while all is well: there is nothing to wait for
        metadata: Any = {
            "name": title,
            "namespace": args.namespace,
            "labels": {**labels, BUDGET_LABEL: title},
            "annotations": {"pulumi.com/skipAwait": "true"},
        }
        Deployment(name, metadata=metadata, spec=body, opts=child)
        # unready pods, the usual state, may always be evicted
        budget: Any = {
            "maxUnavailable": 1,
            "selector": {"matchLabels": own},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        }
        PodDisruptionBudget(
            name, metadata={"name": title, "namespace": args.namespace, "labels": labels}, spec=budget, opts=child
        )
