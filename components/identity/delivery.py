"""Delivery: the pipeline pushes images, finds the cluster, and leaves a record. What it changes in the cluster is bound
to the Kubernetes group of its access entry."""

from __future__ import annotations

from components.identity.document import Clause, Document
from components.identity.evidence import evidence
from components.identity.place import Place


def delivery(place: Place) -> Document:
    """The document of the role ``CLIENT-STAGE-delivery``."""
    return Document(
        "delivery",
        f"Delivers to {place.name}",
        [
            Clause(
                "RegistryLogin",
                "A registry's token names no repository (Service Authorization Reference, *Amazon Elastic Container "
                "Registry*)",
                ["ecr:GetAuthorizationToken"],
            ),
            Clause(
                "Push",
                "Push and read the environment's images; none is deleted",
                [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:CompleteLayerUpload",
                    "ecr:DescribeImageScanFindings",
                    "ecr:DescribeImages",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
                [place.arn("ecr", f"repository/{place.name}/*")],
            ),
            Clause(
                "FindCluster",
                "kubectl asks for the cluster's address and certificate authority",
                ["eks:DescribeCluster"],
                [place.arn("eks", f"cluster/{place.name}")],
            ),
            *evidence(place, "delivery"),
        ],
    )
