"""What every namespace starts from."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from components.pod_networks import METADATA, reach
from stacks.spec import load
from tests.components.conftest import example
from tests.components.recording import Recording, record


def policies(environment: Recording, namespace: str) -> dict[str, Any]:
    return {
        found.inputs["metadata"]["name"]: found.inputs["spec"]
        for found in environment.of("v1:NetworkPolicy")
        if found.inputs["metadata"]["namespace"] == namespace
    }


def test_namespaces_are_restricted_at_the_clusters_version(environment: Recording) -> None:
    namespaces = environment.of("core/v1:Namespace")
    assert [found.inputs["metadata"]["name"] for found in namespaces] == environment.outputs["cluster"]["namespaces"]
    for namespace in namespaces:
        labels = namespace.inputs["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
            assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "v1.35"


def test_every_namespace_is_closed_but_for_dns(environment: Recording) -> None:
    for namespace in environment.outputs["cluster"]["namespaces"]:
        found = policies(environment, namespace)
        assert found["closed"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        (rule,) = found["dns"]["egress"]
        assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
        assert found["dns"]["policyTypes"] == ["Egress"]


def test_every_namespace_has_a_quota_limits_and_an_account_without_a_mounted_token(environment: Recording) -> None:
    names = set(environment.outputs["cluster"]["namespaces"])
    for kind in ("core/v1:ResourceQuota", "core/v1:LimitRange", "core/v1:ServiceAccount"):
        assert {found.inputs["metadata"]["namespace"] for found in environment.of(kind)} - {"default"} == names
    assert all(found.inputs["automountServiceAccountToken"] is False for found in environment.of("v1:ServiceAccount"))


def test_only_application_accounts_review_tokens(environment: Recording) -> None:
    bindings = environment.of("v1:ClusterRoleBinding")
    reviewers = [found for found in bindings if found.inputs["roleRef"]["name"] == "system:auth-delegator"]
    assert len(reviewers) == len(environment.outputs["cluster"]["namespaces"])
    for binding in reviewers:
        (subject,) = binding.inputs["subjects"]
        assert subject["kind"] == "ServiceAccount"
        assert subject["namespace"] in environment.outputs["cluster"]["namespaces"]


def test_default_accounts_are_taken_over_by_a_provider_that_may(environment: Recording) -> None:
    accounts = [found for found in environment.of("v1:ServiceAccount") if found.inputs["metadata"]["name"] == "default"]
    namespaces = {found.inputs["metadata"]["namespace"] for found in accounts}
    assert namespaces == {"default", *environment.outputs["cluster"]["namespaces"]}
    for account in environment.of("v1:ServiceAccount"):
        assert ("::kubernetes-adopting::" in account.provider) == (account in accounts)


def test_ways_out_lead_to_named_ranges_and_never_to_the_metadata_service(environment: Recording) -> None:
    for namespace in environment.outputs["cluster"]["namespaces"]:
        blocks = [
            (block["ipBlock"], [port["port"] for port in rule["ports"]])
            for spec in policies(environment, namespace).values()
            for rule in spec.get("egress", [])
            for block in rule["to"]
            if "ipBlock" in block
        ]
        assert blocks
        for block, ports in blocks:
            assert ports
            opened = ip_network(block["cidr"])
            assert str(opened) == "169.254.170.23/32" or not opened.overlaps(ip_network(METADATA[0]))
        assert "internet" not in policies(environment, namespace)


def test_the_internet_is_public_addresses_by_https_and_only_where_asked_for() -> None:
    description: dict[str, Any] = example()
    namespaces = {"shop": {"internet": True}, "back": {}}
    found = record(description | {"cluster": description["cluster"] | {"namespaces": namespaces}})
    (rule,) = policies(found, "shop")["internet"]["egress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    (block,) = rule["to"]
    closed = [ip_network(part) for part in block["ipBlock"]["except"]]
    for private in ("10.0.0.1/32", "172.31.0.1/32", "192.168.1.1/32", "100.64.0.1/32", "169.254.169.254/32"):
        assert any(ip_network(private).subnet_of(part) for part in closed)  # type: ignore[arg-type]  # all IPv4
    assert "internet" not in policies(found, "back")


def test_vault_is_reached_at_its_address_or_in_private_ranges() -> None:
    description = example()
    named = reach(load(description | {"vault": {"namespace": "a", "address": "https://vault.example.com:8300"}}))
    assert (named.vault_port, "10.0.0.0/8" in named.vault, "0.0.0.0/0" in named.vault) == (8300, True, False)
    numbered = reach(load(description | {"vault": {"namespace": "a", "address": "https://10.9.8.7"}}))
    assert (numbered.vault_port, numbered.vault) == (443, ["10.9.8.7/32"])


def test_no_service_opens_nodes_or_load_balancers(environment: Recording) -> None:
    for quota in environment.of("v1:ResourceQuota"):
        hard = quota.inputs["spec"]["hard"]
        if quota.inputs["metadata"]["namespace"] == "default":
            assert hard == {"pods": "0"}
        else:
            assert hard["services.nodeports"] == hard["services.loadbalancers"] == "0"


def test_admission_is_stricter_in_production(dev: Recording, prod: Recording) -> None:
    def actions(found: Recording) -> dict[str, list[str]]:
        bindings = found.of("v1:ValidatingAdmissionPolicyBinding")
        return {binding.name: binding.inputs["spec"]["validationActions"] for binding in bindings}

    assert {name for name, found in actions(dev).items() if found[0] == "Warn"} == {"digests"}
    assert all(found[0] == "Deny" for found in actions(prod).values())
    assert set(actions(prod)) - set(actions(dev)) == {"replicas", "disruption-budget"}


def test_policies_that_cannot_be_evaluated_refuse(environment: Recording) -> None:
    for policy in environment.of("v1:ValidatingAdmissionPolicy"):
        assert policy.inputs["spec"]["failurePolicy"] == "Fail"
