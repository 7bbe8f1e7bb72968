"""Cases of the hardening pack: databases, keys, messages, identities."""

from __future__ import annotations

import json

from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import ACCOUNT, HOME, UNKNOWN, Res

DATABASE = "aws:rds/instance:Instance"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1234"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def document(principal: object = "*", condition: object = None, **statement: object) -> str:
    """A policy document of one statement."""
    given = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": principal, **statement}
    if condition is not None:
        given["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [given]})


def grant(action: object, resource: object = "*", **statement: object) -> str:
    """An identity's policy document of one statement."""
    given = {"Effect": "Allow", "Action": action, "Resource": resource, **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": given})


def parameters(value: str, name: str = "rds.force_ssl", family: str = "postgres17") -> dict[str, object]:
    """A parameter group."""
    return {"family": family, "parameters": [{"name": "log_connections", "value": "1"}, {"name": name, "value": value}]}


ANYONE_CASES = (
    (document("*", {"StringEquals": {"kms:CallerAccount": ACCOUNT}}), PASSES),
    (document("*", {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}}), PASSES),
    (document("*", {"StringLike": {"aws:PrincipalAccount": "*"}}), FAILS),
    (document("*", {"StringNotEquals": {"kms:CallerAccount": ACCOUNT}}), FAILS),
    (document("*", {"StringEqualsIfExists": {"kms:CallerAccount": ACCOUNT}}), FAILS),
    (document("*", {"Bool": {"aws:SecureTransport": "true"}}), FAILS),
    (document({"AWS": ["*", ROOT]}), FAILS),
    (document({"Service": "logs.amazonaws.com"}), PASSES),
    (document(Effect="Deny"), PASSES),
    (json.dumps({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": "*"}]}), FAILS),
)

CASES: tuple[Cases, ...] = (
    one(
        "rds-encrypted",
        DATABASE,
        good={"storageEncrypted": True},
        bad={"storageEncrypted": False},
        at="storageEncrypted",
        unset=FAILS,
        unknown={"storageEncrypted": UNKNOWN},
        other=SUBNETS,
        more=[({"replicateSourceDb": "acme"}, PASSES), (Res("aws:rds/cluster:Cluster"), FAILS)],
    ),
    one(
        "rds-cmk",
        DATABASE,
        good={"kmsKeyId": KEY},
        bad={"kmsKeyId": ""},
        at="kmsKeyId",
        unset=FAILS,
        unknown={"kmsKeyId": UNKNOWN},
        other=SUBNETS,
        more=[
            ({"replicateSourceDb": "acme"}, PASSES),
            ({"replicateSourceDb": f"arn:aws:rds:{HOME}:{ACCOUNT}:db:acme"}, FAILS),
        ],
    ),
    one(
        "rds-private",
        DATABASE,
        good={"publiclyAccessible": False},
        bad={"publiclyAccessible": True},
        at="publiclyAccessible",
        unset=PASSES,
        unknown={"publiclyAccessible": UNKNOWN},
        other=SUBNETS,
        more=[(Res("aws:rds/clusterInstance:ClusterInstance", {"publiclyAccessible": True}), FAILS)],
    ),
    one(
        "rds-multi-az",
        DATABASE,
        good={"multiAz": True},
        bad={"multiAz": False},
        at="multiAz",
        unset=FAILS,
        unknown={"multiAz": UNKNOWN},
        other=SUBNETS,
        more=[({"replicateSourceDb": "acme"}, PASSES)],
    ),
    one(
        "rds-backups",
        DATABASE,
        good={"backupRetentionPeriod": 7.0},
        bad={"backupRetentionPeriod": 6.0},
        at="backupRetentionPeriod = 6",
        unset=FAILS,
        unknown={"backupRetentionPeriod": UNKNOWN},
        other=SUBNETS,
        more=[
            ({"replicateSourceDb": "acme"}, PASSES),
            ({"replicateSourceDb": "acme", "backupRetentionPeriod": 1.0}, FAILS),
        ],
    ),
    one(
        "rds-deletion-protection",
        DATABASE,
        good={"deletionProtection": True},
        bad={"deletionProtection": False},
        at="deletionProtection",
        unset=FAILS,
        unknown={"deletionProtection": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "rds-final-snapshot",
        DATABASE,
        good={"skipFinalSnapshot": False},
        bad={"skipFinalSnapshot": True},
        at="skipFinalSnapshot",
        unset=PASSES,
        unknown={"skipFinalSnapshot": UNKNOWN},
        other=SUBNETS,
        more=[({"skipFinalSnapshot": True, "replicateSourceDb": "acme"}, PASSES)],
    ),
    one(
        "rds-iam-auth",
        DATABASE,
        good={"iamDatabaseAuthenticationEnabled": True},
        bad={"iamDatabaseAuthenticationEnabled": False},
        at="iamDatabaseAuthenticationEnabled",
        unset=FAILS,
        unknown={"iamDatabaseAuthenticationEnabled": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "rds-managed-password",
        DATABASE,
        good={"manageMasterUserPassword": True},
        bad={"manageMasterUserPassword": True, "password": "hunter2"},
        at="password",
        unset=FAILS,
        unknown={"manageMasterUserPassword": UNKNOWN},
        other=SUBNETS,
        more=[
            ({"manageMasterUserPassword": True, "password": UNKNOWN}, UNDECIDED),
            ({"snapshotIdentifier": "before"}, PASSES),
            (Res("aws:rds/cluster:Cluster", {"masterPassword": "hunter2"}), FAILS),
        ],
    ),
    one(
        "rds-tls-forced",
        "aws:rds/parameterGroup:ParameterGroup",
        good=parameters("1"),
        bad=parameters("0"),
        at="parameters",
        unset=FAILS,
        unset_props={"family": "postgres17"},
        unknown={"family": "postgres17", "parameters": UNKNOWN},
        other=SUBNETS,
        more=[
            ({"family": UNKNOWN}, UNDECIDED),
            (parameters(UNKNOWN), UNDECIDED),
            (parameters("1", name=UNKNOWN), UNDECIDED),
            (parameters("ON", name="require_secure_transport", family="mysql8.4"), PASSES),
            (parameters("1", family="mysql8.4"), FAILS),
            ({"family": "oracle-ee-19"}, PASSES),
        ],
    ),
    one(
        "rds-own-parameter-group",
        DATABASE,
        good={"parameterGroupName": "acme-postgres"},
        bad={"parameterGroupName": "default.postgres17"},
        at="parameterGroupName",
        unset=FAILS,
        unknown={"parameterGroupName": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "kms-rotation",
        "aws:kms/key:Key",
        good={"enableKeyRotation": True},
        bad={"enableKeyRotation": False},
        at="enableKeyRotation",
        unset=FAILS,
        unknown={"enableKeyRotation": UNKNOWN},
        other="aws:kms/alias:Alias",
        more=[
            ({"customerMasterKeySpec": "RSA_2048"}, PASSES),
            ({"keyUsage": "SIGN_VERIFY"}, PASSES),
            ({"keyUsage": UNKNOWN}, UNDECIDED),
            ({"keyUsage": "ENCRYPT_DECRYPT"}, FAILS),
        ],
    ),
    one(
        "kms-no-wildcard-principal",
        "aws:kms/key:Key",
        good={"policy": document({"AWS": ROOT})},
        bad={"policy": document()},
        at="policy.Statement[0]",
        unset=PASSES,
        unknown={"policy": UNKNOWN},
        other="aws:kms/alias:Alias",
        more=[*(({"policy": policy}, result) for policy, result in ANYONE_CASES)],
    ),
    one(
        "secret-cmk",
        "aws:secretsmanager/secret:Secret",
        good={"kmsKeyId": KEY},
        bad={"kmsKeyId": ""},
        at="kmsKeyId",
        unset=FAILS,
        unknown={"kmsKeyId": UNKNOWN},
        other="aws:secretsmanager/secretVersion:SecretVersion",
    ),
    one(
        "logs-cmk",
        "aws:cloudwatch/logGroup:LogGroup",
        good={"kmsKeyId": KEY},
        bad={"kmsKeyId": ""},
        at="kmsKeyId",
        unset=FAILS,
        unknown={"kmsKeyId": UNKNOWN},
        other="aws:cloudwatch/logStream:LogStream",
    ),
    one(
        "logs-retention",
        "aws:cloudwatch/logGroup:LogGroup",
        good={"retentionInDays": 365.0},
        bad={"retentionInDays": 0.0},
        at="retentionInDays",
        unset=FAILS,
        unknown={"retentionInDays": UNKNOWN},
        other="aws:cloudwatch/logStream:LogStream",
    ),
    one(
        "sns-cmk",
        "aws:sns/topic:Topic",
        good={"kmsMasterKeyId": KEY},
        bad={"kmsMasterKeyId": "alias/aws/sns"},
        at="kmsMasterKeyId",
        unset=FAILS,
        unknown={"kmsMasterKeyId": UNKNOWN},
        other="aws:sns/topicPolicy:TopicPolicy",
    ),
    one(
        "sns-not-public",
        "aws:sns/topicPolicy:TopicPolicy",
        good={"policy": document({"Service": "cloudwatch.amazonaws.com"})},
        bad={"policy": document()},
        at="policy.Statement[0]",
        unset=PASSES,
        unknown={"policy": UNKNOWN},
        other="aws:sns/topicSubscription:TopicSubscription",
        more=[
            (Res("aws:sns/topic:Topic", {"policy": document()}), FAILS),
            *(({"policy": policy}, result) for policy, result in ANYONE_CASES),
        ],
    ),
    one(
        "sqs-encrypted",
        "aws:sqs/queue:Queue",
        good={"sqsManagedSseEnabled": True},
        bad={"sqsManagedSseEnabled": False},
        at="sqsManagedSseEnabled",
        unset=PASSES,
        unknown={"sqsManagedSseEnabled": UNKNOWN},
        other="aws:sqs/queuePolicy:QueuePolicy",
        more=[
            ({"kmsMasterKeyId": KEY, "sqsManagedSseEnabled": False}, PASSES),
            ({"kmsMasterKeyId": UNKNOWN, "sqsManagedSseEnabled": False}, UNDECIDED),
        ],
    ),
    one(
        "iam-no-admin-document",
        "aws:iam/rolePolicy:RolePolicy",
        good={"policy": grant(["s3:GetObject", "s3:*"])},
        bad={"policy": grant(["s3:GetObject", "*"])},
        at="policy.Statement",
        unset=PASSES,
        unknown={"policy": UNKNOWN},
        other="aws:iam/instanceProfile:InstanceProfile",
        more=[
            ({"policy": grant("*:*")}, FAILS),
            ({"policy": grant("*", "arn:aws:s3:::b/*")}, PASSES),
            ({"policy": grant("*", Effect="Deny")}, PASSES),
            (
                {"policy": json.dumps({"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]})},
                FAILS,
            ),
            ({"policy": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}, FAILS),
            ({"policy": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": UNKNOWN}]}}, UNDECIDED),
            (Res("aws:iam/role:Role", {"inlinePolicies": [{"policy": grant("*")}]}), FAILS),
        ],
    ),
    one(
        "iam-no-admin-attachment",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        good={"policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        bad={"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        at="policyArn",
        unset=PASSES,
        unknown={"policyArn": UNKNOWN},
        other="aws:iam/instanceProfile:InstanceProfile",
        more=[
            ({"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess"}, PASSES),
            (
                Res(
                    "aws:iam/role:Role", {"managedPolicyArns": ["arn:aws:iam::aws:policy/job-function/PowerUserAccess"]}
                ),
                FAILS,
            ),
        ],
    ),
    one(
        "iam-trust-named",
        "aws:iam/role:Role",
        good={"assumeRolePolicy": document({"Service": "eks.amazonaws.com"}, Action="sts:AssumeRole")},
        bad={"assumeRolePolicy": document({"AWS": "*"}, Action="sts:AssumeRole")},
        at="assumeRolePolicy.Statement[0]",
        unset=PASSES,
        unknown={"assumeRolePolicy": UNKNOWN},
        other="aws:iam/rolePolicy:RolePolicy",
    ),
)
