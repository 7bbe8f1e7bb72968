"""What the account knows of its clusters, and how far the data plane is with them.

Every state of a resource that the API tells is asked of the data plane; nothing here claims to be active that is not.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NoReturn

from moto.core.utils import utcnow
from moto.eks.models import EKSBackend
from moto.moto_api._internal import mock_random

from sandbox.cloud.journal import replaying
from sandbox.cloud.service_store import Refused
from sandbox.cluster.access import Grant
from sandbox.cluster.nodes import Node, Taint
from sandbox.cluster.plane import DataPlane, Wanted
from sandbox.settings import Settings

SETTLE_SECONDS: Final = 5.0
"""How long a change of access may wait until the cluster enforces it, before it is answered."""


class Service:
    """What the process has one of: settings and data plane."""

    settings: ClassVar[Settings]
    plane: ClassVar[DataPlane]


def refuse(code: str, message: str, **details: str) -> NoReturn:
    """Answer a request with an error of EKS's model, whose name lacks the ending ``Exception`` here.

    Raises:
        Refused: always.
    """
    raise Refused(f"{code}Exception", message, **details)


@dataclass(slots=True)
class Progress:
    """A change on its way: in ``phase`` until the data plane came to ``generation``."""

    phase: str
    generation: int

    def status(self, key: str) -> str:
        """``ACTIVE``, the phase, or the phase's failure."""
        if replaying() or Service.plane.reached(key, self.generation):
            return "ACTIVE"
        if Service.plane.problem(key) is None:
            return self.phase
        return {"CREATING": "CREATE_FAILED", "DELETING": "DELETE_FAILED"}.get(self.phase, "DEGRADED")


@dataclass(slots=True)
class Update:
    """One update that was asked for; ``resource`` is the node group or add-on, or empty for the cluster itself."""

    kind: str
    parameters: list[dict[str, str]]
    generation: int
    resource: tuple[str, str] = ("", "")
    id: str = field(default_factory=lambda: str(mock_random.uuid4()))
    created_at: datetime.datetime = field(default_factory=utcnow)

    def describe(self, key: str) -> dict[str, Any]:
        """The update as the API tells it."""
        status = "Successful"
        errors: list[dict[str, Any]] = []
        if not Service.plane.reached(key, self.generation):
            problem = Service.plane.problem(key)
            status = "Failed" if problem else "InProgress"
            errors = [{"errorCode": "Unknown", "errorMessage": problem, "resourceIds": []}] if problem else []
        return {
            "id": self.id,
            "status": status,
            "type": self.kind,
            "params": self.parameters,
            "createdAt": self.created_at,
            "errors": errors,
        }


@dataclass(slots=True)
class Instance:
    """One instance of a node group, as far as the cluster sees it."""

    id: str
    address: str
    subnet: str
    zone: str


@dataclass(slots=True)
class Nodegroup:
    """A managed node group. ``settings`` are the API's members as they were asked for, defaults filled in."""

    name: str
    arn: str
    uid: str
    settings: dict[str, Any]
    created_at: datetime.datetime
    modified_at: datetime.datetime
    tags: dict[str, str]
    progress: Progress
    architecture: str
    cpus: int
    memory: int
    pods: int
    instances: list[Instance] = field(default_factory=list)

    @property
    def instance_type(self) -> str:
        """The type its nodes say they have."""
        return str(self.settings["nodeInstanceType"])

    def nodes(self, region: str) -> list[Node]:
        """Its nodes in the cluster; none once it is being deleted."""
        if self.progress.phase == "DELETING":
            return []
        domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
        labels = {
            **self.settings["labels"],
            "eks.amazonaws.com/capacityType": self.settings["capacityType"],
            "eks.amazonaws.com/nodegroup-image": self.settings["image"],
        }
        taints = tuple(Taint(one["key"], one.get("value", ""), one["effect"]) for one in self.settings["taints"])
        return [
            Node(
                name=f"ip-{instance.address.replace('.', '-')}.{domain}",
                group=self.name,
                address=instance.address,
                zone=instance.zone,
                provider_id=f"aws:///{instance.zone}/{instance.id}",
                instance_type=self.instance_type,
                architecture=self.architecture,
                cpus=self.cpus,
                memory=self.memory,
                pods=self.pods,
                version=self.settings["version"],
                labels=tuple(sorted(labels.items())),
                taints=taints,
            )
            for instance in self.instances
        ]


@dataclass(slots=True)
class Association:
    """An access policy of an access entry; no ``namespaces`` is the whole cluster."""

    policy: str
    namespaces: list[str]
    created_at: datetime.datetime
    modified_at: datetime.datetime


@dataclass(slots=True)
class AccessEntry:
    """Who may come in as whom."""

    principal: str
    arn: str
    kind: str
    username: str
    groups: list[str]
    tags: dict[str, str]
    created_at: datetime.datetime
    modified_at: datetime.datetime
    policies: dict[str, Association] = field(default_factory=dict)


