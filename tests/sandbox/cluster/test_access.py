"""Access entries and access policies, enforced by the cluster."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import PROVISION_ROLE
from tests.sandbox.cluster.conftest import ACME, POLICY, UNKNOWN, Account, Cluster, Kubectl, eventually

NUMBERS = itertools.count()


class Person:
    """Somebody with a role in the client's account."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.cluster = cluster
        self.directory = directory
        self.arn = cluster.account.person(f"person-{next(NUMBERS)}")

    def admit(self, **settings: Any) -> None:
        """Give this person an access entry."""
        self.cluster.eks.create_access_entry(clusterName=self.cluster.name, principalArn=self.arn, **settings)

    def give(self, policy: str, *namespaces: str) -> None:
        """Give this person a policy."""
        scope = {"type": "namespace", "namespaces": list(namespaces)} if namespaces else {"type": "cluster"}
        self.cluster.eks.associate_access_policy(
            clusterName=self.cluster.name, principalArn=self.arn, policyArn=POLICY + policy, accessScope=scope
        )

    def take(self, policy: str) -> None:
        """Take a policy from this person."""
        self.cluster.eks.disassociate_access_policy(
            clusterName=self.cluster.name, principalArn=self.arn, policyArn=POLICY + policy
        )

    def kubectl(self) -> Kubectl:
        """``kubectl`` with a fresh token of this person, which the API server has not seen before."""
        session = self.cluster.account.session(self.arn, "carol")
        return self.cluster.as_user(self.directory, self.cluster.token(session))


@pytest.fixture
def person(main: Cluster, tmp_path: Path) -> Person:
    """Somebody without access."""
    return Person(main, tmp_path)


def can(kubectl: Kubectl, *question: str) -> bool:
    """Ask the cluster itself whether something is allowed."""
    return kubectl.run("auth", "can-i", *question).out.strip() == "yes"


def test_a_policy_counts_in_its_namespaces_only(person: Person, namespaces: Callable[[], str]) -> None:
    inside, outside = namespaces(), namespaces()
    person.admit()
    person.give("AmazonEKSEditPolicy", inside)
    kubectl = person.kubectl()
    kubectl.ok("-n", inside, "get", "pods")
    kubectl.ok("-n", inside, "create", "configmap", "mine")
    assert "Forbidden" in kubectl.refused("-n", outside, "get", "pods")
    assert "Forbidden" in kubectl.refused("get", "nodes")


def test_a_policy_reaches_namespaces_that_come_later(
    person: Person, admin: Kubectl, namespaces: Callable[[], str]
) -> None:
    person.admit()
    person.give("AmazonEKSViewPolicy", "test-*")
    kubectl = person.kubectl()
    assert not can(kubectl, "list", "pods", "-n", "kube-system")
    later = namespaces()
    eventually(lambda: can(kubectl, "list", "pods", "-n", later), bool, 20)


@pytest.mark.parametrize(
    ("policy", "may", "may_not"),
    [
        ("AmazonEKSViewPolicy", ["list pods"], ["get secrets", "create pods", "list nodes"]),
        ("AmazonEKSEditPolicy", ["get secrets", "create pods"], ["create roles", "list nodes"]),
        ("AmazonEKSAdminPolicy", ["create roles.rbac.authorization.k8s.io"], ["list nodes", "create namespaces"]),
        ("AmazonEKSAdminViewPolicy", ["get secrets", "list nodes"], ["create pods", "delete secrets"]),
        ("AmazonEKSClusterAdminPolicy", ["delete nodes", "create namespaces", "* *"], []),
    ],
)
def test_every_policy_allows_what_it_says(person: Person, policy: str, may: list[str], may_not: list[str]) -> None:
    person.admit()
    assert not can(person.kubectl(), "list", "pods")
    person.give(policy)
    kubectl = person.kubectl()
    assert [one for one in may if not can(kubectl, *one.split())] == []
    assert [one for one in may_not if can(kubectl, *one.split())] == []
    person.take(policy)
    assert [one for one in may if can(kubectl, *one.split())] == []


