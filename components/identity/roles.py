"""The roles of operations, of the pipeline, and of people who bring none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.iam import OpenIdConnectProvider, Role, RolePolicy

from components.identity import trust
from components.identity.document import Document
from components.identity.operations import OPERATIONS
from components.identity.people import people
from components.identity.place import Place
from components.naming import PREFIX, ROLE_LONGEST, Scope
from stacks.spec.identity_access import DeliverySpec, IdentitySpec

LEAST_MINUTES: Final = 60
"""The shortest maximum of a role's sessions (IAM API Reference, *CreateRole*, ``MaxSessionDuration``)."""


@dataclass(frozen=True, slots=True)
class IdentitiesArgs:
    """Arguments of :class:`Identities`.

    Args:
        scope: the environment.
        spec: groups, operators and pipeline.
        place: account, regions and names that documents speak of.
    """

    scope: Scope
    spec: IdentitySpec
    place: Place


class Identities(pulumi.ComponentResource):
    """A role for each operation, each with one document and the boundary: maintain, drill, audit, and where the
    description asks for them deprovision and delivery.

    Operators take them up from the roles that the description names (without any: from the provisioning role).
    ``deprovision`` exists only while the client enables it: a role that is not there cannot be taken up. The pipeline
    is known by the issuer, audience and subjects of its tokens, exactly. Groups of people that bring a role of their
    own (IAM Identity Center) keep it; others get one.

    Outputs: ``roles``: ARNs by operation. ``principals``: ARN of each group's role.
    """

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Identities", name, None, opts)
        self._scope, self._place = args.scope, args.place
        self._child = pulumi.ResourceOptions(parent=self)
        spec = args.spec
        operators = trust.named(sorted(spec.operators) or [args.place.provision])
        who: dict[str, pulumi.Input[str]] = {"maintain": operators, "drill": operators, "audit": operators}
        if spec.deprovision_enabled:
            who["deprovision"] = operators
        if spec.delivery is not None:
            who["delivery"] = self._pipeline(spec.delivery)
        self.roles: Final[dict[str, pulumi.Output[str]]] = {
            operation: self._role(
                operation,
                OPERATIONS[operation].document(args.place),
                OPERATIONS[operation].meaning,
                trusted,
                OPERATIONS[operation].session_minutes,
            )
            for operation, trusted in who.items()
        }
        self.principals: Final[dict[str, pulumi.Input[str]]] = {}
        for group, described in spec.groups.items():
            brought = described.role(args.place.home)
            self.principals[group] = (
                args.place.iam(f"role/{brought}")
                if brought is not None
                else self._role(
                    f"people-{group}",
                    people(args.place),
                    f"People: {group}",
                    trust.named(sorted(described.trusted)),
                    described.session_minutes,
                )
            )
        self.register_outputs({"roles": self.roles, "principals": self.principals})

    def _pipeline(self, spec: DeliverySpec) -> pulumi.Output[str]:
        """Trust in the issuer's tokens."""
        provider = OpenIdConnectProvider(
            "delivery",
            url=spec.issuer,
            client_id_lists=[spec.audience],
            thumbprint_lists=list(spec.thumbprints) or None,
            tags=self._scope.tags("identities", "delivery"),
            opts=self._child,
        )
        return provider.arn.apply(lambda arn: trust.pipeline(arn, spec))

    def _role(
        self, name: str, document: Document, meaning: str, trusted: pulumi.Input[str], minutes: int
    ) -> pulumi.Output[str]:
        """A role with one document; its ARN."""
        role = Role(
            name,
            name=self._scope.named(name, limit=ROLE_LONGEST),
            description=meaning,
            assume_role_policy=trusted,
            max_session_duration=max(minutes, LEAST_MINUTES) * 60,
            permissions_boundary=self._scope.boundary,
            tags=self._scope.tags("identities", name),
            opts=self._child,
        )
        RolePolicy(name, name=document.name, role=role.name, policy=document.text, opts=self._child)
        return role.arn
