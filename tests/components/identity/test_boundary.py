"""What the boundary holds back, even from a role that may do everything."""

from __future__ import annotations

import json

import pytest

from components.identity.boundary import boundary
from components.identity.document import POLICY_LONGEST
from components.identity.place import Place
from tests.components.identity.evaluation import Request, allowed
from tests.components.identity.places import ACCOUNT, ACME, ELSEWHERE, HOME, LONGEST, RECOVERY, ask, role
from tests.components.recording import Recording

EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
BOUNDARY = boundary(ACME).text
NODES, PROVISION = role("acme-dev-nodes"), role("freehold-provision")
WITH, OTHER = ACME.boundary, ACME.iam("policy/other")
VAULT = f"arn:aws:backup:{RECOVERY}:{ACCOUNT}:backup-vault:acme-dev"
EVIDENCE = "arn:aws:s3:::acme-dev-evidence-111111111111"


def passes(request: Request) -> bool:
    return allowed(request, [EVERYTHING], [BOUNDARY])


@pytest.mark.parametrize(
    "request_",
    [
        ask("rds:CreateDBInstance"),
        ask("rds:CopyDBSnapshot", region=RECOVERY),
        ask("iam:GetRole", NODES, region=ELSEWHERE),
        ask("iam:GetRole", PROVISION, region=ELSEWHERE),
        ask("iam:ListUsers", region=ELSEWHERE),
        ask("iam:GenerateCredentialReport", region=ELSEWHERE),
        ask("iam:CreateRole", NODES, region=ELSEWHERE, iam__PermissionsBoundary=WITH),
        ask("iam:PutRolePolicy", NODES, region=ELSEWHERE, iam__PermissionsBoundary=WITH),
        ask("iam:PassRole", NODES),
        ask("iam:DeleteRole", NODES, region=ELSEWHERE),
        ask("sts:AssumeRole", NODES, region=ELSEWHERE),
        ask("s3:PutObject", f"{EVIDENCE}/2026/record.json"),
        ask("s3:PutObjectRetention", f"{EVIDENCE}/2026/record.json"),
        ask("s3:DeleteObject", "arn:aws:s3:::acme-dev-uploads/x"),
        ask("s3:DeleteObjectVersion", "arn:aws:s3:::acme-dev-uploads/x"),
        ask("backup:StartCopyJob", backup__CopyTargets=VAULT),
        ask("kms:Decrypt", f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1"),
        ask("cloudtrail:LookupEvents"),
    ],
    ids=lambda request: f"{request.action}",
)
def test_what_an_environment_needs_stays_open(request_: Request) -> None:
    assert passes(request_)


@pytest.mark.parametrize(
    "request_",
    [
        ask("rds:CreateDBInstance", region=ELSEWHERE),
        ask("s3:CreateBucket", "arn:aws:s3:::acme-dev-x", region="eu-west-2"),
        ask("kms:Encrypt", region=ELSEWHERE),
        ask("sagemaker:CreateEndpoint"),
        ask("ram:CreateResourceShare"),
        ask("iam:CreateRole", NODES, region=ELSEWHERE),
        ask("iam:CreateRole", NODES, region=ELSEWHERE, iam__PermissionsBoundary=OTHER),
        ask("iam:CreateRole", role("other"), region=ELSEWHERE, iam__PermissionsBoundary=WITH),
        ask("iam:AttachRolePolicy", NODES, region=ELSEWHERE),
        ask("iam:PutRolePolicy", PROVISION, region=ELSEWHERE),
        ask("iam:PutRolePermissionsBoundary", NODES, region=ELSEWHERE, iam__PermissionsBoundary=OTHER),
        ask("iam:DeleteRolePermissionsBoundary", NODES, region=ELSEWHERE, iam__PermissionsBoundary=WITH),
        ask("iam:UpdateAssumeRolePolicy", NODES, region=ELSEWHERE),
        ask("iam:UpdateAssumeRolePolicy", PROVISION, region=ELSEWHERE),
        ask("iam:PassRole", PROVISION),
        ask("iam:PassRole", role("OrganizationAccountAccessRole")),
        ask("sts:AssumeRole", PROVISION, region=ELSEWHERE),
        ask("iam:CreatePolicyVersion", ACME.boundary, region=ELSEWHERE),
        ask("iam:SetDefaultPolicyVersion", ACME.boundary, region=ELSEWHERE),
        ask("iam:DeletePolicy", ACME.boundary, region=ELSEWHERE),
        ask("iam:CreatePolicyVersion", ACME.iam("policy/acme-dev-provision-data"), region=ELSEWHERE),
        ask("iam:CreatePolicyVersion", ACME.iam("policy/others"), region=ELSEWHERE),
        ask("iam:CreateUser", ACME.iam("user/mallory"), region=ELSEWHERE, iam__PermissionsBoundary=WITH),
        ask("iam:CreateAccessKey", ACME.iam("user/mallory"), region=ELSEWHERE),
        ask("iam:CreateLoginProfile", ACME.iam("user/mallory"), region=ELSEWHERE),
        ask("iam:CreateOpenIDConnectProvider", region=ELSEWHERE),
        ask("iam:UpdateAccessKey", ACME.iam("user/mallory"), region=ELSEWHERE),
        ask("s3:DeleteObjectVersion", f"{EVIDENCE}/2026/record.json"),
        ask("s3:BypassGovernanceRetention", f"{EVIDENCE}/2026/record.json"),
        ask("s3:DeleteBucket", EVIDENCE),
        ask("s3:PutBucketPolicy", "arn:aws:s3:::acme-dev-logs-111111111111"),
        ask("s3:DeleteBucketPolicy", EVIDENCE),
        ask("s3:PutLifecycleConfiguration", EVIDENCE),
        ask("s3:PutReplicationConfiguration", "arn:aws:s3:::acme-dev-uploads"),
        ask("cloudtrail:StopLogging"),
        ask("cloudtrail:DeleteTrail"),
        ask("config:StopConfigurationRecorder"),
        ask("guardduty:DeleteDetector"),
        ask("backup:DeleteRecoveryPoint"),
        ask("backup:DeleteBackupVaultLockConfiguration"),
        ask("backup:StartCopyJob", backup__CopyTargets=f"arn:aws:backup:{ELSEWHERE}:{ACCOUNT}:backup-vault:x"),
        ask("backup:StartCopyJob", backup__CopyTargets=f"arn:aws:backup:{HOME}:222222222222:backup-vault:x"),
        ask("kms:ScheduleKeyDeletion"),
        ask("kms:DisableKey"),
        ask("kms:PutKeyPolicy"),
        ask("kms:ReplicateKey"),
        ask("rds:ModifyDBSnapshotAttribute"),
        ask("ec2:ModifySnapshotAttribute"),
        ask("organizations:LeaveOrganization", region=ELSEWHERE),
        ask("account:EnableRegion", region=ELSEWHERE),
    ],
    ids=lambda request: f"{request.action} {request.resource} {request.context['aws:RequestedRegion']}",
)
def test_what_nobody_may_do_is_closed(request_: Request) -> None:
    assert allowed(request_, [EVERYTHING])
    assert not passes(request_)


def test_it_fits_into_a_managed_policy() -> None:
    assert boundary(LONGEST).size <= POLICY_LONGEST


def test_every_role_carries_it(environment: Recording) -> None:
    policy = environment.one("iam/policy:Policy", "boundary")
    name = policy.inputs["name"]
    assert policy.inputs["policy"] == boundary_of(environment)
    roles = environment.of("iam/role:Role")
    assert roles
    for found in roles:
        assert found.inputs["permissionsBoundary"].endswith("/boundary"), found.name
    assert name == f"{environment.outputs['client']}-{environment.outputs['stage']}-boundary"


def boundary_of(environment: Recording) -> str:
    """The boundary that belongs to a recorded environment."""
    out = environment.outputs
    place = Place(
        out["client"],
        out["stage"],
        out["account_id"],
        out["region"],
        out["recovery_region"],
        "aws",
        out["provision_role_arn"].rpartition("/")[2],
    )
    return boundary(place).text
