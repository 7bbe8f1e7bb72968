"""IAM."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import TAGS, Case
from tests.sandbox.plugins.aws.world import policy, trust

CASES: Sequence[Case] = (
    Case(
        "aws:iam/role:Role",
        lambda w: {
            "assumeRolePolicy": trust("ec2.amazonaws.com"),
            "description": "nodes",
            "maxSessionDuration": 7200,
            "path": "/freehold/",
            "permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
            "managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "inlinePolicies": [{"name": "own", "policy": policy("s3:GetObject")}],
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {
            "assumeRolePolicy": trust("eks.amazonaws.com"),
            "description": "cluster",
            "path": "/freehold/",
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
            "inlinePolicies": [{"name": "others", "policy": policy("s3:PutObject")}],
        },
        replace=lambda w: {"assumeRolePolicy": trust("ec2.amazonaws.com"), "path": "/other/"},
        tamper=lambda w, o: w.client("iam").delete_role_permissions_boundary(RoleName=o.id),
        drifted=("permissionsBoundary",),
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.node_role.id, "name": "logs", "policy": policy("logs:PutLogEvents")},
        r"nodes-[0-9a-f]{7}:logs",
        update=lambda w: {"role": w.node_role.id, "name": "logs", "policy": policy("logs:CreateLogStream")},
        replace=lambda w: {"role": w.cluster_role.id, "name": "logs", "policy": policy("logs:PutLogEvents")},
        tamper=lambda w, o: w.client("iam").put_role_policy(
            RoleName=w.node_role.id, PolicyName="logs", PolicyDocument=policy("*")
        ),
        drifted=("policy",),
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.node_role.id, "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        r"nodes-[0-9a-f]{7}-arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        update=None,
        replace=lambda w: {"role": w.node_role.id, "policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"},
        tamper=None,
        imports=("{role}/{policyArn}",),
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda w: {
            "description": "the most that a role may do",
            "path": "/freehold/",
            "policy": policy("s3:GetObject"),
            "tags": TAGS,
        },
        r"arn:aws:iam::555555555555:policy/freehold/case-[0-9a-f]{7}",
        update=lambda w: {
            "description": "the most that a role may do",
            "path": "/freehold/",
            "policy": policy("s3:PutObject"),
        },
        replace=lambda w: {"description": "another", "path": "/freehold/", "policy": policy("s3:GetObject")},
        tamper=lambda w, o: w.client("iam").create_policy_version(
            PolicyArn=o.id, PolicyDocument=policy("*"), SetAsDefault=True
        ),
        drifted=("policy",),
    ),
    Case(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        lambda w: {
            "url": "https://token.example.test/issuer",
            "clientIdLists": ["sts.amazonaws.com", "another"],
            "thumbprintLists": ["0123456789abcdef0123456789abcdef01234567"],
            "tags": TAGS,
        },
        r"arn:aws:iam::555555555555:oidc-provider/token\.example\.test/issuer",
        update=lambda w: {
            "url": "https://token.example.test/issuer",
            "clientIdLists": ["sts.amazonaws.com", "third"],
            "thumbprintLists": ["89abcdef0123456789abcdef0123456789abcdef"],
        },
        replace=lambda w: {"url": "https://token.example.test/other", "clientIdLists": ["sts.amazonaws.com"]},
        tamper=lambda w, o: w.client("iam").add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=o.id, ClientID="mallory"
        ),
        drifted=("clientIdLists",),
    ),
    Case(
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        lambda w: {
            "allowUsersToChangePassword": True,
            "hardExpiry": False,
            "maxPasswordAge": 90,
            "minimumPasswordLength": 14,
            "passwordReusePrevention": 24,
            "requireLowercaseCharacters": True,
            "requireNumbers": True,
            "requireSymbols": True,
            "requireUppercaseCharacters": True,
        },
        r"iam-account-password-policy",
        update=lambda w: {"allowUsersToChangePassword": True, "minimumPasswordLength": 20, "maxPasswordAge": 60},
        replace=None,
        tamper=lambda w, o: w.client("iam").update_account_password_policy(
            MinimumPasswordLength=8, AllowUsersToChangePassword=True
        ),
        drifted=("minimumPasswordLength",),
    ),
)
