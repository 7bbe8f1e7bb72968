"""The service control policy: what the client's organization holds the whole account to, whoever acts in it.

The account's root user and the role that makes the environment are held by it as well; AWS's service-linked roles are
not (AWS Organizations User Guide, *Service control policies*).
"""

from __future__ import annotations

from components.identity.document import Clause, Document
from components.identity.place import Place
from components.identity.regions import pinned


def organization(place: Place) -> Document:
    """The policy of an environment's account."""
    root = {"ArnLike": {"aws:PrincipalArn": [f"arn:{place.partition}:iam::*:root"]}}
    return Document(
        "scp",
        f"Holds the account of {place.name} to its regions, its trail and its organization",
        [
            pinned(place.regions),
            Clause(
                "Organization",
                "An account that leaves its organization leaves its rules",
                ["organizations:LeaveOrganization", "account:CloseAccount"],
                deny=True,
            ),
            Clause(
                "Regions",
                "No region is opened in which nothing may be",
                ["account:DisableRegion", "account:EnableRegion"],
                deny=True,
            ),
            Clause(
                "RootUser",
                "The root user does nothing from day to day (CIS AWS Foundations Benchmark v5.0.0, 1.6)",
                ["*"],
                when=root,
                deny=True,
            ),
            Clause(
                "Users",
                "People come through the client's directory: no access keys, no passwords",
                ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser"],
                deny=True,
            ),
            Clause(
                "Witnesses",
                "Trail, recorder and detector keep watching; the environment itself only starts and renews them",
                [
                    "cloudtrail:DeleteTrail",
                    "cloudtrail:StopLogging",
                    "config:DeleteConfigurationRecorder",
                    "config:DeleteDeliveryChannel",
                    "config:StopConfigurationRecorder",
                    "guardduty:DeleteDetector",
                    "guardduty:DisassociateFromAdministratorAccount",
                    "guardduty:StopMonitoringMembers",
                    "securityhub:DisableSecurityHub",
                ],
                deny=True,
            ),
            Clause(
                "Evidence",
                "Evidence and logs are written, never unwritten",
                ["s3:BypassGovernanceRetention", "s3:DeleteBucket", "s3:DeleteObjectVersion"],
                [one for kind in ("evidence*", "logs*") for one in (place.bucket(kind), f"{place.bucket(kind)}/*")],
                deny=True,
            ),
            Clause(
                "Outward",
                "No key, secret or snapshot is copied to another region, or shared with another account",
                [
                    "ec2:ModifyImageAttribute",
                    "ec2:ModifySnapshotAttribute",
                    "kms:ReplicateKey",
                    "ram:AssociateResourceShare",
                    "ram:CreateResourceShare",
                    "rds:ModifyDBClusterSnapshotAttribute",
                    "rds:ModifyDBSnapshotAttribute",
                    "secretsmanager:ReplicateSecretToRegions",
                ],
                deny=True,
            ),
        ],
    )
