"""Cases of the residency pack."""

from __future__ import annotations

import json

from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import ACCOUNT, ENVIRONMENT, FOREIGN, HOME, OUTSIDE, RECOVERY, UNKNOWN, Res

AWS = "pulumi:providers:aws"
KUBERNETES = "pulumi:providers:kubernetes"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/freehold-provision"


def key(region: str = HOME, account: str = ACCOUNT) -> str:
    """The ARN of a key."""
    return f"arn:aws:kms:{region}:{account}:key/1234"


def kubeconfig(region: str = HOME, role: str = ROLE, server: str = "https://127.0.0.1:6443") -> str:
    """A kubeconfig of the exec form."""
    args = ["--region", region, "eks", "get-token", "--cluster-name", "acme", f"--role-arn={role}"]
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"exec": {"command": "aws", "args": args}}}],
        }
    )


def s3(destination: object, *, account: str = ACCOUNT, name: object = "acme-copy") -> list[Res]:
    """A bucket, and another that replicates to a destination."""
    rules = [{"status": "Enabled", "destination": {"bucket": destination, "account": account}}]
    return [
        Res("aws:s3/bucket:Bucket", {"bucket": name}, name="copy"),
        Res("aws:s3/bucketReplicationConfig:BucketReplicationConfig", {"rules": rules, "bucket": "a", "role": ROLE}),
    ]


def ecr(region: object = RECOVERY, registry: object = ACCOUNT) -> dict[str, object]:
    """A registry's replication."""
    return {"replicationConfiguration": {"rules": [{"destinations": [{"region": region, "registryId": registry}]}]}}


