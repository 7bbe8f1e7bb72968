"""A read replica as a resource: made of its source, changed, promoted when the program names no source any more."""

from __future__ import annotations

from tests.sandbox.plugins.aws.plugin import Plugin
from tests.sandbox.plugins.aws.world import World

INSTANCE = "aws:rds/instance:Instance"


def test_a_replica_is_made_changed_and_promoted(plugin: Plugin, world: World) -> None:
    source = world.make(
        INSTANCE,
        "source",
        identifier="source",
        engine="postgres",
        engineVersion="18",
        instanceClass="db.t4g.small",
        allocatedStorage=20,
        username="freehold",
        password="correct-horse-battery",
        storageEncrypted=True,
        kmsKeyId=world.key.state["arn"],
        dbSubnetGroupName=world.subnet_group.id,
        backupRetentionPeriod=7,
        skipFinalSnapshot=True,
    )
    wanted = {
        "identifier": "reader",
        "replicateSourceDb": "source",
        "storageEncrypted": True,
        "instanceClass": "db.t4g.small",
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "skipFinalSnapshot": True,
    }
    made = plugin.create(INSTANCE, "reader", wanted)
    try:
        assert made.state["replicateSourceDb"] == "source"
        assert made.state["maintenanceWindow"] == "sun:05:00-sun:06:00"
        assert made.state["kmsKeyId"] == world.key.state["arn"]
        assert made.state["username"] == "freehold"
        assert dict(plugin.diff(made, made.inputs).detailedDiff) == {}
        live = plugin.read(source)
        assert live is not None
        assert live.state["replicas"] == ["reader"]
        changed = plugin.update(made, {**wanted, "instanceClass": "db.t4g.medium", "applyImmediately": True})
        assert changed.state["instanceClass"] == "db.t4g.medium"
        other = plugin.diff(changed, {**wanted, "replicateSourceDb": "another"})
        assert list(other.replaces) == ["replicateSourceDb"]
        alone = {name: value for name, value in wanted.items() if name != "replicateSourceDb"}
        promoted = plugin.update(changed, {**alone, "backupRetentionPeriod": 5})
        assert promoted.id == made.id
        assert not promoted.state.get("replicateSourceDb")
        assert promoted.state["backupRetentionPeriod"] == 5
    finally:
        plugin.delete(made)
        plugin.delete(source)
