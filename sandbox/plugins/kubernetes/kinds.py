"""Kinds of Kubernetes objects: how Pulumi's type tokens name them, where they live, what replaces them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_PACKAGE: Final = "kubernetes"
_OVERLAYS: Final = frozenset({"helm.sh", "yaml", "kustomize", "apiextensions.k8s.io:CustomResourcePatch"})

_CLUSTER_SCOPED: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"Namespace", "Node", "PersistentVolume", "ComponentStatus"}),
    "admissionregistration.k8s.io": frozenset(
        {
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        }
    ),
    "apiextensions.k8s.io": frozenset({"CustomResourceDefinition"}),
    "apiregistration.k8s.io": frozenset({"APIService"}),
    "certificates.k8s.io": frozenset({"CertificateSigningRequest", "ClusterTrustBundle"}),
    "flowcontrol.apiserver.k8s.io": frozenset({"FlowSchema", "PriorityLevelConfiguration"}),
    "networking.k8s.io": frozenset({"IngressClass", "IPAddress", "ServiceCIDR"}),
    "node.k8s.io": frozenset({"RuntimeClass"}),
    "rbac.authorization.k8s.io": frozenset({"ClusterRole", "ClusterRoleBinding"}),
    "resource.k8s.io": frozenset({"DeviceClass", "DeviceTaintRule", "ResourceSlice"}),
    "scheduling.k8s.io": frozenset({"PriorityClass"}),
    "storage.k8s.io": frozenset({"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"}),
}
"""Built-in kinds that live outside of namespaces, by API group (Kubernetes 1.37's API reference)."""

_BUILT_IN_NAMESPACED_GROUPS: Final = frozenset(
    {"apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "policy"}
)
"""Built-in groups whose kinds are all namespaced."""

_SELECTOR: Final = ("spec.selector",)
_STATEFUL_SET: Final = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_VOLUME_SOURCES: Final = (
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "rbd",
)
_REPLACING: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "ReplicaSet"): _SELECTOR,
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): ("spec.completions", "spec.selector", "spec.template"),
    ("", "PersistentVolume"): tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.dataSource",
        "spec.dataSourceRef",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
    ),
    ("", "ResourceQuota"): ("spec.scopes", "spec.scopeSelector"),
    ("", "Service"): ("spec.clusterIP", "spec.clusterIPs"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}
"""Fields that only a new object can carry, by (group, kind): what the API server's own validation refuses to change,
and what pulumi-kubernetes replaces by its table. Kinds that are missing here are judged by the server at preview."""

_PAYLOAD: Final = ("binaryData", "data", "immutable", "stringData", "type")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as manifests name it."""

    api_version: str
    kind: str

    @property
    def group(self) -> str:
        """API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def built_in(self) -> bool:
        """Whether the kind's scope is known without asking a server."""
        return self.group in _CLUSTER_SCOPED or self.group in _BUILT_IN_NAMESPACED_GROUPS

    @property
    def namespaced(self) -> bool | None:
        """Whether objects live in a namespace; ``None`` for a custom kind, which only the server knows."""
        if not self.built_in:
            return None
        return self.kind not in _CLUSTER_SCOPED.get(self.group, frozenset())

    @property
    def is_secret(self) -> bool:
        """Whether the payload (``data``, ``stringData``) is secret by its nature."""
        return self == Kind("v1", "Secret")

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"


def of(inputs: Mapping[str, Any]) -> Kind:
    """The kind that a resource's inputs name.

    Raises:
        ValueError: ``apiVersion`` or ``kind`` is missing or not known yet.
    """
    api_version, kind = inputs.get("apiVersion"), inputs.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str) or not api_version or not kind:
        raise ValueError(f"apiVersion ({api_version!r}) and kind ({kind!r}) must both be given as plain strings")
    return Kind(api_version.removeprefix("core/"), kind)


def refusal(token: str) -> str | None:
    """Why a type token is not served by this plugin, or ``None`` where it is.

    >>> refusal("kubernetes:core/v1:Namespace") is None
    True
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    group = module.partition("/")[0]
    if package != _PACKAGE or not module or not name:
        return f"type {token!r} is not of the form kubernetes:GROUP/VERSION:KIND"
    if group in _OVERLAYS or f"{group}:{name}" in _OVERLAYS:
        return f"type {token!r} is not one API object: the embedded kubernetes plugin serves API objects only"
    if name.endswith("Patch"):
        return f"type {token!r}: patches of foreign objects are not served by the embedded kubernetes plugin"
    if name.endswith("List"):
        return f"type {token!r}: lists exist for YAML files; declare the single objects"
    return None


def replacing_fields(kind: Kind, old: Mapping[str, Any], *, config_map_mutable: bool, secret_mutable: bool) -> set[str]:
    """Paths whose change needs a new object, for an object whose inputs were ``old`` (another API group does too).

    As with pulumi-kubernetes, the payload of ConfigMaps and Secrets replaces unless the provider is told that they
    are mutable; an object that says ``immutable: true`` is replaced in any case.
    """
    fields = {"kind", "metadata.name", "metadata.namespace", *_REPLACING.get((kind.group, kind.kind), ())}
    mutable = {"ConfigMap": config_map_mutable, "Secret": secret_mutable}.get(kind.kind, True)
    if kind.group == "" and kind.kind in {"ConfigMap", "Secret"}:
        if not mutable or old.get("immutable") is True:
            fields.update(_PAYLOAD)
        fields.add("type")
    return fields
