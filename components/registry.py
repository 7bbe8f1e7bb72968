"""The client's container registry on ECR."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.ecr import (
    LifecyclePolicy,
    PullThroughCacheRule,
    RegistryScanningConfiguration,
    ReplicationConfiguration,
    Repository,
    RepositoryCreationTemplate,
    RepositoryPolicy,
)
from pulumi_aws.iam import Role, RolePolicy
from pulumi_aws.kms import Alias, Key

from components.documents import allow, policy, trust
from components.keys import DELETION_DAYS, ROTATION_DAYS
from components.naming import PREFIX, ROLE_LONGEST, Scope
from stacks.spec.registry import RegistrySpec

_SUFFIXES: Final[Mapping[str, str]] = {"aws-cn": "amazonaws.com.cn"}
"""Domain of ECR's hosts by partition, where it is not ``amazonaws.com``."""

_FREQUENCY: Final = {"basic": "SCAN_ON_PUSH", "enhanced": "CONTINUOUS_SCAN"}


@dataclass(frozen=True, slots=True)
class RegistryArgs:
    """Arguments of :class:`Registry`.

    Args:
        scope: the environment.
        spec: the registry's description.
        applications: names of repositories where the description lists none: the cluster's namespaces.
        registry_key: ARN of the key for images in the home region.
        node_role_name: role of the nodes, which cause the first pull of an image from outside.
        protect: refuse deletion through the engine.
    """

    scope: Scope
    spec: RegistrySpec
    applications: list[str]
    registry_key: pulumi.Input[str]
    node_role_name: pulumi.Input[str]
    protect: bool = True


