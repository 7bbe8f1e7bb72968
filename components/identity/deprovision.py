"""Deprovisioning: take down what serves. Evidence, trails, vaults and keys outlast it: the boundary sees to that."""

from __future__ import annotations

from components.identity.document import Clause, Document
from components.identity.evidence import evidence
from components.identity.place import Place


def deprovision(place: Place) -> Document:
    """The document of the role ``CLIENT-STAGE-deprovision``."""
    names = f"{place.name}*"
    return Document(
        "deprovision",
        f"Takes {place.name} down",
        [
            Clause(
                "See",
                "Describing names no resource in these services; it shows settings, no data",
                [
                    "backup:List*",
                    "cloudwatch:Describe*",
                    "ec2:Describe*",
                    "eks:List*",
                    "elasticloadbalancing:Describe*",
                    "iam:Get*",
                    "iam:List*",
                    "kms:Describe*",
                    "kms:List*",
                    "logs:Describe*",
                    "rds:Describe*",
                    "tag:GetResources",
                ],
            ),
            Clause(
                "Network",
                "What bears the environment's tags",
                [
                    "ec2:Delete*",
                    "ec2:Detach*",
                    "ec2:Disassociate*",
                    "ec2:ReleaseAddress",
                    "ec2:Revoke*",
                    "ec2:TerminateInstances",
                ],
                [place.arn("ec2", "*")],
                {"StringEquals": place.own},
            ),
            Clause(
                "Databases",
                "Databases go with a last snapshot, which stays",
                ["rds:AddTagsToResource", "rds:CreateDBSnapshot", "rds:Delete*", "rds:ModifyDBInstance"],
                [place.arn("rds", f"{kind}:{names}") for kind in ("db", "og", "pg", "snapshot", "subgrp")],
            ),
            Clause(
                "LastSnapshots",
                "The last snapshots outlive the environment: whoever removes them is the client",
                ["rds:DeleteDBSnapshot"],
                deny=True,
            ),
            Clause(
                "Cluster",
                "The cluster and what belongs to it",
                ["eks:Delete*", "eks:Describe*", "eks:DisassociateAccessPolicy", "eks:UpdateClusterConfig"],
                [
                    place.arn("eks", f"cluster/{place.name}"),
                    *(
                        place.arn("eks", f"{kind}/{place.name}/*")
                        for kind in ("access-entry", "addon", "nodegroup", "podidentityassociation")
                    ),
                ],
            ),
            Clause(
                "Edge",
                "Load balancers, filters, queues, topics, alarms, schedules, images",
                [
                    "cloudwatch:DeleteAlarms",
                    "ecr:BatchDeleteImage",
                    "ecr:DeleteRepository",
                    "elasticloadbalancing:Delete*",
                    "events:DeleteRule",
                    "events:RemoveTargets",
                    "lambda:DeleteFunction",
                    "network-firewall:Delete*",
                    "scheduler:DeleteSchedule*",
                    "sns:DeleteTopic",
                    "sqs:DeleteQueue",
                    "wafv2:DeleteWebACL",
                ],
                [
                    place.arn("cloudwatch", f"alarm:{names}"),
                    place.arn("ecr", f"repository/{names}"),
                    place.arn("elasticloadbalancing", f"*/{names}"),
                    place.arn("events", f"rule/{names}"),
                    place.arn("lambda", f"function:{names}"),
                    place.arn("network-firewall", f"*/{names}"),
                    place.arn("scheduler", f"*/{names}"),
                    place.arn("sns", names),
                    place.arn("sqs", names),
                    place.arn("wafv2", f"regional/webacl/{names}"),
                ],
            ),
            Clause(
                "Roles",
                "Roles and their documents; the boundary itself goes with the account",
                [
                    "iam:DeletePolicy",
                    "iam:DeletePolicyVersion",
                    "iam:DeleteRole",
                    "iam:DeleteRolePolicy",
                    "iam:DetachRolePolicy",
                ],
                [place.iam(f"{kind}/{place.name}-*") for kind in ("policy", "role")],
            ),
            *evidence(place, "step of taking down"),
        ],
    )