def test_groups_and_user_name_of_an_entry_are_the_clusters(person: Person, admin: Kubectl) -> None:
    person.admit(kubernetesGroups=["auditors"], username="audit:{{SessionName}}")
    admin.ok("create", "clusterrolebinding", "auditors", "--clusterrole=view", "--group=auditors")
    kubectl = person.kubectl()
    assert kubectl.json("auth", "whoami")["status"]["userInfo"]["username"] == "audit:carol"
    assert can(kubectl, "list", "pods", "-A")
    person.cluster.eks.update_access_entry(
        clusterName=person.cluster.name, principalArn=person.arn, kubernetesGroups=[]
    )
    fresh = person.kubectl()
    assert not can(fresh, "list", "pods", "-A")
    assert "/carol" in fresh.json("auth", "whoami")["status"]["userInfo"]["username"]


def test_a_deleted_entry_lets_nobody_in(person: Person) -> None:
    person.admit()
    person.give("AmazonEKSViewPolicy")
    person.kubectl().ok("get", "pods")
    person.cluster.eks.delete_access_entry(clusterName=person.cluster.name, principalArn=person.arn)
    assert UNKNOWN in person.kubectl().refused("get", "--raw=/api/v1/pods")
    person.admit()
    assert "Forbidden" in person.kubectl().refused("get", "pods")


def test_entries_are_described_and_listed(person: Person) -> None:
    eks, name = person.cluster.eks, person.cluster.name
    person.admit(tags={"team": "audit"})
    person.give("AmazonEKSViewPolicy", "default")
    person.give("AmazonEKSViewPolicy", "default", "kube-public")
    entry = eks.describe_access_entry(clusterName=name, principalArn=person.arn)["accessEntry"]
    assert (entry["type"], entry["tags"]) == ("STANDARD", {"team": "audit"})
    associated = eks.list_associated_access_policies(clusterName=name, principalArn=person.arn)
    policies = [(one["policyArn"], one["accessScope"]) for one in associated["associatedAccessPolicies"]]
    scope = {"type": "namespace", "namespaces": ["default", "kube-public"]}
    assert policies == [(POLICY + "AmazonEKSViewPolicy", scope)]
    listed = eks.list_access_entries(clusterName=name, associatedPolicyArn=POLICY + "AmazonEKSViewPolicy")
    assert person.arn in listed["accessEntries"]
    assert f"arn:aws:iam::{ACME}:role/{PROVISION_ROLE}" not in listed["accessEntries"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "ResourceInUseException"),
        ({"principalArn": f"arn:aws:iam::{ACME}:role/nobody"}, "InvalidParameterException"),
        ({"principalArn": f"arn:aws:sts::{ACME}:assumed-role/a/b"}, "InvalidParameterException"),
        ({"kubernetesGroups": ["system:masters"], "principalArn": "NEW"}, "InvalidParameterException"),
        ({"kubernetesGroups": ["eks:principal:x"], "principalArn": "NEW"}, "InvalidParameterException"),
        ({"username": "system:admin", "principalArn": "NEW"}, "InvalidParameterException"),
        ({"type": "SUPERUSER", "principalArn": "NEW"}, "InvalidParameterException"),
        ({"clusterName": "none"}, "ResourceNotFoundException"),
    ],
)
def test_entries_that_eks_refuses(main: Cluster, acme: Account, change: dict[str, Any], code: str) -> None:
    wanted = {"clusterName": main.name, "principalArn": f"arn:aws:iam::{ACME}:role/{PROVISION_ROLE}", **change}
    if wanted["principalArn"] == "NEW":
        wanted["principalArn"] = acme.person(f"person-{next(NUMBERS)}")
    before = main.eks.list_access_entries(clusterName=main.name)["accessEntries"]
    with pytest.raises(ClientError) as refused:
        main.eks.create_access_entry(**wanted)
    assert refused.value.response["Error"]["Code"] == code
    assert main.eks.list_access_entries(clusterName=main.name)["accessEntries"] == before


@pytest.mark.parametrize(
    ("policy", "scope", "words"),
    [
        ("AmazonEKSNothingPolicy", {"type": "cluster"}, "AmazonEKSNothingPolicy"),
        ("AmazonEKSViewPolicy", {"type": "namespace"}, "namespaces"),
        ("AmazonEKSViewPolicy", {"type": "cluster", "namespaces": ["a"]}, "namespaces"),
        ("AmazonEKSViewPolicy", {"type": "namespace", "namespaces": ["No Name"]}, "No Name"),
    ],
)
def test_associations_that_eks_refuses(person: Person, policy: str, scope: dict[str, Any], words: str) -> None:
    person.admit()
    with pytest.raises(ClientError, match=words) as refused:
        person.cluster.eks.associate_access_policy(
            clusterName=person.cluster.name, principalArn=person.arn, policyArn=POLICY + policy, accessScope=scope
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
