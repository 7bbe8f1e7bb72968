"""Copies that services make of data by themselves: keys, databases, buckets, secrets, tables, images, snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine import arn
from policies.engine.context import Context
from policies.engine.demand import expect, is_false
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Judge, Rule, Undecided, Violation
from policies.engine.standards import ccc
from policies.engine.values import EACH, Node, Step

_REPLICATION: Final = (ccc("CN10.AR01"),)


def regions_within(*paths: tuple[Step, ...]) -> Judge:
    """A judge of properties that name a region: each that is set must be one of the boundary's."""

    def judge(resource: Resource, context: Context) -> Iterator[Finding]:
        boundary = context.within
        for path in paths:
            for node in resource.every(*path):
                yield from expect(
                    node, lambda node: node.value in boundary.regions, boundary.allowed, absent_passes=True
                )

    return judge


def _judge_keys(resource: Resource, _: Context) -> Iterator[Finding]:
    if resource.kind.startswith("Replica"):
        yield Violation(resource.at("primaryKeyArn"), "no replica of a key", detail="key material would be copied")
    else:
        yield from expect(resource.at("multiRegion"), is_false, "false", absent_passes=True)


def _judge_database_copies(resource: Resource, context: Context) -> Iterator[Finding]:
    if resource.kind == "GlobalCluster":
        yield Violation(Node("", resource.props.state), "no global cluster", detail="it replicates to any region")
        return
    yield from regions_within(("destinationRegion",), ("sourceRegion",))(resource, context)
    account = context.within.account
    for node in resource.every("sharedAccounts", EACH):
        yield from expect(node, lambda node: node.value == account, f"account {account}")


def _bucket_arns(stack: Stack) -> tuple[set[str], bool]:
    """ARNs of the stack's own buckets, and whether that is all of them (a name may not be known yet)."""
    names = [bucket.at("bucket") for bucket in stack.of("aws:s3/bucket:*", "aws:s3/bucketV2:*")]
    known = {f"arn:aws:s3:::{name.text}" for name in names if name.text}
    return known, not any(name.unknown for name in names)


_DESTINATIONS: Final[tuple[tuple[Step, ...], ...]] = (
    ("rules", EACH, "destination"),
    ("replicationConfiguration", "rules", EACH, "destination"),
)


def _judge_buckets(stack: Stack, context: Context) -> Iterator[Finding]:
    account = context.within.account
    own, complete = _bucket_arns(stack)
    for resource in stack.of("aws:s3/bucketReplicationConfig:*", "aws:s3/bucket:*"):
        for destination in (node for path in _DESTINATIONS for node in resource.every(*path)):
            if destination.absent:
                continue
            bucket = destination.at("bucket")
            if bucket.unknown or (not complete and arn.parse(bucket.text) is not None and bucket.text not in own):
                yield Undecided(bucket, resource)
            else:
                yield from expect(
                    bucket, lambda node: node.text in own, "the ARN of a bucket of this stack", resource=resource
                )
            yield from expect(
                destination.at("account"),
                lambda node: node.value == account,
                f"account {account}",
                absent_passes=True,
                resource=resource,
            )


def _judge_images(resource: Resource, context: Context) -> Iterator[Finding]:
    yield from regions_within(("replicationConfiguration", "rules", EACH, "destinations", EACH, "region"))(
        resource, context
    )
    account = context.within.account
    for node in resource.every("replicationConfiguration", "rules", EACH, "destinations", EACH, "registryId"):
        yield from expect(node, lambda node: node.value == account, f"account {account}")


