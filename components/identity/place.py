"""Where an environment's identities are: names and ARNs that documents speak of before anything exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.spec.client import ClientSpec


@dataclass(frozen=True, slots=True)
class Place:
    """The account and regions of an environment, as documents need them.

    Args:
        client, stage: as the description has them.
        account_id: the client's account.
        home: home region.
        recovery: region that may hold copies of backups, where there is one.
        partition: AWS partition.
        provision_role: name of the role that makes the environment.
    """

    client: str
    stage: str
    account_id: str
    home: str
    recovery: str | None
    partition: str
    provision_role: str

    @classmethod
    def of(cls, spec: ClientSpec) -> Place:
        """The place of a described environment."""
        return cls(
            spec.client,
            spec.stage,
            spec.account_id,
            spec.residency.home,
            spec.residency.recovery,
            spec.residency.partition,
            spec.provision_role,
        )

    @property
    def name(self) -> str:
        """CLIENT-STAGE."""
        return f"{self.client}-{self.stage}"

    @property
    def regions(self) -> Sequence[str]:
        """Where data may be."""
        return [self.home] if self.recovery is None else [self.home, self.recovery]

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the account and home region."""
        return f"arn:{self.partition}:{service}:{self.home}:{self.account_id}:{resource}"

    def arns(self, service: str, *resources: str) -> list[str]:
        """ARNs in the account and every region where data may be."""
        return [
            f"arn:{self.partition}:{service}:{region}:{self.account_id}:{resource}"
            for region in self.regions
            for resource in resources
        ]

    def iam(self, resource: str) -> str:
        """An ARN of IAM, which has no region."""
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"

    def bucket(self, *parts: str) -> str:
        """An ARN of S3, which names neither region nor account; ``parts`` follow CLIENT-STAGE."""
        return f"arn:{self.partition}:s3:::{'-'.join((self.name, *parts))}"

    @property
    def boundary(self) -> str:
        """The permissions boundary."""
        return self.iam(f"policy/{self.name}-boundary")

    @property
    def provision(self) -> str:
        """The role that makes the environment."""
        return self.iam(f"role/{self.provision_role}")

    @property
    def own(self) -> dict[str, list[str]]:
        """Tests that a resource bears the environment's tags."""
        return {"aws:ResourceTag/freehold:client": [self.client], "aws:ResourceTag/freehold:stage": [self.stage]}

    @property
    def asked(self) -> dict[str, list[str]]:
        """Tests that a request gives a new resource the environment's tags."""
        return {"aws:RequestTag/freehold:client": [self.client], "aws:RequestTag/freehold:stage": [self.stage]}
