"""The whole description of one client's environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.spec.audit import AuditSpec
from stacks.spec.backups import BackupsSpec
from stacks.spec.cluster import ClusterSpec
from stacks.spec.database import DatabaseSpec
from stacks.spec.identity import STAGES, Account, Client, RoleName, Stage
from stacks.spec.identity_access import IdentitySpec
from stacks.spec.integrations import IntegrationName, IntegrationSpec
from stacks.spec.model import Section
from stacks.spec.monitoring import MonitoringSpec
from stacks.spec.network import NetworkSpec
from stacks.spec.registry import RegistrySpec
from stacks.spec.residency import Residency
from stacks.spec.vault import VaultSpec
from stacks.spec.workloads import WorkloadSpec

PROVISION_ROLE = "freehold-provision"


class ClientSpec(Section):
    """One client environment: what stands under ``freehold:environment`` in the stack's file."""

    client: Client
    """Short name of the client: 2 to 20 lower-case letters, digits and hyphens."""

    stage: Stage
    """Stage of the environment: dev, test, staging or prod; prod is held to stricter rules."""

    account_id: Account
    """The client's own AWS account, 12 digits, as text."""

    provision_role: RoleName = PROVISION_ROLE
    """Role in the client's account that the operator assumes."""

    protection: bool | None = None
    """Refuse the deletion of data, keys and cluster, by the engine and by AWS; left out, in prod only. To delete on
    purpose, switch it off in a change of its own first."""

    residency: Residency
    """Residency boundary."""

    network: NetworkSpec
    """Network."""

    cluster: ClusterSpec
    """Kubernetes cluster."""

    database: DatabaseSpec
    """PostgreSQL database."""

    backups: BackupsSpec
    """Backup targets."""

    vault: VaultSpec
    """Secrets."""

    monitoring: MonitoringSpec
    """Alarms."""

    identity: Annotated[IdentitySpec, Field(default_factory=lambda: IdentitySpec.model_validate({}))]
    """People, operations and delivery."""
    integrations: Annotated[dict[IntegrationName, IntegrationSpec], Field(default_factory=dict)]
    """Partner systems by name: whom the environment talks to, and what goes there. No other name resolves."""
    audit: AuditSpec = AuditSpec()
    """Logs and evidence."""

    registry: Annotated[RegistrySpec, Field(default_factory=lambda: RegistrySpec.model_validate({}))]
    """Container registry."""

    workloads: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z](?:[-a-z0-9]{0,28}[a-z0-9])?$")], WorkloadSpec],
        Field(default_factory=dict),
    ]
    """The client's applications by name (at most 30 characters); left out, they are deployed by other means."""

    @property
    def name(self) -> str:
        """CLIENT-STAGE: the stack's name and the prefix of every resource's name."""
        return f"{self.client}-{self.stage}"

    @property
    def production(self) -> bool:
        """Whether the environment serves the client's users."""
        return self.stage == STAGES[-1]

    @property
    def protected(self) -> bool:
        """Whether deletion of data, keys and cluster is refused."""
        return self.production if self.protection is None else self.protection

    @property
    def provision_role_arn(self) -> str:
        """ARN of the role that the operator assumes in the client's account."""
        return f"arn:{self.residency.partition}:iam::{self.account_id}:role/{self.provision_role}"
