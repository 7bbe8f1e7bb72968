"""Maintenance: restart, patch and back up what runs; make nothing new, delete nothing."""

from __future__ import annotations

from components.identity.document import Clause, Document
from components.identity.evidence import evidence
from components.identity.place import Place


def maintain(place: Place) -> Document:
    """The document of the role ``CLIENT-STAGE-maintain``."""
    names = f"{place.name}*"
    return Document(
        "maintain",
        f"Maintenance of {place.name}",
        [
            Clause(
                "See",
                "Describing names no resource in these services; it shows settings and figures, no data",
                [
                    "backup:List*",
                    "cloudwatch:Describe*",
                    "cloudwatch:GetMetric*",
                    "cloudwatch:List*",
                    "ec2:Describe*",
                    "eks:DescribeAddonVersions",
                    "eks:DescribeClusterVersions",
                    "eks:ListClusters",
                    "health:Describe*",
                    "logs:DescribeLogGroups",
                    "logs:GetQueryResults",
                    "logs:StopQuery",
                    "rds:Describe*",
                    "tag:GetResources",
                ],
            ),
            Clause(
                "Databases",
                "Restart, patch and copy the environment's databases",
                [
                    "rds:AddTagsToResource",
                    "rds:ApplyPendingMaintenanceAction",
                    "rds:CreateDBSnapshot",
                    "rds:ListTagsForResource",
                    "rds:ModifyDBInstance",
                    "rds:RebootDBInstance",
                    "rds:StartDBInstance",
                ],
                [place.arn("rds", f"{kind}:{names}") for kind in ("db", "pg", "snapshot")],
            ),
            Clause(
                "NoExposure",
                "Maintenance does not make a database public, nor take its guard off: the program does, if anybody",
                ["rds:ModifyDBInstance"],
                when={"Bool": {"rds:PubliclyAccessible": ["true"]}},
                deny=True,
            ),
            Clause(
                "Cluster",
                "Renew nodes and add-ons",
                [
                    "eks:Describe*",
                    "eks:List*",
                    "eks:UpdateAddon",
                    "eks:UpdateNodegroupConfig",
                    "eks:UpdateNodegroupVersion",
                ],
                [
                    place.arn("eks", f"cluster/{place.name}"),
                    *(place.arn("eks", f"{kind}/{place.name}/*") for kind in ("addon", "nodegroup")),
                ],
            ),
            Clause(
                "Nodes",
                "Replace a node that is ill: its group starts another",
                ["ec2:RebootInstances", "ec2:TerminateInstances"],
                [place.arn("ec2", "instance/*")],
                {"StringEquals": place.own},
            ),
            Clause(
                "Backups",
                "A backup before a risky change",
                ["backup:Describe*", "backup:StartBackupJob"],
                place.arns("backup", f"backup-vault:{names}"),
            ),
            Clause(
                "BackupRole",
                "AWS Backup works in the environment's role",
                ["iam:PassRole"],
                [place.iam(f"role/{place.name}-backup*")],
                {"StringEquals": {"iam:PassedToService": ["backup.amazonaws.com"]}},
            ),
            Clause(
                "Alarms",
                "Try alarms, and hold them during a change",
                ["cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions", "cloudwatch:SetAlarmState"],
                [place.arn("cloudwatch", f"alarm:{names}")],
            ),
            Clause(
                "Logs",
                "Read what services of the environment log",
                ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
                [place.arn("logs", f"log-group:{path}") for path in (f"/aws/*/{names}", f"/freehold/{names}")],
            ),
            Clause(
                "Rotate",
                "New credentials for the database's master user, unread",
                ["secretsmanager:DescribeSecret", "secretsmanager:RotateSecret"],
                [place.arn("secretsmanager", "secret:rds!*")],
            ),
            *evidence(place, "maintenance"),
        ],
    )
