"""Who may take up a role."""

from __future__ import annotations

from collections.abc import Sequence

from components.documents import policy
from stacks.spec.identity_access import DeliverySpec


def named(arns: Sequence[str]) -> str:
    """Roles by their ARNs, and nobody else."""
    return policy({"Sid": "Named", "Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": ["sts:AssumeRole"]})


def pipeline(provider_arn: str, spec: DeliverySpec) -> str:
    """Tokens of an issuer for exactly these subjects and this audience.

    Without the condition on the subject, every repository of the issuer's other customers could take up the role (IAM
    User Guide, *Create a role for OpenID Connect federation*).
    """
    issuer = spec.issuer.removeprefix("https://")
    return policy(
        {
            "Sid": "Pipeline",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {"StringEquals": {f"{issuer}:aud": spec.audience, f"{issuer}:sub": sorted(spec.subjects)}},
        }
    )
