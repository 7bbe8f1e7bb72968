"""What the role may do that makes the environment; the client's bootstrap makes the role, of these documents.

The documents name the environment's resources by name or by tag. Where a service knows neither when something is
made, the clause says so. Five documents, since one would be longer than IAM takes; a role carries up to ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.identity.boundary import CARRYING, LOOSENING
from components.identity.document import Clause, Document
from components.identity.place import Place
from components.identity.regions import pinned

NAMELESS: Final = "its resources have ids that AWS chooses and no tags at creation; the account is the client's alone"

BALANCERS: Final = (
    "listener-rule/app",
    "listener/app",
    "listener/net",
    "loadbalancer/app",
    "loadbalancer/net",
    "targetgroup",
)


def provision(place: Place) -> Sequence[Document]:
    """The documents of the role, all of which it carries."""
    return (_network(place), _data(place), _cluster(place), _identity(place), _watch(place))


def _network(place: Place) -> Document:
    every = [place.arn("ec2", "*")]
    return Document(
        "provision-network",
        f"Makes the network of {place.name}",
        [
            pinned(place.regions),
            Clause(
                "See", "Describing names no resource (EC2 has no permissions by resource for it)", ["ec2:Describe*"]
            ),
            Clause(
                "Settings",
                "The account's own settings in the region: encryption of disks, no public snapshots and images",
                [
                    "ec2:*BlockPublicAccess*",
                    "ec2:*EbsDefaultKmsKeyId",
                    "ec2:*EbsEncryptionByDefault",
                    "ec2:*InstanceMetadataDefaults",
                    "ec2:GetManagedPrefixListEntries",
                ],
            ),
            Clause(
                "Make",
                "What is made bears the environment's tags from its first moment",
                ["ec2:AllocateAddress", "ec2:AuthorizeSecurityGroup*", "ec2:Create*", "ec2:RunInstances"],
                every,
                {"StringEquals": place.asked},
            ),
            Clause(
                "Tag",
                "Tags are given to what is made, and kept right",
                ["ec2:CreateTags"],
                every,
                {"StringEquals": place.asked},
            ),
            Clause(
                "Change",
                "What bears the environment's tags is its own",
                [
                    "ec2:AllocateAddress",
                    "ec2:As*",
                    "ec2:Attach*",
                    "ec2:AuthorizeSecurityGroup*",
                    "ec2:Create*",
                    "ec2:Delete*",
                    "ec2:Detach*",
                    "ec2:Disassociate*",
                    "ec2:Modify*",
                    "ec2:Release*",
                    "ec2:Replace*",
                    "ec2:Revoke*",
                    "ec2:RunInstances",
                    "ec2:Update*",
                ],
                every,
                {"StringEquals": place.own},
            ),
            Clause(
                "Images",
                "Nodes start from AWS's images",
                ["ec2:RunInstances"],
                [f"arn:{place.partition}:ec2:{place.home}::image/*"],
            ),
            Clause(
                "CloseDefaultGroup",
                "A new network's default group bears no tag; closing its rules harms nobody",
                ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
                [place.arn("ec2", "security-group/*"), place.arn("ec2", "security-group-rule/*")],
            ),
            Clause(
                "Firewall",
                "Filters what leaves the network",
                ["network-firewall:*"],
                place.arns(
                    "network-firewall",
                    f"firewall/{place.name}*",
                    f"firewall-policy/{place.name}*",
                    f"stateful-rulegroup/{place.name}*",
                    f"stateless-rulegroup/{place.name}*",
                ),
            ),
            Clause(
                "Resolver",
                f"Filters names that the network asks for: {NAMELESS}",
                ["route53resolver:*"],
                [place.arn("route53resolver", "*")],
            ),
            Clause("SeeResolver", "Listing names no resource", ["network-firewall:List*", "route53resolver:List*"]),
            Clause(
                "Zones",
                f"The environment's names: {NAMELESS}",
                ["route53:*HostedZone*", "route53:*ResourceRecordSets", "route53:*TagsForResource*", "route53:Get*"],
                [f"arn:{place.partition}:route53:::*"],
            ),
            Clause("SeeZones", "Listing zones names no resource", ["route53:List*"]),
        ],
    )


def _data(place: Place) -> Document:
    names = f"{place.name}*"
    kinds = ("auto-backup:*", f"db:{names}", f"es:{names}", f"og:{names}", f"pg:{names}", f"subgrp:{names}")
    return Document(
        "provision-data",
        f"Makes keys, databases, backups and buckets of {place.name}",
        [
            pinned(place.regions),
            Clause(
                "MakeKeys",
                "A key has no name when it is made: its tags say whose it is",
                ["kms:CreateKey", "kms:TagResource"],
                when={"StringEquals": place.asked},
            ),
            Clause("SeeKeys", "Listing names no key", ["kms:ListAliases", "kms:ListKeys", "tag:GetResources"]),
            Clause(
                "Keys", "The environment's keys", ["kms:*"], place.arns("kms", "key/*"), {"StringEquals": place.own}
            ),
            Clause("Aliases", "Names of the environment's keys", ["kms:*Alias"], place.arns("kms", f"alias/{names}")),
            Clause(
                "Databases",
                "The environment's databases, their settings and copies",
                ["rds:*"],
                place.arns("rds", *kinds, f"snapshot:*{names}", f"snapshot:rds:{names}"),
            ),
            Clause("SeeDatabases", "RDS asks for describing on all", ["rds:Describe*", "rds:List*"]),
            Clause(
                "MasterSecrets",
                "RDS keeps the master user's credentials under names of its own",
                ["secretsmanager:CreateSecret", "secretsmanager:DescribeSecret", "secretsmanager:TagResource"],
                [place.arn("secretsmanager", "secret:rds!*")],
            ),
            Clause(
                "Secrets",
                "The environment's secrets",
                ["secretsmanager:*"],
                [place.arn("secretsmanager", f"secret:{names}")],
            ),
            Clause(
                "Buckets",
                "Settings of the environment's buckets; objects are not read",
                ["s3:*Bucket*", "s3:*Configuration", "s3:PutObject", "s3:*PublicAccessBlock"],
                [place.bucket("*")],
            ),
            Clause(
                "AccountBuckets",
                "Public access is closed for the whole account",
                ["s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets", "s3:PutAccountPublicAccessBlock"],
            ),
            Clause(
                "Vaults",
                "Vaults of recovery points",
                ["backup:*"],
                place.arns("backup", f"backup-vault:{names}"),
            ),
            Clause(
                "Plans",
                f"When backups are made and tested: {NAMELESS}",
                ["backup:*"],
                place.arns("backup", "backup-plan:*", "framework:*", "report-plan:*", "restore-testing-plan:*"),
            ),
            Clause(
                "BackupSettings",
                "The account's own settings, and listing, name no resource",
                [
                    "backup-storage:MountCapsule",
                    "backup:CreateBackupPlan",
                    "backup:CreateFramework",
                    "backup:CreateReportPlan",
                    "backup:CreateRestoreTestingPlan",
                    "backup:Describe*Settings",
                    "backup:List*",
                    "backup:Update*Settings",
                ],
            ),
        ],
    )


def _cluster(place: Place) -> Document:
    full = place.name
    kinds = ("access-entry", "addon", "nodegroup", "podidentityassociation")
    return Document(
        "provision-cluster",
        f"Makes the cluster, registry and edge of {full}",
        [
            Clause(
                "Cluster",
                "The environment's cluster and what belongs to it",
                ["eks:*"],
                [place.arn("eks", f"cluster/{full}"), *(place.arn("eks", f"{kind}/{full}/*") for kind in kinds)],
            ),
            Clause("SeeVersions", "Versions are nobody's", ["eks:DescribeAddon*", "eks:DescribeCluster*", "eks:List*"]),
            Clause(
                "Registry",
                "The environment's images",
                ["ecr:*"],
                place.arns("ecr", f"repository/{full}*", f"repository/{full}/*"),
            ),
            Clause(
                "RegistrySettings",
                "The account's own settings of scanning, and listing, name no repository",
                [
                    "ecr:*PullThroughCacheRule*",
                    "ecr:*Registry*",
                    "ecr:*RepositoryCreationTemplate*",
                    "ecr:Describe*",
                    "ecr:GetAuthorizationToken",
                    "ecr:PutReplicationConfiguration",
                ],
            ),
            Clause(
                "Balancers",
                "Load balancers and what listens on them",
                ["elasticloadbalancing:*"],
                [place.arn("elasticloadbalancing", f"{kind}/{full}*") for kind in BALANCERS],
            ),
            Clause("SeeBalancers", "Describing names no balancer", ["elasticloadbalancing:Describe*"]),
            Clause(
                "Filters",
                "Rules of the web application firewall",
                ["wafv2:*"],
                [
                    place.arn("wafv2", f"regional/*/{full}*/*"),
                    place.arn("wafv2", "regional/managedruleset/*"),
                    place.arn("elasticloadbalancing", f"loadbalancer/app/{full}*"),
                ],
            ),
            Clause("SeeFilters", "Listing names no filter", ["wafv2:Describe*", "wafv2:List*"]),
            Clause(
                "Certificates",
                f"Certificates of the environment's names: {NAMELESS}",
                ["acm:*"],
                [place.arn("acm", "certificate/*")],
            ),
            Clause(
                "RequestCertificates",
                "A certificate has no name when it is asked for",
                ["acm:ListCertificates", "acm:RequestCertificate"],
            ),
            Clause(
                "Functions",
                "Small helpers of the kit",
                ["lambda:*"],
                [place.arn("lambda", f"function:{full}*")],
            ),
            Clause(
                "Queues",
                "The environment's queues",
                ["sqs:*"],
                [place.arn("sqs", f"{full}*")],
            ),
        ],
    )


def _identity(place: Place) -> Document:
    roles, policies = place.iam(f"role/{place.name}-*"), place.iam(f"policy/{place.name}-*")
    return Document(
        "provision-identity",
        f"Makes roles of {place.name} within its boundary",
        [
            Clause("See", "Reading IAM reveals no secret", ["iam:Get*", "iam:List*"]),
            Clause(
                "Roles",
                "Roles are made with the boundary, and changed while they carry it",
                CARRYING,
                [roles],
                {"StringEquals": {"iam:PermissionsBoundary": [place.boundary]}},
            ),
            Clause(
                "RolesThemselves",
                "These actions know no condition on the boundary",
                [
                    "iam:DeleteRole",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole",
                    "iam:UpdateRoleDescription",
                ],
                [roles],
            ),
            Clause(
                "Policies",
                "The boundary and the documents of the roles; whoever renews them is the one who makes them",
                ["iam:CreatePolicy", "iam:TagPolicy", "iam:UntagPolicy", *LOOSENING],
                [policies],
            ),
            Clause(
                "OwnDocuments",
                "Its own documents are the bootstrap's, and the client's, to change",
                LOOSENING,
                [place.iam(f"policy/{place.name}-provision*")],
                deny=True,
            ),
            Clause(
                "Pass",
                "Services take up the environment's own roles",
                ["iam:PassRole"],
                [roles],
            ),
            Clause(
                "LinkedRoles",
                "AWS's own services make their roles on first use; their names and policies are AWS's",
                ["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole"],
                [place.iam("role/aws-service-role/*")],
            ),
            Clause(
                "Pipeline",
                "Trust in the pipeline's tokens",
                ["iam:*OpenIDConnectProvider*"],
                [place.iam("oidc-provider/*")],
            ),
            Clause(
                "Passwords",
                "The account's rule for passwords; it names no resource",
                ["iam:DeleteAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"],
            ),
            Clause(
                "Analyzers",
                "Finds what is open to others",
                ["access-analyzer:*"],
                place.arns("access-analyzer", f"analyzer/{place.name}*"),
            ),
            Clause("SeeAnalyzers", "Listing names no analyzer", ["access-analyzer:ListAnalyzers"]),
            Clause("Who", "Every credential may ask who it is", ["sts:GetCallerIdentity"]),
        ],
    )


def _watch(place: Place) -> Document:
    names = f"{place.name}*"
    groups = [f"log-group:{path}" for path in (f"/freehold/{names}", f"/aws/*/{names}", f"aws-waf-logs-{names}")]
    return Document(
        "provision-watch",
        f"Makes logs, alarms, trails and limits of spending of {place.name}",
        [
            Clause("Logs", "Log groups of the environment", ["logs:*"], place.arns("logs", *groups)),
            Clause(
                "LogDelivery",
                "Deliveries of logs, and listing, name no log group (Amazon CloudWatch Logs User Guide, "
                "*Enable logging from AWS services*)",
                [
                    "logs:*Deliver*",
                    "logs:*QueryDefinition*",
                    "logs:*ResourcePolic*",
                    "logs:Describe*",
                    "logs:ListTagsForResource",
                ],
            ),
            Clause(
                "Alarms",
                "Alarms and dashboards",
                ["cloudwatch:*"],
                [
                    *place.arns("cloudwatch", f"alarm:{names}"),
                    f"arn:{place.partition}:cloudwatch::{place.account_id}:dashboard/{names}",
                ],
            ),
            Clause("SeeAlarms", "Describing names no alarm", ["cloudwatch:Describe*", "cloudwatch:List*"]),
            Clause("Topics", "Who is told", ["sns:*"], place.arns("sns", names, f"{names}:*")),
            Clause(
                "Events",
                "What happens when",
                ["events:*", "scheduler:*"],
                place.arns("events", f"rule/{names}", f"rule/*/{names}")
                + place.arns("scheduler", f"schedule/*/{names}", f"schedule-group/{names}"),
            ),
            Clause("Trails", "Who did what", ["cloudtrail:*"], [place.arn("cloudtrail", f"trail/{names}")]),
            Clause("SeeTrails", "Listing names no trail", ["cloudtrail:DescribeTrails", "cloudtrail:ListTrails"]),
            Clause(
                "Recorder",
                "AWS Config has one recorder a region, which has no ARN, and rules whose ids AWS chooses",
                ["config:*"],
            ),
            Clause(
                "Detectors",
                f"GuardDuty, Inspector and Security Hub are services of the whole account: {NAMELESS}",
                ["guardduty:*", "inspector2:*", "securityhub:*"],
            ),
            Clause(
                "Spending",
                "Limits and anomalies of spending; billing has few permissions by resource",
                ["budgets:*", "ce:*Anomaly*", "ce:*CostCategory*", "ce:*Tag*", "ce:ListCostAllocationTags"],
            ),
            Clause(
                "Parameters",
                "Settings that other tools read",
                ["ssm:*"],
                place.arns("ssm", f"document/{names}", f"parameter/freehold/{names}"),
            ),
        ],
    )