class Registry(pulumi.ComponentResource):
    """Repositories for the client's images and, where described, copies of public ones: encrypted, scanned, immutable.

    Repositories are called CLIENT-STAGE/NAME, encrypted with a key of the client, scanned on push, their tags cannot be
    moved, and no principal of another account reaches them whatever another policy says. Untagged images expire,
    and of the others the newest stay. A repository that still holds images is not deleted.

    Images from public registries come through pull-through cache rules, one a prefix, and become repositories of the
    same kind, by a template. With ``replicate`` the client's own images are copied to the recovery region, under a key
    there.

    Outputs: ``host`` (of the registry), ``repositories`` (addresses by name), ``allowed_registries`` (what pods may
    pull from: this registry and those that the description names).
    """

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Registry", name, None, opts)
        self._args, self._scope = args, args.scope
        self._child = pulumi.ResourceOptions(parent=self)
        spec = args.spec
        self.host: Final = registry_host(args.scope)
        self.allowed_registries: Final = allowed_registries(args.scope, spec)
        scanning = RegistryScanningConfiguration(
            "registry",
            scan_type=spec.scanning.upper(),
            rules=[
                {
                    "scan_frequency": _FREQUENCY[spec.scanning],
                    "repository_filters": [{"filter": "*", "filter_type": "WILDCARD"}],
                }
            ],
            opts=self._child,
        )
        names = args.applications if spec.repositories is None else spec.repositories
        self.repositories: Final = {one: self._repository(one, scanning) for one in names}
        recovery = args.scope.recovery if spec.replicate else None
        copies = self._key_in_recovery(recovery) if recovery else None
        if spec.pull_through or copies is not None:
            maker = self._maker(copies)
            self._pull_through(maker)
            if recovery and copies is not None:
                self._replicate(maker, copies, recovery)
        self.register_outputs(
            {
                "host": self.host,
                "repositories": self.repositories,
                "allowed_registries": self.allowed_registries,
            }
        )

    def _tags(self, *parts: str) -> dict[str, str]:
        return dict(self._scope.tags("registry", *parts))

    def _repository(self, name: str, scanning: pulumi.Resource) -> pulumi.Output[str]:
        """One repository and what guards it; its address."""
        repository = Repository(
            name,
            name=f"{self._scope.name}/{name}",
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": self._args.registry_key}],
            image_scanning_configuration={"scan_on_push": True},
            image_tag_mutability="IMMUTABLE",
            force_delete=False,
            tags=self._tags("images", name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[scanning], protect=self._args.protect),
        )
        RepositoryPolicy(
            name, repository=repository.name, policy=own_account_only(self._scope.account_id), opts=self._child
        )
        LifecyclePolicy(name, repository=repository.name, policy=lifecycle(self._args.spec), opts=self._child)
        return repository.repository_url

    def _maker(self, copies: pulumi.Input[str] | None) -> Role:
        """The role in which ECR makes repositories with a key and tags of the client (Amazon ECR User Guide, *IAM role
        for repository creation templates*)."""
        spec, scope = self._args.spec, self._scope
        role = Role(
            "registry",
            name=scope.named("registry", limit=ROLE_LONGEST),
            description="Lets ECR make repositories of pulled and copied images",
            assume_role_policy=trust("ecr.amazonaws.com", scope.account_id),
            permissions_boundary=scope.boundary,
            tags=self._tags("registry"),
            opts=self._child,
        )
        places = [scope.arn("ecr", f"repository/{prefix}/*") for prefix in spec.pull_through]
        keys: list[pulumi.Input[str]] = [self._args.registry_key]
        if copies is not None:
            places.append(scope.arn("ecr", f"repository/{scope.name}/*", region=scope.recovery))
            keys.append(copies)
        document = pulumi.Output.all(*keys).apply(
            lambda arns: policy(
                allow("Make", ("ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"), places),
                allow("Encrypt", ("kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"), arns),
            )
        )
        RolePolicy("registry", name="repositories", role=role.name, policy=document, opts=self._child)
        return role

    def _pull_through(self, maker: Role) -> None:
        """The way to each public registry, the form of what it becomes, and the nodes' leave to pull it first."""
        rules = self._args.spec.pull_through
        for prefix, rule in rules.items():
            template = self._template(prefix, "PULL_THROUGH_CACHE", maker, self._args.registry_key)
            PullThroughCacheRule(
                prefix,
                ecr_repository_prefix=prefix,
                upstream_registry_url=rule.upstream,
                credential_arn=rule.credential_arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[template]),
            )
        if rules:
            places = [self._scope.arn("ecr", f"repository/{prefix}/*") for prefix in rules]
            RolePolicy(
                "nodes-pull-through",
                name="pull-through",
                role=self._args.node_role_name,
                policy=policy(allow("FirstPull", ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"), places)),
                opts=self._child,
            )

    def _replicate(self, maker: Role, key: pulumi.Input[str], recovery: str) -> None:
        """Copies of the client's own images in the recovery region, in repositories of the same kind."""
        scope = self._scope
        template = self._template(scope.name, "REPLICATION", maker, key, region=recovery)
        ReplicationConfiguration(
            "registry",
            replication_configuration={
                "rules": [
                    {
                        "destinations": [{"region": recovery, "registry_id": scope.account_id}],
                        "repository_filters": [{"filter": f"{scope.name}/", "filter_type": "PREFIX_MATCH"}],
                    }
                ]
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[template]),
        )

    def _template(
        self,
        prefix: str,
        use: str,
        maker: Role,
        key: pulumi.Input[str],
        region: str | None = None,
    ) -> RepositoryCreationTemplate:
        return RepositoryCreationTemplate(
            prefix,
            prefix=prefix,
            description=f"{self._scope.name}: images below {prefix}/",
            applied_fors=[use],
            custom_role_arn=maker.arn,
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key}],
            image_tag_mutability="IMMUTABLE",
            lifecycle_policy=lifecycle(self._args.spec),
            repository_policy=own_account_only(self._scope.account_id),
            resource_tags=self._tags("images", prefix),
            region=region,
            opts=self._child,
        )

    def _key_in_recovery(self, region: str) -> pulumi.Output[str]:
        """A key of its own for the copies: keys stay in one region."""
        scope = self._scope
        key = Key(
            "registry-recovery",
            region=region,
            description=f"{scope.name}: copies of container images",
            enable_key_rotation=True,
            rotation_period_in_days=ROTATION_DAYS,
            deletion_window_in_days=DELETION_DAYS,
            multi_region=False,
            policy=policy(allow("Account", ("kms:*",), "*", Principal={"AWS": scope.root})),
            tags=self._tags("registry", "recovery"),
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
        Alias(
            "registry-recovery",
            region=region,
            name=f"alias/{scope.named('registry', 'recovery')}",
            target_key_id=key.key_id,
            opts=self._child,
        )
        return key.arn


def registry_host(scope: Scope) -> str:
    """Host name of the account's registry in the home region."""
    return f"{scope.account_id}.dkr.ecr.{scope.region}.{_SUFFIXES.get(scope.partition, 'amazonaws.com')}"


def allowed_registries(scope: Scope, spec: RegistrySpec) -> list[str]:
    """What pods may pull from: the client's own registry, and those that the description names."""
    return [registry_host(scope), *spec.allowed]


def own_account_only(account_id: str) -> str:
    """A repository's policy: nobody outside the account, whatever another statement grants one day. Who within the
    account may do what, IAM decides."""
    return policy(
        {
            "Sid": "OwnAccountOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["ecr:*"],
            "Condition": {
                "StringNotEquals": {"aws:PrincipalAccount": account_id},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        }
    )


def lifecycle(spec: RegistrySpec) -> str:
    """Which images expire: untagged ones after some days, and all but the newest (Amazon ECR User Guide, *Lifecycle
    policy properties in Amazon ECR*)."""
    untagged = {
        "rulePriority": 1,
        "description": f"untagged for {spec.untagged_days} days",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": spec.untagged_days,
        },
        "action": {"type": "expire"},
    }
    older = {
        "rulePriority": 2,
        "description": f"older than the newest {spec.keep_images}",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": spec.keep_images},
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [untagged, older]})
