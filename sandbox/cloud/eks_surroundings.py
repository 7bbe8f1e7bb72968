"""What a request for a cluster or node group refers to elsewhere in the account: subnets, roles, keys, templates."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.kms.models import kms_backends

from sandbox.cloud import identity
from sandbox.cloud.eks_model import Eks, refuse


@dataclass(frozen=True, slots=True)
class Machine:
    """What an instance type offers a node. ``memory`` is in MiB."""

    architecture: str
    cpus: int
    memory: int
    pods: int


def ec2(backend: Eks) -> Any:
    """EC2 of the same account and region."""
    return ec2_backends[backend.account_id][backend.region_name]


def subnets(backend: Eks, ids: Sequence[str]) -> list[Any]:
    """Subnets by their ids.

    Raises:
        Refused: one does not exist, or they are of several VPCs.
    """
    known = {subnet.id: subnet for subnet in ec2(backend).describe_subnets()}
    if missing := [one for one in ids if one not in known]:
        refuse("InvalidParameter", f"The subnet ID '{missing[0]}' does not exist")
    found = [known[one] for one in ids]
    if len({subnet.vpc_id for subnet in found}) > 1:
        refuse("InvalidParameter", f"The subnets {', '.join(ids)} are not in the same VPC")
    return found


def check_security_groups(backend: Eks, ids: Collection[str], vpc: str) -> None:
    """Refuse security groups that the VPC does not have.

    Raises:
        Refused: one does not exist there.
    """
    for one in ids:
        group = ec2(backend).get_security_group_from_id(one)
        if group is None or group.vpc_id != vpc:
            refuse("InvalidParameter", f"The security group '{one}' does not exist in VPC '{vpc}'")


def check_role(backend: Eks, arn: str, service: str) -> None:
    """Refuse a role that does not exist, or that does not trust the service which shall assume it.

    Raises:
        Refused: so it is.
    """
    role = next((role for role in identity.roles(backend.account_id) if role.arn == arn), None)
    if role is None or service not in _trusted(role):
        refuse(
            "InvalidParameter",
            f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not "
            f"correct: {service} must be a service that its trust policy names",
        )


def check_key(backend: Eks, arn: str) -> None:
    """Refuse a KMS key that does not exist in the cluster's region.

    Raises:
        Refused: so it is.
    """
    parts = arn.split(":")
    known = len(parts) == 6 and parts[3] == backend.region_name
    if not known or parts[5].removeprefix("key/") not in kms_backends[parts[4]][parts[3]].keys:
        refuse("InvalidParameter", f"The keyArn in encryptionConfig provider, {arn}, is not a key of this region")


def create_cluster_group(backend: Eks, cluster: str, uid: str, vpc: str) -> str:
    """The security group that the control plane and the nodes of a cluster share; returns its id."""
    name = f"eks-cluster-sg-{cluster}-{uid[:10].lower()}"
    tags = {"Name": name, f"kubernetes.io/cluster/{cluster}": "owned", "aws:eks:cluster-name": cluster}
    text = (
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
        "as well as any managed workloads."
    )
    group = ec2(backend).create_security_group(name, text, vpc, tags=tags)
    ec2(backend).authorize_security_group_ingress(
        group.id, "-1", None, None, [], source_groups=[{"GroupId": group.id}], vpc_id=vpc
    )
    return str(group.id)


def delete_cluster_group(backend: Eks, group: str) -> None:
    """Take the shared security group away again, unless somebody did."""
    if ec2(backend).get_security_group_from_id(group) is not None:
        ec2(backend).delete_security_group(group_id=group)


def machine(instance_type: str) -> Machine:
    """What an instance type offers; pods by the number of addresses its network interfaces take.

    Raises:
        Refused: EC2 has no such type.
    """
    if instance_type not in INSTANCE_TYPES:
        refuse("InvalidParameter", f"The following supplied instance types do not exist: [{instance_type}]")
    found: dict[str, Any] = INSTANCE_TYPES[instance_type]
    architectures = found["ProcessorInfo"]["SupportedArchitectures"]
    network = found["NetworkInfo"]
    interfaces, addresses = network["MaximumNetworkInterfaces"], network["Ipv4AddressesPerInterface"]
    cpus: int = found["VCpuInfo"]["DefaultVCpus"]
    return Machine(
        architecture="arm64" if "arm64" in architectures else "amd64",
        cpus=cpus,
        memory=found["MemoryInfo"]["SizeInMiB"],
        pods=min(interfaces * (addresses - 1) + 2, 110 if cpus < 30 else 250),
    )


def launch_template(backend: Eks, asked: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """A launch template as the API tells it (id, name, version), and that version's data.

    Raises:
        Refused: it does not exist, or is not named by exactly one of id and name.
    """
    if ("id" in asked) == ("name" in asked):
        refuse("InvalidParameter", "launchTemplate: exactly one of id and name must be given")
    templates = list(ec2(backend).launch_templates.values())
    found = next((one for one in templates if asked.get("id") == one.id or asked.get("name") == one.name), None)
    if found is None:
        refuse("InvalidParameter", f"launchTemplate: {asked.get('id') or asked.get('name')} does not exist")
    version = asked.get("version", "$Default")
    numbers = {str(one.number): one for one in found.versions}
    numbers |= {"$Default": found.default_version(), "$Latest": found.latest_version()}
    if version not in numbers:
        refuse("InvalidParameter", f"launchTemplate: {found.id} has no version {version!r}")
    chosen = numbers[version]
    return {"id": found.id, "name": found.name, "version": str(chosen.number)}, dict(chosen.data)


def _trusted(role: Any) -> set[str]:
    """The services that a role's trust policy names."""
    document = role.assume_role_policy_document
    policy: dict[str, Any] = document if isinstance(document, dict) else json.loads(document)
    statements = policy.get("Statement", [])
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement.get("Effect") == "Allow":
            found |= {services} if isinstance(services, str) else set(services)
    return found
