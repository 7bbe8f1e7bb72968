"""What AWS offers: machines of nodes in the chosen zones, the database, the Kubernetes version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.preflight.result import Check, Ground


def machines(ground: Ground) -> Iterator[Check]:
    """Each instance type of each node group in each of the chosen zones."""
    ec2 = ground.client("ec2")
    wanted = sorted({one for group in ground.spec.cluster.node_groups.values() for one in group.instance_types})
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": wanted}]
    )
    offered = {(row["InstanceType"], row["Location"]) for page in pages for row in page["InstanceTypeOfferings"]}
    for kind in wanted:
        absent = [zone for zone in ground.zones if (kind, zone) not in offered]
        if absent:
            yield Check(f"machine {kind}", "fail", f"not offered in {', '.join(absent)}", "choose another type or zone")
        else:
            yield Check(f"machine {kind}", "pass", f"offered in {', '.join(ground.zones)}")


def database(ground: Ground) -> Iterator[Check]:
    """The version of PostgreSQL, and the class of the instance with its storage."""
    rds, wanted = ground.client("rds"), ground.spec.database
    pages = rds.get_paginator("describe_db_engine_versions").paginate(Engine="postgres")
    every = [row["EngineVersion"] for page in pages for row in page["DBEngineVersions"]]
    suiting = [one for one in every if one == wanted.engine_version or one.startswith(f"{wanted.engine_version}.")]
    label = f"PostgreSQL {wanted.engine_version}"
    if not suiting:
        majors = ", ".join(sorted({one.partition(".")[0] for one in every}, key=int)) or "none"
        yield Check(label, "fail", "RDS does not offer it here", f"choose among: {majors}")
        yield Check(f"class {wanted.instance_class}", "unknown", "without a version nothing can be ordered")
        return
    newest = max(suiting, key=_numbers)
    yield Check(label, "pass", f"offered, up to {newest}")
    yield _orderable(ground, rds, newest)


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.replace("-", ".").split(".")]


def _orderable(ground: Ground, rds: Any, version: str) -> Check:
    wanted = ground.spec.database
    asked = {"Engine": "postgres", "EngineVersion": version, "Vpc": True}
    pages = rds.get_paginator("describe_orderable_db_instance_options").paginate(
        DBInstanceClass=wanted.instance_class, **asked
    )
    every = [row for page in pages for row in page["OrderableDBInstanceOptions"]]
    options = [
        row for row in every if row.get("StorageType") == "gp3" and row["DBInstanceClass"] == wanted.instance_class
    ]
    label = f"class {wanted.instance_class}"
    if not every and not rds.describe_orderable_db_instance_options(**asked)["OrderableDBInstanceOptions"]:
        # a version that is offered can be ordered on some class: the answer is not to be believed
        return Check(label, "unknown", f"RDS names no class at all for PostgreSQL {version}", "try an order by hand")
    if not options:
        return Check(label, "fail", f"not to be ordered for PostgreSQL {version} on gp3", "choose another class")
    zones = {zone["Name"] for row in options for zone in row.get("AvailabilityZones", [])}
    among = sorted(zones & set(ground.zones))
    if len(among) < (2 if wanted.multi_az else 1):
        return Check(label, "fail", f"offered in {', '.join(among) or 'none'} of the chosen zones", "choose another")
    if wanted.multi_az and not any(row.get("MultiAZCapable") for row in options):
        return Check(label, "fail", "it cannot be multi_az", "choose another class")
    least = min(row.get("MinStorageSize", 0) for row in options)
    most = max(row.get("MaxStorageSize", 0) for row in options)
    for size in (wanted.storage_gib, wanted.max_storage_gib or wanted.storage_gib):
        if most and not least <= size <= most:
            return Check(label, "fail", f"{size} GiB: it takes {least} to {most}", "choose another size")
    return Check(label, "pass", f"offered in {', '.join(among)}, {least} to {most} GiB")


def kubernetes(ground: Ground) -> Iterator[Check]:
    """EKS offers the Kubernetes version."""
    wanted = ground.spec.cluster.version
    pages = ground.client("eks").get_paginator("describe_cluster_versions").paginate()
    offered = {row["clusterVersion"]: row for page in pages for row in page["clusterVersions"]}
    if wanted in offered:
        state = offered[wanted].get("versionStatus", "offered")
        yield Check(f"Kubernetes {wanted}", "pass", str(state).lower().replace("_", " "))
    else:
        fix = f"choose among: {', '.join(sorted(offered))}"
        yield Check(f"Kubernetes {wanted}", "fail", "EKS does not offer it here", fix)
