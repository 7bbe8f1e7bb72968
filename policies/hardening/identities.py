"""IAM: no one may do everything, no one may become anyone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine import arn
from policies.engine.context import Context
from policies.engine.demand import expect, forbid
from policies.engine.documents import statements
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import EACH, Node

_DOCUMENTS: Final = (
    "aws:iam/policy:*",
    "aws:iam/rolePolicy:*",
    "aws:iam/userPolicy:*",
    "aws:iam/groupPolicy:*",
    "aws:iam/role:*",
)
_ADMINISTRATORS: Final = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
"""AWS's managed policies that grant everything, or the means to grant it to oneself."""


def _judge_documents(resource: Resource, _: Context) -> Iterator[Finding]:
    documents = [resource.at("policy"), *resource.every("inlinePolicies", EACH, "policy")]
    for statement in (found for document in documents for found in statements(document)):
        yield from forbid(statement.everything, statement.node, "the actions that are needed, on named resources")


def is_harmless(node: Node) -> bool:
    """A managed policy that is not one of the administrators'."""
    found = arn.parse(node.text)
    return found is None or found.account != "aws" or found.resource.rsplit("/", 1)[-1] not in _ADMINISTRATORS


def _judge_attachments(resource: Resource, _: Context) -> Iterator[Finding]:
    for node in [resource.at("policyArn"), *resource.every("managedPolicyArns", EACH)]:
        yield from expect(node, is_harmless, "a policy that grants what is needed", absent_passes=True)


def _judge_trust(resource: Resource, _: Context) -> Iterator[Finding]:
    for statement in statements(resource.at("assumeRolePolicy")):
        yield from forbid(
            statement.for_anyone, statement.node, "principals by name, or a condition on the caller's account"
        )


RULES: Final = (
    Rule(
        id="iam-no-admin-document",
        title="No policy grants everything",
        types=_DOCUMENTS,
        asks="No statement allows every action (`*`, or all but some) on every resource.",
        why="One stolen credential would be the whole account.",
        fix="list the actions that are needed, and the resources they are needed on",
        absent="No policy grants nothing: passes.",
        judge=_judge_documents,
        standards=(cis("1.15"), fsbp("IAM.1"), checkov("CKV_AWS_62")),
    ),
    Rule(
        id="iam-no-admin-attachment",
        title="No administrator's policy is attached",
        types=(
            "aws:iam/role:*",
            "aws:iam/rolePolicyAttachment:*",
            "aws:iam/userPolicyAttachment:*",
            "aws:iam/groupPolicyAttachment:*",
            "aws:iam/policyAttachment:*",
        ),
        asks=f"No attached policy is AWS's {', '.join(_ADMINISTRATORS)}.",
        why="AWS's managed administrators' policies grant everything, or the means to take it.",
        fix="attach a policy that grants what is needed",
        absent="Nothing attached: passes.",
        judge=_judge_attachments,
        standards=(cis("1.15"),),
    ),
    Rule(
        id="iam-trust-named",
        title="Roles name who may assume them",
        types=("aws:iam/role:*",),
        asks="No statement of the trust policy grants to principal `*` without a condition on the caller.",
        why="Every AWS account on earth could assume the role.",
        fix="name the account, role or service that may assume it",
        absent="The engine refuses a role without a trust policy: passes here.",
        judge=_judge_trust,
        standards=(checkov("CKV_AWS_60"), checkov("CKV_AWS_61")),
    ),
)
