"""What all of EC2's types share."""

from __future__ import annotations

from sandbox.plugins.aws.model import Output, Tagging


def tagging(kind: str) -> Tagging:
    """How EC2 tags a kind of resource."""
    return Tagging(
        "CreateTags", "DeleteTags", ("Resources", ["{id}"]), "TagSpecifications", style="ec2", keys="Tags", kind=kind
    )


def arn(kind: str) -> Output:
    """The ARN of a kind of resource, which EC2 does not tell."""
    return Output(template=f"arn:{{partition}}:ec2:{{region}}:{{account}}:{kind}/{{id}}")


def pascal(name: str) -> str:
    """A property's name as EC2's parameter."""
    return name[0].upper() + name[1:]
