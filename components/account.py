"""What holds for the whole account: passwords, eyes on what is open to others, the organization's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.accessanalyzer import Analyzer
from pulumi_aws.iam import AccountPasswordPolicy
from pulumi_aws.organizations import Policy, PolicyAttachment

from components.identity.organization import organization
from components.identity.place import Place
from components.naming import PREFIX, Scope
from stacks.spec.identity_access import IdentitySpec

REUSE: Final = 24
"""Earlier passwords that are refused, the most there are (CIS AWS Foundations Benchmark v5.0.0, 1.8)."""


@dataclass(frozen=True, slots=True)
class AccountArgs:
    """Arguments of :class:`Account`.

    Args:
        scope: the environment.
        spec: password policy, unused access, organization.
        place: account, regions and names that documents speak of.
    """

    scope: Scope
    spec: IdentitySpec
    place: Place


class Account(pulumi.ComponentResource):
    """The account's password policy, an IAM Access Analyzer for access from outside, where asked for one for unused
    access, and where the account may do so the organization's service control policy.

    There are no IAM users in an environment; the password policy stands for whoever makes one all the same.

    Outputs: ``analyzer_arn``: the analyzer of access from outside.
    """

    def __init__(self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Account", name, None, opts)
        scope, spec = args.scope, args.spec
        child = pulumi.ResourceOptions(parent=self)
        AccountPasswordPolicy(
            "passwords",
            minimum_password_length=spec.password.minimum_length,
            max_password_age=spec.password.max_age_days,
            password_reuse_prevention=REUSE,
            require_lowercase_characters=True,
            require_uppercase_characters=True,
            require_numbers=True,
            require_symbols=True,
            allow_users_to_change_password=True,
            hard_expiry=False,
            opts=child,
        )
        outside = Analyzer(
            "outside",
            analyzer_name=scope.named("outside"),
            type="ACCOUNT",
            tags=scope.tags("account", "outside"),
            opts=child,
        )
        self.analyzer_arn: Final = outside.arn
        if spec.unused_access_days is not None:
            Analyzer(
                "unused",
                analyzer_name=scope.named("unused"),
                type="ACCOUNT_UNUSED_ACCESS",
                configuration={"unused_access": {"unused_access_age": spec.unused_access_days}},
                tags=scope.tags("account", "unused"),
                opts=child,
            )
        if spec.organization is not None:
            document = organization(args.place)
            policy = Policy(
                "scp",
                name=scope.named(document.name),
                description=document.meaning,
                type="SERVICE_CONTROL_POLICY",
                content=document.text,
                tags=scope.tags("account", document.name),
                opts=child,
            )
            PolicyAttachment("scp", policy_id=policy.id, target_id=spec.organization.target_id, opts=child)
        self.register_outputs({"analyzer_arn": self.analyzer_arn})
