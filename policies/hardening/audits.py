"""Trail, configuration history, threat detection, and volumes' default encryption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import expect, is_set, is_true, setting
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, cis, fsbp

_TRAIL: Final = ("aws:cloudtrail/trail:*",)


def _judge_recorder(resource: Resource, _: Context) -> Iterator[Finding]:
    group = resource.at("recordingGroup")
    if group.absent:
        return
    yield from expect(resource.at("recordingGroup", "allSupported"), is_true, "true", absent_passes=True)
    yield from expect(resource.at("recordingGroup", "includeGlobalResourceTypes"), is_true, "true")


RULES: Final = (
    Rule(
        id="trail-all-regions",
        title="Trails cover every region",
        types=_TRAIL,
        asks="`isMultiRegionTrail` is true.",
        why="Whoever has stolen credentials works in the region that nobody looks at.",
        fix="set is_multi_region_trail=True",
        absent="Unset means the trail's own region only: refused.",
        judge=setting("isMultiRegionTrail", test=is_true, allowed="true"),
        standards=(cis("3.1"), fsbp("CloudTrail.1"), checkov("CKV_AWS_67")),
    ),
    Rule(
        id="trail-validated",
        title="Trails can be validated",
        types=_TRAIL,
        asks="`enableLogFileValidation` is true.",
        why="Without digests nobody can tell whether a file of the trail was changed or taken away.",
        fix="set enable_log_file_validation=True",
        absent="Unset means without digests: refused.",
        judge=setting("enableLogFileValidation", test=is_true, allowed="true"),
        standards=(cis("3.2"), fsbp("CloudTrail.4"), checkov("CKV_AWS_36")),
    ),
    Rule(
        id="trail-cmk",
        title="Trails are encrypted with a key of the client",
        types=_TRAIL,
        asks="`kmsKeyId` names a key.",
        why="The trail tells who does what and from where.",
        fix="set kms_key_id to the environment's archive key",
        absent="Unset means S3's own key: refused.",
        judge=setting("kmsKeyId", test=is_set, allowed="the ARN of a key of the client"),
        standards=(cis("3.5"), fsbp("CloudTrail.2"), checkov("CKV_AWS_35")),
    ),
    Rule(
        id="trail-logging",
        title="Trails are switched on",
        types=_TRAIL,
        asks="`enableLogging` is not false.",
        why="A trail that is switched off records nothing.",
        fix="leave enable_logging out, or set it to True",
        absent="Unset means on: passes.",
        judge=setting("enableLogging", test=is_true, allowed="true", absent_passes=True),
        standards=(cis("3.1"), fsbp("CloudTrail.1")),
    ),
    Rule(
        id="config-records-all",
        title="AWS Config records every type of resource",
        types=("aws:cfg/recorder:*",),
        asks="`recordingGroup` leaves no type out and includes those of global services.",
        why="What is not recorded cannot be judged, nor reconstructed after an incident.",
        fix="set all_supported=True and include_global_resource_types=True",
        absent="Without a group all types of the region are recorded: passes. A group without global types is refused.",
        judge=_judge_recorder,
        standards=(cis("3.3"), fsbp("Config.1")),
    ),
    Rule(
        id="guardduty-enabled",
        title="GuardDuty's detector is switched on",
        types=("aws:guardduty/detector:*",),
        asks="`enable` is not false.",
        why="A suspended detector looks at nothing.",
        fix="leave enable out, or set it to True",
        absent="Unset means on: passes.",
        judge=setting("enable", test=is_true, allowed="true", absent_passes=True),
        standards=(fsbp("GuardDuty.1"),),
    ),
    Rule(
        id="ebs-encrypted-by-default",
        title="New volumes are encrypted",
        types=("aws:ebs/encryptionByDefault:*",),
        asks="`enabled` is not false.",
        why="Whoever makes a volume and forgets to say so leaves data unencrypted.",
        fix="leave enabled out, or set it to True",
        absent="Unset means on: passes.",
        judge=setting("enabled", test=is_true, allowed="true", absent_passes=True),
        standards=(cis("5.1.1"), fsbp("EC2.7")),
    ),
)
