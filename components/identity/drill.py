"""Drills: restore a copy beside the original, prove it, remove it. The original cannot be touched."""

from __future__ import annotations

from components.identity.document import Clause, Document
from components.identity.evidence import evidence
from components.identity.place import Place


def drill(place: Place) -> Document:
    """The document of the role ``CLIENT-STAGE-drill``. Copies are called ``CLIENT-STAGE-drill...``."""
    copies = f"{place.name}-drill*"
    settings = [place.arn("rds", f"{kind}:{place.name}*") for kind in ("og", "pg", "subgrp")]
    return Document(
        "drill",
        f"Restore drills of {place.name}",
        [
            Clause(
                "See",
                "Describing names no resource in these services; it shows settings, no data",
                [
                    "backup:Describe*",
                    "backup:GetRecoveryPointRestoreMetadata",
                    "backup:List*",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                    "kms:DescribeKey",
                    "rds:Describe*",
                    "rds:ListTagsForResource",
                ],
            ),
            Clause(
                "Restore",
                "From the environment's databases and their copies, to copies of the drill",
                [
                    "rds:AddTagsToResource",
                    "rds:RestoreDBInstanceFromDBSnapshot",
                    "rds:RestoreDBInstanceToPointInTime",
                ],
                [
                    *(place.arn("rds", f"{kind}:{place.name}*") for kind in ("auto-backup", "db", "snapshot")),
                    *place.arns("rds", "auto-backup:*", f"snapshot:rds:{place.name}*", "snapshot:awsbackup:*"),
                    *settings,
                ],
            ),
            Clause(
                "Copies",
                "Only copies of the drill are changed and deleted",
                ["rds:DeleteDBInstance", "rds:ModifyDBInstance"],
                [*place.arns("rds", f"db:{copies}"), *settings],
            ),
            Clause(
                "RestorePoints",
                "Restore recovery points of the environment's vaults",
                ["backup:StartRestoreJob"],
                place.arns("rds", f"snapshot:rds:{place.name}*", "snapshot:awsbackup:*")
                + place.arns("backup", "recovery-point:*"),
            ),
            Clause(
                "BackupRole",
                "AWS Backup works in the environment's role",
                ["iam:PassRole"],
                [place.iam(f"role/{place.name}-backup*")],
                {"StringEquals": {"iam:PassedToService": ["backup.amazonaws.com"]}},
            ),
            Clause(
                "Keys",
                "RDS opens the copy with the client's key; the role itself opens nothing",
                ["kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*"],
                place.arns("kms", "key/*"),
                {
                    "StringEquals": {
                        **place.own,
                        "kms:ViaService": [
                            f"{service}.{region}.amazonaws.com"
                            for region in place.regions
                            for service in ("rds", "secretsmanager")
                        ],
                    }
                },
            ),
            Clause(
                "CopyCredentials",
                "The copy's own credentials, which RDS makes with it, and not the original's",
                ["secretsmanager:CreateSecret", "secretsmanager:GetSecretValue", "secretsmanager:TagResource"],
                place.arns("secretsmanager", "secret:rds!*"),
                {"ArnLike": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": place.arns("rds", f"db:{copies}")}},
            ),
            Clause(
                "Figures",
                "How long it took; CloudWatch has no permissions by metric, but by namespace",
                ["cloudwatch:PutMetricData"],
                when={"StringEquals": {"cloudwatch:namespace": ["Freehold"]}},
            ),
            Clause("Tell", "A failed drill is an alarm", ["sns:Publish"], [place.arn("sns", f"{place.name}-*")]),
            *evidence(place, "drill"),
        ],
    )
