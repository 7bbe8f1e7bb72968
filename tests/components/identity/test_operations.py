"""What each operation may do, and what it may not: its document and the boundary decide together."""

from __future__ import annotations

import pytest

from components.identity.boundary import boundary
from components.identity.operations import OPERATIONS
from components.identity.provision import provision
from tests.components.identity.evaluation import Request, allowed
from tests.components.identity.places import ACCOUNT, ACME, ELSEWHERE, HOME, RECOVERY, ask, role

RDS = f"arn:aws:rds:{HOME}:{ACCOUNT}"
DATABASE, COPY = f"{RDS}:db:acme-dev", f"{RDS}:db:acme-dev-drill-20261123"
OTHER_DATABASE = f"{RDS}:db:globex-dev"
INSTANCE = f"arn:aws:ec2:{HOME}:{ACCOUNT}:instance/i-1"
VPC = f"arn:aws:ec2:{HOME}:{ACCOUNT}:vpc/vpc-1"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1"
SECRET = f"arn:aws:secretsmanager:{HOME}:{ACCOUNT}:secret:rds!db-1"
RECORD = "arn:aws:s3:::acme-dev-evidence-1/2026/record.json"
LOGS = "arn:aws:s3:::acme-dev-logs-1/AWSLogs/x"
IMAGES = f"arn:aws:ecr:{HOME}:{ACCOUNT}:repository/acme-dev/shop"
CLUSTER = f"arn:aws:eks:{HOME}:{ACCOUNT}:cluster/acme-dev"
OURS = {"aws__ResourceTag/freehold__client": "acme", "aws__ResourceTag/freehold__stage": "dev"}
THEIRS = OURS | {"aws__ResourceTag/freehold__stage": "prod"}
NEW = {"aws__RequestTag/freehold__client": "acme", "aws__RequestTag/freehold__stage": "dev"}
FROM = "aws__ResourceTag/aws__rds__primaryDBInstanceArn"

MAY: dict[str, list[Request]] = {
    "maintain": [
        ask("rds:RebootDBInstance", DATABASE),
        ask("rds:ModifyDBInstance", DATABASE, rds__PubliclyAccessible="false"),
        ask("ec2:TerminateInstances", INSTANCE, **OURS),
        ask("secretsmanager:RotateSecret", SECRET),
        ask("s3:PutObject", RECORD),
    ],
    "drill": [
        ask("rds:RestoreDBInstanceToPointInTime", DATABASE),
        ask("rds:RestoreDBInstanceToPointInTime", COPY),
        ask("rds:DeleteDBInstance", COPY),
        ask("rds:DeleteDBInstance", COPY.replace(HOME, RECOVERY), region=RECOVERY),
        ask("secretsmanager:GetSecretValue", SECRET, **{FROM: COPY}),
        ask("kms:Decrypt", KEY, kms__ViaService=f"rds.{HOME}.amazonaws.com", **OURS),
        ask("cloudwatch:PutMetricData", cloudwatch__namespace="Freehold"),
        ask("s3:PutObject", RECORD),
    ],
    "audit": [
        ask("iam:GenerateCredentialReport", region=ELSEWHERE),
        ask("ec2:DescribeVpcs"),
        ask("s3:GetObjectVersion", RECORD),
        ask("s3:GetObject", LOGS),
        ask("kms:Decrypt", KEY, kms__ViaService=f"s3.{HOME}.amazonaws.com", **OURS),
    ],
    "deprovision": [
        ask("rds:DeleteDBInstance", DATABASE),
        ask("ec2:DeleteVpc", VPC, **OURS),
        ask("eks:DeleteCluster", CLUSTER),
        ask("iam:DeleteRole", role("acme-dev-nodes"), region=ELSEWHERE),
        ask("s3:PutObject", RECORD),
    ],
    "delivery": [
        ask("ecr:GetAuthorizationToken"),
        ask("ecr:PutImage", IMAGES),
        ask("eks:DescribeCluster", CLUSTER),
        ask("s3:PutObject", RECORD),
    ],
}

