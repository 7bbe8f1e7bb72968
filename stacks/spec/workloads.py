"""The client's applications on the cluster: what runs, how much of it, how it is known to be well."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from stacks.spec.cluster import NamespaceName
from stacks.spec.model import Section
from stacks.spec.problems import refuse

_IMAGE: Final = r"(?:[a-z0-9.-]+(?::\d{1,5})?/)[a-z0-9._/-]+(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[a-f0-9]{64}"
_UNITS: Final = {"Mi": 1, "Gi": 1024}
CPU_RATIO: Final = 10
"""Largest cpu limit over its request: what the namespaces' LimitRange admits."""
MEMORY_RATIO: Final = 4
"""Largest memory limit over its request: what the namespaces' LimitRange admits."""


def _image(value: str) -> str:
    if not re.fullmatch(_IMAGE, value):
        raise refuse(
            "an image is pinned by the digest of its content, and its registry is named",
            "write HOST/REPOSITORY@sha256:DIGEST (docker buildx imagetools inspect tells the digest)",
        )
    return value


def _path(value: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*", value):
        raise refuse("it is no absolute path of a URL, without a query", "write for example /healthz")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", value) or value.startswith("FREEHOLD_"):
        raise refuse(
            "a variable is upper-case letters, digits and underscores; FREEHOLD_ is the kit's",
            "respell it, for example LOG_LEVEL",
        )
    return value


Image = Annotated[str, AfterValidator(_image)]
UrlPath = Annotated[str, AfterValidator(_path)]
Cpu = Annotated[str, Field(pattern=r"^[1-9][0-9]*m?$")]
Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*(Mi|Gi)$")]


def millicores(value: str) -> int:
    """A quantity of cpu in thousandths.

    >>> millicores("2"), millicores("250m")
    (2000, 250)
    """
    return int(value[:-1]) if value.endswith("m") else int(value) * 1000


def mebibytes(value: str) -> int:
    """A quantity of memory in MiB.

    >>> mebibytes("2Gi"), mebibytes("250Mi")
    (2048, 250)
    """
    return int(value[:-2]) * _UNITS[value[-2:]]


class WorkloadSpec(Section):
    """One application: a deployment with everything around it."""

    namespace: NamespaceName
    """Namespace: one of ``cluster.namespaces``."""

    image: Image
    """Container image with its digest, from a registry that the cluster may pull from."""

    port: Annotated[int, Field(ge=1024, le=65535)] = 8080
    """Port of HTTP in the container; above 1023, since it does not run as root."""

    min_replicas: Annotated[int, Field(ge=1, le=200)] = 2
    """Fewest pods."""

    max_replicas: Annotated[int, Field(ge=1, le=200)] = 6
    """Most pods."""

    cpu: Cpu = "100m"
    """Requested cpu of a pod."""

    cpu_limit: Cpu = "1"
    """Most cpu of a pod, at most 10 times the request."""

    memory: Memory = "128Mi"
    """Requested memory of a pod."""

    memory_limit: Memory = "256Mi"
    """Most memory of a pod, at most 4 times the request."""

    startup_path: UrlPath = "/healthz"
    """Path that answers 200 once the application has started."""

    ready_path: UrlPath = "/readyz"
    """Path that answers 200 while the application can serve."""

    live_path: UrlPath = "/healthz"
    """Path that answers 200 unless the application needs a restart."""

    startup_seconds: Annotated[int, Field(ge=5, le=900)] = 60
    """Longest start."""

    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30
    """Longest request; a stopping pod gets as long to finish."""

    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """Retries of calls to others, as the application is told."""

    env: Annotated[dict[Annotated[str, AfterValidator(_variable)], str], Field(default_factory=dict)]
    """Environment variables, for nothing secret: the description is not a secret. Secrets lie in Vault."""

    secrets: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*$")]], Field(default_factory=list)
    ]
    """Names of the secrets in Vault that the application reads, below its namespace's path; told to it as
    FREEHOLD_VAULT_SECRETS. It logs in with its service account's token; the values never pass through Kubernetes."""

    fallback_image: Image | None = None
    """Image of an unprivileged nginx (with sh and wget, as its Alpine images) that answers while the application does
    not; left out, there is no such page."""

    maintenance: bool = False
    """Show the fallback page on purpose."""

    @field_validator("max_replicas")
    @classmethod
    def _ordered(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("min_replicas")
        if least is not None and value < least:
            raise refuse(f"it is below min_replicas ({least})", "write min_replicas <= max_replicas")
        return value

    @field_validator("cpu_limit")
    @classmethod
    def _cpu(cls, value: str, info: ValidationInfo) -> str:
        asked = info.data.get("cpu")
        if asked and not millicores(asked) <= millicores(value) <= CPU_RATIO * millicores(asked):
            raise refuse(f"it must be 1 to {CPU_RATIO} times the request ({asked})", "raise the request or lower it")
        return value

    @field_validator("memory_limit")
    @classmethod
    def _memory(cls, value: str, info: ValidationInfo) -> str:
        asked = info.data.get("memory")
        if asked and not mebibytes(asked) <= mebibytes(value) <= MEMORY_RATIO * mebibytes(asked):
            raise refuse(f"it must be 1 to {MEMORY_RATIO} times the request ({asked})", "raise the request or lower it")
        return value

    @model_validator(mode="after")
    def _page(self) -> WorkloadSpec:
        if self.maintenance and self.fallback_image is None:
            raise refuse("there is no page to show for maintenance", "give fallback_image, or remove maintenance")
        return self