RULES: Final = (
    Rule(
        id="residency-kms-single-region",
        title="Keys stay in one region",
        types=("aws:kms/key:*", "aws:kms/externalKey:*", "aws:kms/replicaKey:*", "aws:kms/replicaExternalKey:*"),
        asks="No KMS key is multi-Region and none is a replica of another.",
        why="A multi-Region key's material may be copied to any region by anyone who may call kms:ReplicateKey; "
        "what it encrypts can then be read there.",
        fix="remove multi_region, and make a key of its own in the recovery region",
        absent="Unset means single-Region: passes.",
        judge=_judge_keys,
        standards=_REPLICATION,
    ),
    Rule(
        id="residency-rds-copies",
        title="Database replicas and snapshots stay within the boundary",
        types=(
            "aws:rds/cluster:*",
            "aws:rds/globalCluster:*",
            "aws:rds/snapshotCopy:*",
            "aws:rds/clusterSnapshotCopy:*",
            "aws:rds/snapshot:*",
        ),
        asks="`sourceRegion` and `destinationRegion` lie within the boundary, `sharedAccounts` holds no foreign "
        "account, and there is no global cluster. (Sources named by ARN are judged by residency-arn-region.)",
        why="A replica or snapshot is the database itself, elsewhere.",
        fix="copy to the recovery region only, and share with no other account",
        absent="Unset means no copy to another region and no sharing: passes.",
        judge=_judge_database_copies,
        standards=_REPLICATION,
        needs_boundary=True,
    ),
    Rule(
        id="residency-s3-replication",
        title="Buckets replicate to buckets of this stack only",
        types=("aws:s3/bucketReplicationConfig:*", "aws:s3/bucket:*"),
        asks="Every replication destination is a bucket that this stack makes, in the client's account.",
        why="A bucket's ARN tells neither region nor account, so only a bucket whose region is judged can be trusted.",
        fix="make the destination bucket in this stack, in the client's recovery region, and use its ARN",
        absent="No replication passes; a destination without a bucket is refused.",
        judge_stack=_judge_buckets,
        standards=_REPLICATION,
        needs_boundary=True,
    ),
    Rule(
        id="residency-secret-replicas",
        title="Secrets replicate within the boundary",
        types=("aws:secretsmanager/secret:*",),
        asks="`region` of each of a secret's `replicas` lies within the boundary.",
        why="A replica is the secret itself, readable elsewhere.",
        fix="drop the replica, or put it in the client's recovery region",
        absent="No replica passes.",
        judge=regions_within(("replicas", EACH, "region")),
        standards=_REPLICATION,
        needs_boundary=True,
    ),
    Rule(
        id="residency-dynamodb-replicas",
        title="Tables replicate within the boundary",
        types=("aws:dynamodb/table:*", "aws:dynamodb/globalTable:*"),
        asks="`regionName` of each of a table's `replicas`, and of its `globalTableWitness`, lies within the boundary.",
        why="A replica is the table itself, elsewhere.",
        fix="drop the replica, or put it in the client's recovery region",
        absent="No replica passes.",
        judge=regions_within(("replicas", EACH, "regionName"), ("globalTableWitness", "regionName")),
        standards=_REPLICATION,
        needs_boundary=True,
    ),
    Rule(
        id="residency-ecr-replication",
        title="Image registries replicate within the boundary",
        types=("aws:ecr/replicationConfiguration:*",),
        asks="Every replication destination of the registry lies within the boundary and in the client's account.",
        why="Images carry client code and, too often, client data.",
        fix="replicate to the client's recovery region in the client's account only",
        absent="No destination passes; a destination without a registry is refused.",
        judge=_judge_images,
        standards=_REPLICATION,
        needs_boundary=True,
    ),
    Rule(
        id="residency-image-copies",
        title="Disk snapshots and machine images are copied within the boundary",
        types=("aws:ebs/snapshotCopy:*", "aws:ec2/amiCopy:*"),
        asks="The region that a snapshot or image is copied from lies within the boundary.",
        why="A copy joins two regions; both must be the client's.",
        fix="copy between the client's home and recovery regions only",
        absent="Unset passes: the engine refuses the resource, since the property is required.",
        judge=regions_within(("sourceRegion",), ("sourceAmiRegion",)),
        standards=_REPLICATION,
        needs_boundary=True,
    ),
)
