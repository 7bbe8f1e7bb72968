"""IAM: who there may be, and on whose word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import Truth, at_least, both, equals, every, expect, forbid, holds, is_set, setting, some
from policies.engine.documents import statements
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, Violation
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import Node

_LENGTH: Final = 14
_REUSE: Final = 24
_EQUAL: Final = frozenset({"StringEquals", "StringLike"})


def _judge_users(resource: Resource, _: Context) -> Iterator[Finding]:
    yield Violation(resource.at("user" if resource.at("name").absent else "name"), "roles, which have no credentials")


def _judge_passwords(resource: Resource, _: Context) -> Iterator[Finding]:
    length, reuse = resource.at("minimumPasswordLength"), resource.at("passwordReusePrevention")
    yield from expect(length, at_least(_LENGTH), f"{_LENGTH} or more characters")
    yield from expect(reuse, at_least(_REUSE), f"{_REUSE} earlier passwords")


def is_narrow(node: Node) -> bool:
    """A subject that names one repository or account, and something of it: wildcards come after that, if at all."""
    parts = (node.text or "").split(":")
    return len(parts) > 2 and not {"*", "?"} & set(":".join(parts[:2]))


def _subjects(condition: Node) -> Iterator[Truth]:
    """For each condition on a token's subject, whether it names whose tokens may come."""
    if condition.unknown:
        yield None
    for operator, keys in condition.entries():
        if operator in _EQUAL:
            for key, values in keys.entries():
                if key.lower().endswith(":sub"):
                    yield every(holds(value, is_narrow) for value in values.each())


def _judge_tokens(resource: Resource, _: Context) -> Iterator[Finding]:
    for statement in statements(resource.at("assumeRolePolicy")):
        actions = statement.node.at("Action").each()
        by_token = some(holds(action, equals("sts:AssumeRoleWithWebIdentity")) for action in actions)
        named = some(_subjects(statement.node.at("Condition")))
        yield from forbid(
            both(statement.allows, by_token, None if named is None else not named),
            statement.node,
            "a condition on the token's subject (`sub`) that names one repository or account",
        )


RULES: Final = (
    Rule(
        id="iam-boundary",
        title="Every role carries a permissions boundary",
        types=("aws:iam/role:Role",),
        asks="`permissionsBoundary` names a policy. Service-linked roles are AWS's own and another type.",
        why="Whatever is attached to a role one day, the boundary keeps it within its regions and away from evidence.",
        fix="set permissions_boundary to the environment's boundary",
        absent="Unset means no boundary: refused.",
        judge=setting("permissionsBoundary", test=is_set, allowed="the environment's permissions boundary"),
    ),
    Rule(
        id="iam-no-users",
        title="There are no IAM users, passwords and access keys",
        types=("aws:iam/user:*", "aws:iam/accessKey:*", "aws:iam/userLoginProfile:*"),
        asks="No user, access key or password is made.",
        why="Their credentials do not expire, and are found in places where nobody looked for them.",
        fix="give people a role through IAM Identity Center, and machines a role of their own",
        absent="Any such resource is refused, whatever its properties.",
        judge=_judge_users,
        standards=(checkov("CKV_AWS_273"),),
    ),
    Rule(
        id="iam-passwords",
        title="Passwords are long and not used twice",
        types=("aws:iam/accountPasswordPolicy:*",),
        asks=f"`minimumPasswordLength` is at least {_LENGTH}, `passwordReusePrevention` {_REUSE}.",
        why="Short or repeated passwords are guessed.",
        fix=f"set minimum_password_length to {_LENGTH} or more and password_reuse_prevention to {_REUSE}",
        absent="Unset means 6 characters and no memory: refused.",
        judge=_judge_passwords,
        standards=(cis("1.7"), cis("1.8"), fsbp("IAM.7")),
    ),
    Rule(
        id="iam-token-subject",
        title="Roles for tokens name whose tokens",
        types=("aws:iam/role:Role",),
        asks="A trust policy that allows `sts:AssumeRoleWithWebIdentity` has a `StringEquals` or `StringLike` "
        "condition on the issuer's `sub`, whose first two parts hold no wildcard.",
        why="A public issuer signs tokens for everybody: without the subject, any of its customers takes up the role.",
        fix="add a condition on ISSUER:sub, for example repo:acme/infrastructure:environment:production",
        absent="A role that trusts no tokens: passes.",
        judge=_judge_tokens,
        standards=(checkov("CKV_AWS_358"),),
    ),
)
