"""Cases of the hardening pack: users, boundaries, passwords, tokens."""

from __future__ import annotations

import json

from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import ACCOUNT, UNKNOWN, Res

ROLE = "aws:iam/role:Role"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/acme-dev-boundary"
ISSUER = "token.actions.githubusercontent.com"
SUBJECT = "repo:acme/infrastructure:environment:production"


def token(operator: str = "StringEquals", subject: object = SUBJECT, key: str = "sub") -> dict[str, object]:
    """A role for tokens of an issuer."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: {f"{ISSUER}:{key}": subject}},
    }
    return {"assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


CASES: tuple[Cases, ...] = (
    one(
        "iam-boundary",
        ROLE,
        good={"permissionsBoundary": BOUNDARY},
        bad={"permissionsBoundary": ""},
        at="permissionsBoundary",
        unset=FAILS,
        unknown={"permissionsBoundary": UNKNOWN},
        other="aws:iam/serviceLinkedRole:ServiceLinkedRole",
    ),
    Cases(
        rule="iam-no-users",
        good=[Res(ROLE, {"name": "acme-dev-nodes"})],
        bad=[Res("aws:iam/user:User", {"name": "mallory"})],
        at="name",
        unset=([Res("aws:iam/user:User", {})], FAILS),
        unknown=([Res("aws:iam/user:User", {"name": UNKNOWN})], FAILS),
        other=[Res("aws:iam/userPolicy:UserPolicy", {"name": "mallory"})],
        more=[([Res("aws:iam/accessKey:AccessKey", {"user": "mallory"})], FAILS)],
    ),
    one(
        "iam-passwords",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        good={"minimumPasswordLength": 14, "passwordReusePrevention": 24},
        bad={"minimumPasswordLength": 13, "passwordReusePrevention": 24},
        at="minimumPasswordLength",
        unset=FAILS,
        unknown={"minimumPasswordLength": UNKNOWN, "passwordReusePrevention": 24},
        more=[({"minimumPasswordLength": 14, "passwordReusePrevention": 5}, FAILS)],
    ),
    one(
        "iam-token-subject",
        ROLE,
        good=token(),
        bad=token(key="aud", subject="sts.amazonaws.com"),
        at="assumeRolePolicy.Statement[0]",
        unset=PASSES,
        unknown={"assumeRolePolicy": UNKNOWN},
        unknown_is=UNDECIDED,
        other="aws:iam/rolePolicy:RolePolicy",
        more=[
            (token("StringLike", "repo:acme/infrastructure:*"), PASSES),
            (token("StringLike", "repo:acme/*:environment:production"), FAILS),
            (token("StringLike", "*"), FAILS),
            (token("StringNotEquals"), FAILS),
            (token(subject=[SUBJECT, "repo:acme/*"]), FAILS),
        ],
    ),
)