@dataclass(slots=True)
class Addon:
    """An add-on, recorded: nothing of it runs, since the nodes run no containers."""

    name: str
    arn: str
    version: str
    settings: dict[str, Any]
    tags: dict[str, str]
    created_at: datetime.datetime
    modified_at: datetime.datetime
    progress: Progress


@dataclass(slots=True)
class PodIdentity:
    """Which role a service account's pods would get."""

    id: str
    arn: str
    settings: dict[str, Any]
    tags: dict[str, str]
    created_at: datetime.datetime
    modified_at: datetime.datetime


@dataclass(slots=True)
class Cluster:
    """One cluster. ``settings`` are the API's members as they were asked for, defaults filled in."""

    name: str
    arn: str
    uid: str
    region: str
    settings: dict[str, Any]
    created_at: datetime.datetime
    tags: dict[str, str]
    phase: str = "CREATING"
    nodegroups: dict[str, Nodegroup] = field(default_factory=dict)
    entries: dict[str, AccessEntry] = field(default_factory=dict)
    addons: dict[str, Addon] = field(default_factory=dict)
    associations: dict[str, PodIdentity] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name in the data plane: the same at every replay, never used twice."""
        return self.uid[:12].lower()

    @property
    def issuer(self) -> str:
        """Issuer of its service-account tokens."""
        return f"https://oidc.eks.{self.region}.amazonaws.com/id/{self.uid}"

    @property
    def version(self) -> str:
        """The Kubernetes version that was asked for."""
        return str(self.settings["version"])

    @property
    def status(self) -> str:
        """As the API tells it."""
        if self.phase == "DELETING" or replaying():
            return "DELETING" if self.phase == "DELETING" else "ACTIVE"
        if Service.plane.serves(self.key):
            return "ACTIVE"
        return "FAILED" if Service.plane.problem(self.key) else self.phase

    @property
    def accepts_entries(self) -> bool:
        """Whether its authentication mode knows access entries."""
        mode: str = self.settings["accessConfig"]["authenticationMode"]
        return mode != "CONFIG_MAP"

    def wanted(self) -> Wanted:
        """What the data plane shall make of it."""
        grants = [
            Grant(entry.principal, association.policy, tuple(association.namespaces))
            for entry in self.entries.values()
            for association in entry.policies.values()
        ]
        return Wanted(
            key=self.key,
            issuer=self.issuer,
            service_cidr=self.settings["kubernetesNetworkConfig"]["serviceIpv4Cidr"],
            webhook=f"{Service.settings.cloud_url}/_sandbox/eks/{self.key}/token-review",
            grants=tuple(grants),
            nodes=tuple(node for group in self.nodegroups.values() for node in group.nodes(self.region)),
        )

    def submit(self) -> int:
        """Hand it to the data plane; returns the number of the wish (0 while the journal is replayed)."""
        return 0 if replaying() else Service.plane.submit(self.wanted())

    def submit_access(self) -> None:
        """Hand it to the data plane and wait until changed access is enforced, but not long."""
        if (generation := self.submit()) and Service.plane.serves(self.key):
            Service.plane.settle(self.key, generation, SETTLE_SECONDS)

    def add_update(self, kind: str, parameters: dict[str, Any], generation: int, *resource: str) -> dict[str, Any]:
        """Record an update, and tell it as the API does."""
        listed = [{"type": name, "value": str(value)} for name, value in parameters.items() if value is not None]
        update = Update(kind, listed, generation, (resource[0], resource[1]) if resource else ("", ""))
        self.updates[update.id] = update
        return update.describe(self.key)


class Eks(EKSBackend):
    """The clusters of one account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.found: dict[str, Cluster] = {}

    def prune(self) -> None:
        """Forget what the data plane has finished deleting."""
        for cluster in list(self.found.values()):
            if cluster.phase == "DELETING" and (replaying() or Service.plane.gone(cluster.key)):
                del self.found[cluster.name]
                continue
            for group in list(cluster.nodegroups.values()):
                if group.progress.phase == "DELETING" and group.progress.status(cluster.key) == "ACTIVE":
                    del cluster.nodegroups[group.name]

    def cluster(self, name: str) -> Cluster:
        """A cluster by its name.

        Raises:
            Refused: there is none.
        """
        self.prune()
        if name not in self.found:
            refuse("ResourceNotFound", f"No cluster found for name: {name}.", clusterName=name)
        return self.found[name]

    def active(self, name: str) -> Cluster:
        """A cluster that can be worked on.

        Raises:
            Refused: there is none, or it is not active.
        """
        cluster = self.cluster(name)
        if cluster.status != "ACTIVE":
            refuse("InvalidRequest", f"Cluster '{name}' is not in ACTIVE status", clusterName=name)
        return cluster

    def arn(self, kind: str, *parts: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{self.partition}:eks:{self.region_name}:{self.account_id}:{kind}/{'/'.join(parts)}"
