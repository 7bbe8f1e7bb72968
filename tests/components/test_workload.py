"""An application with everything around it, as the program would register it."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from components.fallback import PROBE
from tests.components.conftest import example
from tests.components.recording import Recording, record

HOST = "111111111111.dkr.ecr.eu-central-1.amazonaws.com"
WEB = {
    "namespace": "shop",
    "image": f"{HOST}/acme-dev/shop@sha256:{'a' * 64}",
    "secrets": ["web", "smtp/relay"],
    "env": {"LOG_LEVEL": "info"},
}
PAGE = {"fallback_image": f"{HOST}/acme-dev/page@sha256:{'b' * 64}"}


def recorded(**more: Any) -> Recording:
    """``acme-dev`` with a workload."""
    return record(example() | {"workloads": {"web": WEB | more}})


@pytest.fixture(scope="module")
def plain() -> Recording:
    """Without a page."""
    return recorded()


@pytest.fixture(scope="module")
def covered() -> Recording:
    """With one."""
    return recorded(**PAGE)


def services(found: Recording) -> dict[str, Any]:
    return {one.inputs["metadata"]["name"]: one.inputs["spec"] for one in found.of("core/v1:Service")}


def templates(found: Recording) -> dict[str, Any]:
    return {one.inputs["metadata"]["name"]: one.inputs["spec"]["template"] for one in found.of("apps/v1:Deployment")}


def selects(selector: Mapping[str, str], template: Any) -> bool:
    return bool(selector.items() <= template["metadata"]["labels"].items())


def test_pods_are_restricted_and_bounded(covered: Recording) -> None:
    assert set(templates(covered)) == {"web", "web-fallback"}
    for template in templates(covered).values():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert {"app.kubernetes.io/name", "app.kubernetes.io/part-of"} <= set(template["metadata"]["labels"])


def test_a_stopping_pod_has_time_to_finish_its_longest_request(plain: Recording) -> None:
    spec = templates(plain)["web"]["spec"]
    drain = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > drain + 30


def test_pods_spread_over_zones_and_nodes_and_a_budget_guards_them(plain: Recording) -> None:
    template = templates(plain)["web"]
    constraints = template["spec"]["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in constraints} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    (budget,) = plain.of("policy/v1:PodDisruptionBudget")
    assert selects(budget.inputs["spec"]["selector"]["matchLabels"], template)
    (deployment,) = plain.of("apps/v1:Deployment")
    assert (
        deployment.inputs["metadata"]["labels"]["freehold.dev/disruption-budget"] == (budget.inputs["metadata"]["name"])
    )


def test_the_autoscaler_holds_what_the_deployment_starts_with(plain: Recording) -> None:
    (scaler,) = plain.of("autoscaling/v2:HorizontalPodAutoscaler")
    (deployment,) = plain.of("apps/v1:Deployment")
    assert scaler.inputs["spec"]["scaleTargetRef"]["name"] == deployment.inputs["metadata"]["name"]
    assert scaler.inputs["spec"]["minReplicas"] == deployment.inputs["spec"]["replicas"] == 2
    assert {one["resource"]["name"] for one in scaler.inputs["spec"]["metrics"]} == {"cpu", "memory"}


def test_secrets_are_names_in_vault_and_no_kubernetes_secret_is_made(plain: Recording) -> None:
    (settings,) = plain.of("core/v1:ConfigMap")
    assert settings.inputs["data"]["FREEHOLD_VAULT_SECRETS"] == "shop/web,shop/smtp/relay"
    assert settings.inputs["data"]["LOG_LEVEL"] == "info"
    assert not plain.of("core/v1:Secret")


def test_callers_reach_the_application_and_the_page_and_the_probe_asks_the_application_alone(
    covered: Recording,
) -> None:
    found, pods = services(covered), templates(covered)
    assert selects(found["web"]["selector"], pods["web"])
    assert selects(found["web"]["selector"], pods["web-fallback"])
    assert selects(found["web-app"]["selector"], pods["web"])
    assert not selects(found["web-app"]["selector"], pods["web-fallback"])
    (container,) = pods["web-fallback"]["spec"]["containers"]
    assert {"name": "APPLICATION", "value": "http://web-app:80/readyz"} in container["env"]


def test_maintenance_leaves_the_page_alone_in_the_service() -> None:
    found = recorded(**PAGE, maintenance=True)
    selector = services(found)["web"]["selector"]
    assert selects(selector, templates(found)["web-fallback"])
    assert not selects(selector, templates(found)["web"])
    (container,) = templates(found)["web-fallback"]["spec"]["containers"]
    assert {"name": "MAINTENANCE", "value": "true"} in container["env"]


def test_without_a_page_the_service_selects_the_application(plain: Recording) -> None:
    assert set(templates(plain)) == {"web"}
    assert selects(services(plain)["web"]["selector"], templates(plain)["web"])


@pytest.mark.skipif(shutil.which("wget") is None, reason="the probe is a shell command that calls wget")
@pytest.mark.parametrize(
    ("status", "maintenance", "ready"),
    [(200, False, False), (503, False, True), (None, False, True), (200, True, True)],
)
def test_the_page_is_ready_only_while_the_application_is_not(
    status: int | None, maintenance: bool, ready: bool
) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status or 500)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = {
        "PATH": os.environ["PATH"],
        "APPLICATION": f"http://127.0.0.1:{server.server_port}/",
        "MAINTENANCE": str(maintenance).lower(),
    }
    if status is None:
        server.shutdown()
        server.server_close()
    try:
        done = subprocess.run(["sh", "-c", PROBE], env=env, check=False, timeout=30)
    finally:
        if status is not None:
            server.shutdown()
            server.server_close()
    assert (done.returncode == 0) is ready
