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
        r"arn:aws:iam::111111111111:policy/freehold/case-[0-9a-f]{7}",
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
)
