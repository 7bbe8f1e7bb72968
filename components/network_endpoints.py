"""Private ways to AWS services: interface endpoints, and gateways for S3 and DynamoDB.

Each admits principals of the client's account only, and, where the service tells whose a resource is, resources of
that account only: no stolen or brought-along credentials carry data into a foreign account through them (AWS,
*Building a data perimeter on AWS*, «VPC endpoint policies»).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
from pulumi_aws.ec2 import SecurityGroup, VpcEndpoint
from pulumi_aws.vpc import SecurityGroupIngressRule

from components.documents import Statement, allow, policy
from components.naming import Scope
from stacks.spec.network import NetworkSpec

ESSENTIAL: Final = (
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "kms",
    "logs",
    "secretsmanager",
    "sts",
)
"""Services without which a node of a private cluster does not start, or a pod gets no credentials (Amazon EKS User
Guide, *Deploy private clusters with limited internet access*)."""

FURTHER: Final = (
    "autoscaling",
    "backup",
    "ec2messages",
    "elasticloadbalancing",
    "events",
    "guardduty-data",
    "monitoring",
    "rds",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
)
"""What else an environment, its operators and its threat detection call."""

BEDROCK: Final = "bedrock-runtime"

FOREIGN: Final[Mapping[str, str]] = {
    BEDROCK: "foundation models belong to AWS",
    "ec2": "some actions name resources of AWS or of nobody, such as CreateVolume and CopySnapshot of public ones",
    "ec2messages": "its messages belong to no account",
    "ecr.api": "images of EKS add-ons lie in accounts of AWS",
    "ecr.dkr": "images of EKS add-ons lie in accounts of AWS",
    "guardduty-data": "what the agent finds goes to the service's own account",
    "ssm": "documents and parameters that AWS publishes belong to AWS",
    "ssmmessages": "its channels belong to no account",
}
"""Services whose endpoints cannot be held to resources of the client's account, and why (AWS Service Authorization
Reference; IAM User Guide, *AWS global condition context keys*, ``aws:ResourceAccount``). Principals are held to the
account all the same."""

HTTPS: Final = 443


def services(spec: NetworkSpec, *, production: bool) -> tuple[str, ...]:
    """The services that get an interface endpoint."""
    chosen = spec.endpoints or ("none" if spec.existing else "all" if production else "essential")
    named = {"none": (), "essential": ESSENTIAL, "all": ESSENTIAL + FURTHER}[chosen]
    return (*named, BEDROCK) if spec.bedrock else named


def network_endpoints(
    scope: Scope,
    spec: NetworkSpec,
    *,
    vpc_id: pulumi.Input[str],
    subnets: Sequence[pulumi.Input[str]],
    tables: Sequence[pulumi.Input[str]],
    parent: pulumi.Resource,
) -> None:
    """Endpoints of an environment's services.

    Args:
        scope: the environment.
        spec: the network's description, which says of which services.
        vpc_id: the network.
        subnets: the private subnets, one a zone.
        tables: route tables from which S3 and DynamoDB are reached.
        parent: what the endpoints belong to.
    """
    wanted = services(spec, production=scope.production)
    if not wanted:
        return
    child = pulumi.ResourceOptions(parent=parent)
    group = SecurityGroup(
        "endpoints",
        name=scope.named("endpoints"),
        description="HTTPS from the VPC to AWS service endpoints",
        vpc_id=vpc_id,
        tags=scope.tags("network", "endpoints"),
        opts=child,
    )
    SecurityGroupIngressRule(
        "endpoints-https",
        security_group_id=group.id,
        description="HTTPS from the VPC",
        cidr_ipv4=spec.address_range,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        tags=scope.tags("network", "endpoints", "https"),
        opts=child,
    )
    for service in wanted:
        label = service.replace(".", "-")
        VpcEndpoint(
            label,
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{scope.region}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=list(subnets),
            security_group_ids=[group.id],
            private_dns_enabled=True,
            policy=policy(_own(scope, foreign=service in FOREIGN)),
            tags=scope.tags("network", "endpoint", label),
            opts=child,
        )
    for service, statements in _gateways(scope).items():
        VpcEndpoint(
            service,
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{scope.region}.{service}",
            vpc_endpoint_type="Gateway",
            route_table_ids=list(tables),
            policy=policy(*statements),
            tags=scope.tags("network", "endpoint", service),
            opts=child,
        )


def _own(scope: Scope, *, foreign: bool = False, actions: Sequence[str] = ("*",)) -> Statement:
    owner = {} if foreign else {"aws:ResourceAccount": scope.account_id}
    condition = {"StringEquals": {"aws:PrincipalAccount": scope.account_id, **owner}}
    return allow("OwnAccount", actions, "*", Principal={"AWS": "*"}, Condition=condition)


def _gateways(scope: Scope) -> Mapping[str, Sequence[Statement]]:
    layers = f"arn:{scope.partition}:s3:::prod-{scope.region}-starport-layer-bucket/*"
    return {
        "s3": (
            _own(scope, actions=("s3:*",)),
            # Amazon ECR User Guide, «Minimum Amazon S3 Bucket Permissions for Amazon ECR»
            allow("ImageLayers", ("s3:GetObject",), layers, Principal={"AWS": "*"}),
        ),
        "dynamodb": (_own(scope, actions=("dynamodb:*",)),),
    }
