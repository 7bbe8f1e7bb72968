"""The client's container registry: its repositories, what it fetches from public registries, scans and copies.

Sources: Amazon ECR User Guide, *Amazon ECR private repositories*, *Sync an upstream registry with an Amazon ECR private
registry*, *Scan images for software vulnerabilities in Amazon ECR*, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from stacks.spec.model import Section
from stacks.spec.problems import refuse

OPEN_UPSTREAMS: Final[Mapping[str, str]] = {
    "public.ecr.aws": "Amazon ECR Public",
    "registry.k8s.io": "the Kubernetes project",
    "quay.io": "Quay",
}
"""Upstream registries that ECR asks without credentials."""

CLOSED_UPSTREAMS: Final[Mapping[str, str]] = {
    "registry-1.docker.io": "Docker Hub",
    "ghcr.io": "GitHub Container Registry",
}
"""Upstream registries that ECR asks with credentials of the client."""

_NAME: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY: Final = rf"^{_NAME}(?:/{_NAME})*$"
_HOST: Final = r"^(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(?::\d{1,5})?(?:/[-a-z0-9._/]*[a-z0-9])?$"
_CREDENTIAL: Final = r"arn:aws(?:-\w+)*:secretsmanager:[a-z0-9-]+:\d{12}:secret:ecr-pullthroughcache/[\w/+=.@-]+"

Upstream = Literal["public.ecr.aws", "registry.k8s.io", "quay.io", "registry-1.docker.io", "ghcr.io"]


def _credential(value: str) -> str:
    if not re.fullmatch(_CREDENTIAL, value):
        raise refuse(
            "ECR reads credentials of upstream registries from secrets called ecr-pullthroughcache/... only",
            "give the ARN of such a secret (keys username and accessToken) in Secrets Manager",
        )
    return value


class PullThroughSpec(Section):
    """A public registry that images are fetched from on their first pull, and then kept, scanned, in the client's."""

    upstream: Upstream
    """Host of the public registry; there are no others, so that an image's origin is one that somebody answers for."""

    credential_arn: Annotated[str, AfterValidator(_credential)] | None = None
    """ARN of the Secrets Manager secret with the credentials that Docker Hub and GitHub ask for: its name begins with
    ecr-pullthroughcache/, and it lies in the client's account and home region."""

    @model_validator(mode="after")
    def _credentials(self) -> PullThroughSpec:
        if self.upstream in CLOSED_UPSTREAMS and self.credential_arn is None:
            raise refuse(
                f"ECR asks {self.upstream} with credentials only",
                "put them in a secret ecr-pullthroughcache/NAME, and its ARN in credential_arn",
            )
        if self.upstream in OPEN_UPSTREAMS and self.credential_arn is not None:
            raise refuse(f"ECR asks {self.upstream} without credentials", "remove credential_arn")
        return self


class RegistrySpec(Section):
    """The container registry (ECR) of the client's account."""

    repositories: (
        Annotated[list[Annotated[str, Field(pattern=_REPOSITORY, min_length=2, max_length=200)]], Field(max_length=200)]
        | None
    ) = None
    """Repositories of the client's own images, below CLIENT-STAGE/; left out, one for each namespace of the cluster."""

    scanning: Literal["basic", "enhanced"] = "basic"
    """How images are scanned: basic (operating system packages, on push) or enhanced (Amazon Inspector: languages'
    packages too, again whenever a new vulnerability becomes known; charged by image)."""

    keep_images: Annotated[int, Field(ge=2, le=1000)] = 50
    """Images kept in each repository, the newest; what a rollback may still need lies among them."""

    untagged_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days after which images without a tag expire."""

    replicate: bool = False
    """Copy the client's own images to the recovery region, so that an environment can be rebuilt there."""

    pull_through: Annotated[
        dict[Annotated[str, Field(pattern=rf"^{_NAME}$", min_length=2, max_length=30)], PullThroughSpec],
        Field(default_factory=dict, max_length=50),
    ]
    """Public registries by the prefix under which their images appear: `quay` makes quay.io/org/image
    HOST/quay/org/image. At most 50 (ECR service quotas)."""

    allowed: Annotated[
        list[Annotated[str, Field(pattern=_HOST, max_length=255)]], Field(default_factory=list, max_length=20)
    ]
    """Further registries that pods may pull from, as HOST or HOST/PATH; the client's own is always among them."""

    @model_validator(mode="after")
    def _once(self) -> RegistrySpec:
        names = self.repositories or []
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise refuse(f"repositories are listed twice: {', '.join(twice)}", "list each once")
        return self
