"""The permissions boundary: the most that any role of an environment may do, whatever its policies say.

A boundary grants nothing. It does not hold back what a resource's own policy grants to a role's session directly (IAM
User Guide, *Permissions boundaries for IAM entities*), which is why keys and buckets name principals in theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.identity.document import Clause, Document
from components.identity.place import Place
from components.identity.regions import pinned

SERVICES: Final = (
    "access-analyzer",
    "acm",
    "aps",
    "application-autoscaling",
    "autoscaling",
    "backup",
    "backup-storage",
    "bedrock",
    "budgets",
    "ce",
    "cloudtrail",
    "cloudwatch",
    "config",
    "dynamodb",
    "ebs",
    "ec2",
    "ec2messages",
    "ecr",
    "eks",
    "eks-auth",
    "elasticfilesystem",
    "elasticloadbalancing",
    "events",
    "guardduty",
    "health",
    "inspector2",
    "kms",
    "lambda",
    "logs",
    "network-firewall",
    "pi",
    "rds",
    "rds-db",
    "route53",
    "route53resolver",
    "s3",
    "scheduler",
    "secretsmanager",
    "securityhub",
    "servicequotas",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
    "support",
    "synthetics",
    "tag",
    "wafv2",
    "xray",
)
"""Services that an environment or its applications may use at all; any other, and any new one, stays closed."""

CARRYING: Final = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
"""What may be done with roles that carry the boundary, and with no others: these actions know the condition key
``iam:PermissionsBoundary`` (Service Authorization Reference, *AWS Identity and Access Management*)."""

LOOSENING: Final = (
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
)

USERS: Final = (
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateGroup",
    "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreateSAMLProvider",
    "iam:CreateServiceSpecificCredential",
    "iam:CreateUser",
    "iam:PutGroupPolicy",
    "iam:PutUserPolicy",
    "iam:Update*Key",
    "iam:UpdateLoginProfile",
    "iam:UpdateSAMLProvider",
    "iam:UploadSSHPublicKey",
)
"""Users, groups, their credentials, and trust in others' log-ins."""

EVIDENCE: Final = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket*",
    "s3:DeleteObjectVersion*",
    "s3:PutBucketAcl",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectLegalHold",
)

WITNESSES: Final = (
    "access-analyzer:DeleteAnalyzer",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "config:DeleteConfigurationRecorder",
    "config:DeleteDeliveryChannel",
    "config:StopConfigurationRecorder",
    "guardduty:DeleteDetector",
    "guardduty:UpdateDetector",
    "securityhub:DisableSecurityHub",
)

RECOVERY: Final = (
    "backup:DeleteBackupVault*",
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:PutBackupVaultAccessPolicy",
    "backup:PutBackupVaultLockConfiguration",
    "backup:UpdateRecoveryPointLifecycle",
    "kms:DeleteImportedKeyMaterial",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
)

OUTWARD: Final = (
    "dynamodb:PutResourcePolicy",
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "ecr:PutReplicationConfiguration",
    "kms:ReplicateKey",
    "kms:UpdatePrimaryRegion",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "rds:StartExportTask",
    "s3:PutReplicationConfiguration",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:ReplicateSecretToRegions",
)


def boundary(place: Place) -> Document:
    """The boundary of an environment."""
    return Document("boundary", f"The most that any role of {place.name} may do", [*_ceiling(place), *_floor(place)])


def _ceiling(place: Place) -> Sequence[Clause]:
    roles = [place.iam(f"role/{place.name}-*")]
    return [
        Clause(
            "Services",
            "A ceiling grants nothing: the roles' own policies name resources",
            [f"{service}:*" for service in SERVICES],
        ),
        Clause(
            "ReadIdentities",
            "Reading IAM reveals no secret",
            ["iam:Generate*", "iam:Get*", "iam:List*", "iam:Simulate*"],
        ),
        Clause("PassRoles", "Services take up the environment's own roles only", ["iam:PassRole"], roles),
        Clause(
            "LinkedRoles",
            "AWS's own services make their roles on first use; their names and policies are AWS's",
            ["iam:CreateServiceLinkedRole"],
            [place.iam("role/aws-service-role/*")],
        ),
        Clause(
            "CarryingRoles",
            "Roles may be made and changed only as long as they carry this boundary",
            CARRYING,
            roles,
            {"StringEquals": {"iam:PermissionsBoundary": [place.boundary]}},
        ),
        Clause(
            "RemoveRoles",
            "An environment can be taken down to its last role",
            ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRole", *LOOSENING],
            [*roles, place.iam(f"policy/{place.name}-*")],
        ),
    ]


def _floor(place: Place) -> Sequence[Clause]:
    evidence = [place.bucket(f"{kind}*") for kind in ("evidence", "logs")]
    vaults = place.arns("backup", "backup-vault:*")
    return [
        pinned(place.regions),
        Clause(
            "WithoutBoundary",
            "A role without the boundary would be the way around it",
            CARRYING,
            when={"StringNotEquals": {"iam:PermissionsBoundary": [place.boundary]}},
            deny=True,
        ),
        Clause(
            "Boundaries",
            "Nobody whom the boundary holds may take it off, or take up the role that makes it",
            ["iam:DeleteRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy"],
            deny=True,
        ),
        Clause(
            "BoundaryItself",
            "Nobody whom the boundary holds may widen it, nor the documents of the role that makes it",
            LOOSENING,
            [place.boundary, place.iam(f"policy/{place.name}-provision*")],
            deny=True,
        ),
        Clause(
            "Provision",
            "The role that makes the environment is taken up by the platform team alone",
            ["iam:DeleteRole", "iam:UpdateRole", "sts:AssumeRole"],
            [place.provision],
            deny=True,
        ),
        Clause(
            "Users",
            "People come through the client's directory, machines through roles: there are no users and no access keys",
            USERS,
            deny=True,
        ),
        Clause(
            "Evidence",
            "Evidence and logs are written, never unwritten",
            EVIDENCE,
            [*evidence, *(f"{bucket}/*" for bucket in evidence)],
            deny=True,
        ),
        Clause("Witnesses", "Whatever watches the account keeps watching", WITNESSES, deny=True),
        Clause("Recovery", "Recovery points and the keys that open them outlive every mistake", RECOVERY, deny=True),
        Clause("Outward", "No data is shared with, or copied to, others' accounts and regions", OUTWARD, deny=True),
        Clause(
            "CopiesOutward",
            "Recovery points are copied to vaults of this account in the residency regions only",
            ["backup:StartCopyJob"],
            when={"ForAnyValue:ArnNotLike": {"backup:CopyTargets": vaults}},
            deny=True,
        ),
        Clause(
            "Account",
            "The account stays what and where it is",
            [
                "account:CloseAccount",
                "account:DisableRegion",
                "account:EnableRegion",
                "organizations:LeaveOrganization",
            ],
            deny=True,
        ),
    ]
