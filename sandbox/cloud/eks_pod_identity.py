"""EKS: pod identity associations. They are recorded; no agent hands out credentials, since nodes run no containers."""

from __future__ import annotations

from typing import Any, Final

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from sandbox.cloud import eks_surroundings as surroundings
from sandbox.cloud.eks_model import Cluster, Eks, PodIdentity, refuse
from sandbox.cloud.service_store import Operations, Parameters, page

operations: Final = Operations()

_SERVICE: Final = "pods.eks.amazonaws.com"
_SUMMARY: Final = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")
_CHANGEABLE: Final = ("roleArn", "targetRoleArn", "disableSessionTags", "policy")


@operations("CreatePodIdentityAssociation")
def create_pod_identity_association(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Give a service account a role."""
    cluster = backend.active(parameters["clusterName"])
    return {"association": _describe(cluster, associate(backend, cluster, parameters))}


@operations("DescribePodIdentityAssociation")
def describe_pod_identity_association(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One association."""
    return {"association": _describe(*_association(backend, parameters))}


@operations("ListPodIdentityAssociations")
def list_pod_identity_associations(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """A cluster's associations, of all service accounts or of some."""
    cluster = backend.cluster(parameters["clusterName"])
    described = [_describe(cluster, one) for one in cluster.associations.values()]
    for member in ("namespace", "serviceAccount"):
        described = [one for one in described if parameters.get(member) in {None, one[member]}]
    items = ((one["associationId"], {name: one[name] for name in _SUMMARY if name in one}) for one in described)
    return page(items, parameters, "associations")


@operations("UpdatePodIdentityAssociation")
def update_pod_identity_association(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Change the role of an association."""
    cluster, found = _association(backend, parameters)
    if "roleArn" in parameters:
        surroundings.check_role(backend, parameters["roleArn"], _SERVICE)
    found.settings |= {name: parameters[name] for name in _CHANGEABLE if name in parameters}
    found.modified_at = utcnow()
    return {"association": _describe(cluster, found)}


@operations("DeletePodIdentityAssociation")
def delete_pod_identity_association(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Take the role from a service account."""
    cluster, found = _association(backend, parameters)
    if owner := found.settings.get("ownerArn"):
        refuse("InvalidRequest", f"The association {found.id} belongs to {owner} and is deleted with it")
    del cluster.associations[found.id]
    return {"association": _describe(cluster, found)}


def associate(backend: Eks, cluster: Cluster, parameters: Parameters, owner: str | None = None) -> PodIdentity:
    """Record an association; ``owner`` is the add-on that it belongs to.

    Raises:
        Refused: the service account has one, or the role cannot be assumed by the service.
    """
    surroundings.check_role(backend, parameters["roleArn"], _SERVICE)
    namespace, account = parameters["namespace"], parameters["serviceAccount"]
    for one in cluster.associations.values():
        if (one.settings["namespace"], one.settings["serviceAccount"]) == (namespace, account):
            refuse("ResourceInUse", f"Association already exists: {one.id}", clusterName=cluster.name)
    settings = {"namespace": namespace, "serviceAccount": account, "disableSessionTags": False}
    settings |= {name: parameters[name] for name in _CHANGEABLE if name in parameters}
    if owner:
        settings["ownerArn"] = owner
    if "targetRoleArn" in settings:
        settings["externalId"] = f"{backend.region_name}/{backend.account_id}/{mock_random.uuid4()}"
    name = "a-" + mock_random.get_random_string(17, lower_case=True)
    now = utcnow()
    found = PodIdentity(
        id=name,
        arn=backend.arn("podidentityassociation", cluster.name, name),
        settings=settings,
        tags=dict(parameters.get("tags", {})),
        created_at=now,
        modified_at=now,
    )
    cluster.associations[name] = found
    return found


def dissociate(cluster: Cluster, owner: str) -> None:
    """Forget the associations of an add-on."""
    for one in list(cluster.associations.values()):
        if one.settings.get("ownerArn") == owner:
            del cluster.associations[one.id]


def _association(backend: Eks, parameters: Parameters) -> tuple[Cluster, PodIdentity]:
    cluster = backend.cluster(parameters["clusterName"])
    found = cluster.associations.get(parameters["associationId"])
    if found is None:
        refuse("ResourceNotFound", f"No association found with id: {parameters['associationId']}")
    return cluster, found


def _describe(cluster: Cluster, found: PodIdentity) -> dict[str, Any]:
    return {
        "clusterName": cluster.name,
        "associationArn": found.arn,
        "associationId": found.id,
        "tags": found.tags,
        "createdAt": found.created_at,
        "modifiedAt": found.modified_at,
        **found.settings,
    }