CASES: tuple[Cases, ...] = (
    Cases(
        "residency-boundary",
        good=[Res("pulumi:pulumi:Stack")],
        bad=[Res("pulumi:pulumi:Stack")],
        at="account_id is '1'",
        unset=([Res("pulumi:pulumi:Stack")], FAILS),
        unknown=([Res(LOGS, {"name": UNKNOWN})], FAILS),
        other=[Res("random:index/randomId:RandomId")],
        environments={
            "bad": {**ENVIRONMENT, "account_id": "1"},
            "unset": None,
            "unknown": {**ENVIRONMENT, "residency": {"jurisdiction": "eu", "home": OUTSIDE}},
            "other": None,
        },
    ),
    Cases(
        "residency-provider-known",
        good=[Res(AWS)],
        bad=[Res("pulumi:providers:gcp")],
        at="'gcp'",
        unset=([Res(KUBERNETES)], PASSES),
        unknown=([Res("pulumi:providers:gcp", {"region": UNKNOWN})], FAILS),
        other=[Res("gcp:storage/bucket:Bucket")],
    ),
    Cases(
        "residency-provider-explicit",
        good=[Res(LOGS)],
        bad=[Res(LOGS, provider_name="default_7_51_1")],
        at="provider",
        unset=([Res(LOGS, provider=None)], FAILS),
        unknown=([Res(LOGS, {"name": UNKNOWN})], PASSES),
        other=[Res("random:index/randomId:RandomId", provider_name="default_4_0_0")],
        more=[
            ([Res(AWS, name="default_7_51_1")], FAILS),
            ([Res(AWS, name="defaults-of-acme")], PASSES),
            ([Res("kubernetes:core/v1:Namespace", provider_name="default")], FAILS),
            ([Res("kubernetes:yaml:ConfigFile", provider=None)], PASSES),
        ],
    ),
    one(
        "residency-provider-region",
        AWS,
        good={"region": HOME},
        bad={"region": OUTSIDE},
        at="region",
        unset=FAILS,
        unknown={"region": UNKNOWN},
        other=KUBERNETES,
        more=[({"region": RECOVERY}, PASSES), ({"region": "eu-west-2"}, FAILS), ({"region": "eu-north-1"}, FAILS)],
    ),
    one(
        "residency-provider-account",
        AWS,
        good={"allowedAccountIds": json.dumps([ACCOUNT])},
        bad={"allowedAccountIds": json.dumps([ACCOUNT, FOREIGN])},
        at="allowedAccountIds[1]",
        unset=FAILS,
        unknown={"allowedAccountIds": UNKNOWN},
        other=KUBERNETES,
        more=[
            ({"allowedAccountIds": [ACCOUNT]}, PASSES),
            ({"allowedAccountIds": [ACCOUNT, UNKNOWN]}, UNDECIDED),
            ({"allowedAccountIds": "[]"}, FAILS),
            ({"allowedAccountIds": "not json"}, FAILS),
        ],
    ),
    one(
        "residency-provider-role",
        AWS,
        good={"assumeRoles": json.dumps([{"roleArn": ROLE}])},
        bad={"assumeRoles": json.dumps([{"roleArn": f"arn:aws:iam::{FOREIGN}:role/x"}])},
        at="assumeRoles[0].roleArn",
        unset=PASSES,
        unknown={"assumeRoles": UNKNOWN},
        other=KUBERNETES,
        more=[({"assumeRoles": json.dumps([{"roleArn": "freehold-provision"}])}, FAILS)],
    ),
    one(
        "residency-provider-endpoint",
        AWS,
        good={"endpoints": json.dumps([{"s3": f"https://s3.{HOME}.amazonaws.com"}])},
        bad={"endpoints": json.dumps([{"s3": f"https://s3.{OUTSIDE}.amazonaws.com"}])},
        at="endpoints[0].s3",
        unset=PASSES,
        unknown={"endpoints": UNKNOWN},
        other=KUBERNETES,
        more=[
            ({"endpoints": json.dumps([{"s3": f"https://{HOME}.example.com"}])}, FAILS),
            ({"endpoints": json.dumps([{"s3": f"https://s3.{HOME}.notamazonaws.com"}])}, FAILS),
        ],
    ),
    one(
        "residency-resource-region",
        LOGS,
        good={"region": RECOVERY},
        bad={"region": OUTSIDE},
        at="region",
        unset=PASSES,
        unknown={"region": UNKNOWN},
        more=[
            (Res(LOGS, provider={"region": OUTSIDE}), FAILS),
            (Res(LOGS, provider={}), FAILS),
            (Res(LOGS, provider={"region": UNKNOWN}), UNDECIDED),
            (Res(LOGS, provider=None), FAILS),
            (Res(LOGS, {"region": HOME}, provider={"region": OUTSIDE}), PASSES),
        ],
    ),
    Cases(
        "residency-global-service",
        good=[Res("aws:iam/role:Role")],
        bad=[Res("aws:cloudfront/distribution:Distribution")],
        at="edge locations",
        unset=([Res("aws:route53/zone:Zone")], PASSES),
        unknown=([Res("aws:cloudfront/distribution:Distribution", {"enabled": UNKNOWN})], FAILS),
        other=[Res("aws:backup/vault:Vault")],
        more=[([Res("aws:backup/globalSettings:GlobalSettings")], FAILS)],
    ),
    one(
        "residency-arn-region",
        LOGS,
        good={"kmsKeyId": key()},
        bad={"kmsKeyId": key(OUTSIDE)},
        at="kmsKeyId",
        unset=PASSES,
        unknown={"kmsKeyId": UNKNOWN},
        more=[
            ({"kmsKeyId": key(RECOVERY)}, PASSES),
            (Res("aws:ec2/subnet:Subnet", {"vpcId": UNKNOWN}), PASSES),
            (Res("aws:rds/instance:Instance", {"vpcSecurityGroupIds": [UNKNOWN]}), PASSES),
            (Res("aws:ec2/subnet:Subnet", {"vpcId": key(OUTSIDE)}), FAILS),
            ({"name": f"notes about {key(OUTSIDE)}"}, PASSES),
            ({"kmsKeyId": "arn:aws:sns:::topic"}, FAILS),
            (Res("aws:rds/instance:Instance", {"replicateSourceDb": f"arn:aws:rds:{OUTSIDE}:{ACCOUNT}:db:x"}), FAILS),
            (Res("aws:rds/instance:Instance", {"replicateSourceDb": "acme"}), PASSES),
            (Res("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn": ROLE}), PASSES),
            (
                Res(
                    "aws:backup/plan:Plan",
                    {
                        "rules": [
                            {
                                "ruleName": "r",
                                "copyActions": [
                                    {"destinationVaultArn": f"arn:aws:backup:{OUTSIDE}:{ACCOUNT}:backup-vault:v"}
                                ],
                            }
                        ]
                    },
                ),
                FAILS,
            ),
            (
                Res("kubernetes:core/v1:ServiceAccount", {"metadata": {"annotations": {"topic": key(OUTSIDE)}}}),
                FAILS,
            ),
        ],
    ),
    one(
        "residency-arn-account",
        LOGS,
        good={"kmsKeyId": key()},
        bad={"kmsKeyId": key(account=FOREIGN)},
        at="kmsKeyId",
        unset=PASSES,
        unknown={"kmsKeyId": UNKNOWN},
        more=[
            (
                Res(
                    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                    {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
                ),
                PASSES,
            ),
            (Res("aws:ec2/flowLog:FlowLog", {"logDestination": "arn:aws:s3:::bucket/prefix"}), PASSES),
            (Res("aws:eks/accessEntry:AccessEntry", {"principalArn": f"arn:aws:iam::{FOREIGN}:role/x"}), FAILS),
        ],
    ),
    one(
        "residency-kms-single-region",
        "aws:kms/key:Key",
        good={"multiRegion": False},
        bad={"multiRegion": True},
        at="multiRegion",
        unset=PASSES,
        unknown={"multiRegion": UNKNOWN},
        more=[(Res("aws:kms/replicaKey:ReplicaKey", {"primaryKeyArn": key(RECOVERY)}), FAILS)],
    ),
    one(
        "residency-rds-copies",
        "aws:rds/snapshotCopy:SnapshotCopy",
        good={"destinationRegion": RECOVERY, "sharedAccounts": [ACCOUNT]},
        bad={"destinationRegion": OUTSIDE},
        at="destinationRegion",
        unset=PASSES,
        unknown={"destinationRegion": UNKNOWN},
        more=[
            ({"sharedAccounts": [ACCOUNT, FOREIGN]}, FAILS),
            ({"sharedAccounts": UNKNOWN}, UNDECIDED),
            (Res("aws:rds/snapshot:Snapshot", {"sharedAccounts": ["all"]}), FAILS),
            (Res("aws:rds/cluster:Cluster", {"sourceRegion": OUTSIDE}), FAILS),
            (Res("aws:rds/globalCluster:GlobalCluster"), FAILS),
        ],
    ),
    Cases(
        "residency-s3-replication",
        good=s3("arn:aws:s3:::acme-copy"),
        bad=s3("arn:aws:s3:::someone-elses"),
        at="rules[0].destination.bucket",
        unset=(s3(None), FAILS),
        unknown=(s3(UNKNOWN), UNDECIDED),
        other=[Res("aws:s3/bucketVersioning:BucketVersioning", {"rules": [{"destination": {"bucket": "x"}}]})],
        more=[
            (s3("arn:aws:s3:::acme-copy", account=FOREIGN), FAILS),
            (s3("arn:aws:s3:::not-known-yet", name=UNKNOWN), UNDECIDED),
            (s3("no-arn", name=UNKNOWN), FAILS),
            (
                [
                    Res(
                        "aws:s3/bucket:Bucket",
                        {"replicationConfiguration": {"rules": [{"destination": {"bucket": "arn:aws:s3:::x"}}]}},
                    )
                ],
                FAILS,
            ),
            ([Res("aws:s3/bucket:Bucket", {"bucket": "b"})], PASSES),
        ],
    ),
    one(
        "residency-secret-replicas",
        "aws:secretsmanager/secret:Secret",
        good={"replicas": [{"region": RECOVERY}]},
        bad={"replicas": [{"region": RECOVERY}, {"region": OUTSIDE}]},
        at="replicas[1].region",
        unset=PASSES,
        unknown={"replicas": [{"region": UNKNOWN}]},
        more=[({"replicas": UNKNOWN}, UNDECIDED), ({"replicas": [{"region": UNKNOWN}, {"region": OUTSIDE}]}, FAILS)],
    ),
    one(
        "residency-dynamodb-replicas",
        "aws:dynamodb/table:Table",
        good={"replicas": [{"regionName": RECOVERY}]},
        bad={"replicas": [{"regionName": OUTSIDE}]},
        at="replicas[0].regionName",
        unset=PASSES,
        unknown={"replicas": UNKNOWN},
        more=[
            ({"globalTableWitness": {"regionName": OUTSIDE}}, FAILS),
            (Res("aws:dynamodb/globalTable:GlobalTable", {"replicas": [{"regionName": OUTSIDE}]}), FAILS),
        ],
    ),
    one(
        "residency-ecr-replication",
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        good=ecr(),
        bad=ecr(OUTSIDE),
        at="destinations[0].region",
        unset=PASSES,
        unknown=ecr(UNKNOWN),
        more=[(ecr(registry=FOREIGN), FAILS), (ecr(registry=None), FAILS)],
    ),
    one(
        "residency-image-copies",
        "aws:ebs/snapshotCopy:SnapshotCopy",
        good={"sourceRegion": RECOVERY},
        bad={"sourceRegion": OUTSIDE},
        at="sourceRegion",
        unset=PASSES,
        unknown={"sourceRegion": UNKNOWN},
        more=[(Res("aws:ec2/amiCopy:AmiCopy", {"sourceAmiRegion": OUTSIDE}), FAILS)],
    ),
    one(
        "residency-endpoint-region",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        good={"serviceName": f"com.amazonaws.{HOME}.s3"},
        bad={"serviceName": f"com.amazonaws.{OUTSIDE}.s3"},
        at="serviceName",
        unset=PASSES,
        unknown={"serviceName": UNKNOWN},
        more=[
            ({"serviceName": f"com.amazonaws.vpce.{HOME}.vpce-svc-1"}, PASSES),
            ({"serviceName": f"com.amazonaws.vpce.{OUTSIDE}.vpce-svc-1"}, FAILS),
            ({"serviceName": f"aws.sagemaker.{HOME}.notebook"}, PASSES),
            ({"serviceName": "com.amazonaws.s3-global.accesspoint"}, FAILS),
            ({"serviceName": "nonsense"}, FAILS),
            ({"serviceName": f"com.amazonaws.{HOME}.s3", "serviceRegion": OUTSIDE}, FAILS),
        ],
    ),
    one(
        "residency-peering",
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        good={"peerRegion": RECOVERY, "peerOwnerId": ACCOUNT},
        bad={"peerRegion": OUTSIDE},
        at="peerRegion",
        unset=PASSES,
        unknown={"peerRegion": UNKNOWN},
        more=[
            ({"peerOwnerId": FOREIGN}, FAILS),
            (Res("aws:ec2transitgateway/peeringAttachment:PeeringAttachment", {"peerAccountId": FOREIGN}), FAILS),
        ],
    ),
    one(
        "residency-kubernetes-cluster",
        KUBERNETES,
        good={"kubeconfig": kubeconfig()},
        bad={"kubeconfig": kubeconfig(OUTSIDE)},
        at="users[0].user.exec.args",
        unset=FAILS,
        unknown={"kubeconfig": UNKNOWN},
        other=AWS,
        more=[
            ({"kubeconfig": kubeconfig(role=f"arn:aws:iam::{FOREIGN}:role/x")}, FAILS),
            ({"kubeconfig": kubeconfig(server=f"https://X.gr7.{HOME}.eks.amazonaws.com")}, PASSES),
            ({"kubeconfig": kubeconfig(server=f"https://X.gr7.{OUTSIDE}.eks.amazonaws.com")}, FAILS),
            ({"kubeconfig": "~/.kube/config"}, FAILS),
            ({"kubeconfig": "a: [unclosed"}, FAILS),
            ({"kubeconfig": kubeconfig().replace('"exec"', '"token"')}, FAILS),
        ],
    ),
)