NOBODY = [
    ask("s3:DeleteObjectVersion", RECORD),
    ask("kms:ScheduleKeyDeletion", KEY, **OURS),
    ask("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/acme-dev"),
    ask("backup:DeleteRecoveryPoint", f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:1"),
    ask("iam:CreateUser", ACME.iam("user/x"), region=ELSEWHERE),
    ask("iam:CreateRole", role("acme-dev-x"), region=ELSEWHERE, iam__PermissionsBoundary=ACME.boundary),
    ask("iam:PutRolePolicy", role("acme-dev-audit"), region=ELSEWHERE, iam__PermissionsBoundary=ACME.boundary),
    ask("iam:UpdateAssumeRolePolicy", role("acme-dev-maintain"), region=ELSEWHERE),
    ask("iam:PassRole", role("freehold-provision")),
    ask("sts:AssumeRole", role("freehold-provision"), region=ELSEWHERE),
    ask("secretsmanager:GetSecretValue", SECRET, **{FROM: DATABASE}),
    ask("s3:GetObject", "arn:aws:s3:::acme-dev-uploads/customers.csv"),
    ask("rds:DeleteDBInstance", OTHER_DATABASE),
    ask("ec2:TerminateInstances", INSTANCE, **THEIRS),
    ask("rds:DeleteDBSnapshot", f"{RDS}:snapshot:acme-dev-final"),
    ask("rds:ModifyDBSnapshotAttribute", f"{RDS}:snapshot:acme-dev-1"),
]

MAY_NOT: dict[str, list[Request]] = {
    "maintain": [
        ask("rds:DeleteDBInstance", DATABASE),
        ask("rds:ModifyDBInstance", DATABASE, rds__PubliclyAccessible="true"),
        ask("eks:DeleteCluster", CLUSTER),
        ask("iam:DeleteRole", role("acme-dev-nodes"), region=ELSEWHERE),
    ],
    "drill": [
        ask("rds:DeleteDBInstance", DATABASE),
        ask("rds:ModifyDBInstance", DATABASE),
        ask("kms:Decrypt", KEY, **OURS),
        ask("rds:RestoreDBInstanceToPointInTime", COPY.replace(HOME, ELSEWHERE), region=ELSEWHERE),
    ],
    "audit": [
        ask("rds:RebootDBInstance", DATABASE),
        ask("s3:PutObject", RECORD),
        ask("ec2:TerminateInstances", INSTANCE, **OURS),
        ask("sqs:ReceiveMessage", f"arn:aws:sqs:{HOME}:{ACCOUNT}:acme-dev-jobs"),
        ask("kms:Decrypt", KEY, **OURS),
    ],
    "deprovision": [
        ask("rds:CreateDBInstance", DATABASE),
        ask("iam:DeletePolicy", ACME.boundary, region=ELSEWHERE),
        ask("iam:DeleteRole", role("freehold-provision"), region=ELSEWHERE),
        ask("ec2:DeleteVpc", VPC, **THEIRS),
    ],
    "delivery": [
        ask("ecr:BatchDeleteImage", IMAGES),
        ask("ecr:PutImage", IMAGES.replace("acme-dev", "acme-prod")),
        ask("eks:UpdateClusterConfig", CLUSTER),
        ask("rds:RebootDBInstance", DATABASE),
    ],
}


def decided(operation: str, request: Request) -> bool:
    """Whether a role of the operation may do it."""
    return allowed(request, [OPERATIONS[operation].document(ACME).text], [boundary(ACME).text])


@pytest.mark.parametrize(
    ("operation", "request_"),
    [pytest.param(name, one, id=f"{name}-{one.action}") for name, requests in MAY.items() for one in requests],
)
def test_it_may(operation: str, request_: Request) -> None:
    assert decided(operation, request_)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [pytest.param(name, one, id=f"{name}-{one.action}") for name in OPERATIONS for one in (*NOBODY, *MAY_NOT[name])],
)
def test_it_may_not(operation: str, request_: Request) -> None:
    assert not decided(operation, request_)


def test_every_operation_is_judged() -> None:
    assert OPERATIONS.keys() == MAY.keys() == MAY_NOT.keys()


PROVISION_MAY = [
    ask("ec2:CreateVpc", VPC, **NEW),
    ask("ec2:CreateSubnet", VPC, **OURS),
    ask("ec2:DeleteVpc", VPC, **OURS),
    ask("rds:CreateDBInstance", DATABASE),
    ask("kms:CreateKey", **NEW),
    ask("kms:PutKeyPolicy", KEY, **OURS),
    ask("eks:CreateCluster", CLUSTER),
    ask("iam:CreateRole", role("acme-dev-nodes"), region=ELSEWHERE, iam__PermissionsBoundary=ACME.boundary),
    ask("iam:CreatePolicyVersion", ACME.boundary, region=ELSEWHERE),
    ask("iam:PassRole", role("acme-dev-nodes"), region=ELSEWHERE),
    ask("iam:UpdateAccountPasswordPolicy", region=ELSEWHERE),
    ask("budgets:ModifyBudget", region=ELSEWHERE),
]

PROVISION_MAY_NOT = [
    ask("ec2:CreateVpc", VPC),
    ask("ec2:CreateVpc", VPC.replace(HOME, ELSEWHERE), region=ELSEWHERE, **NEW),
    ask("ec2:DeleteVpc", VPC, **THEIRS),
    ask("rds:DeleteDBInstance", OTHER_DATABASE),
    ask("kms:CreateKey", region=ELSEWHERE, **NEW),
    ask("kms:ScheduleKeyDeletion", KEY, **THEIRS),
    ask("iam:CreateRole", role("acme-dev-nodes"), region=ELSEWHERE),
    ask("iam:CreateRole", role("other"), region=ELSEWHERE, iam__PermissionsBoundary=ACME.boundary),
    ask("iam:AttachRolePolicy", role("freehold-provision"), region=ELSEWHERE),
    ask("iam:PutRolePolicy", role("freehold-provision"), region=ELSEWHERE),
    ask("iam:CreatePolicyVersion", ACME.iam("policy/acme-dev-provision-data"), region=ELSEWHERE),
    ask("iam:UpdateAssumeRolePolicy", role("freehold-provision"), region=ELSEWHERE),
    ask("iam:DeleteRolePermissionsBoundary", role("acme-dev-nodes"), region=ELSEWHERE),
    ask("iam:CreateUser", ACME.iam("user/acme-dev-x"), region=ELSEWHERE),
    ask("iam:CreateAccessKey", ACME.iam("user/x"), region=ELSEWHERE),
    ask("iam:PassRole", role("freehold-provision"), region=ELSEWHERE),
    ask("s3:GetObject", "arn:aws:s3:::acme-dev-uploads/customers.csv"),
    ask("secretsmanager:GetSecretValue", SECRET),
    ask("organizations:LeaveOrganization", region=ELSEWHERE),
]


@pytest.mark.parametrize("request_", PROVISION_MAY, ids=lambda request: str(request.action))
def test_provisioning_may(request_: Request) -> None:
    assert allowed(request_, [document.text for document in provision(ACME)])


@pytest.mark.parametrize("request_", PROVISION_MAY_NOT, ids=lambda request: str(request.action))
def test_provisioning_may_not(request_: Request) -> None:
    assert not allowed(request_, [document.text for document in provision(ACME)])
