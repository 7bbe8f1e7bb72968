"""Who watches the account: trail, history, detection, defaults."""

from __future__ import annotations

import json

from components.threat_detection import AGENTS, FEATURES, RUNTIME, STANDARDS
from tests.components.recording import Recording


def test_the_trail_covers_every_region_and_can_be_validated(environment: Recording) -> None:
    (trail,) = environment.of("cloudtrail/trail:Trail")
    wanted = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging")
    assert [trail.inputs[name] for name in wanted] == [True] * 4
    assert trail.inputs["kmsKeyId"] == environment.outputs["keys"]["archive"]
    assert trail.inputs["s3BucketName"] == environment.outputs["archive"]["logs_bucket"]
    assert trail.inputs["cloudWatchLogsGroupArn"].endswith(":*")


def test_objects_of_evidence_are_watched_and_those_of_the_trail_are_not(environment: Recording) -> None:
    (trail,) = environment.of("cloudtrail/trail:Trail")
    _, data = trail.inputs["advancedEventSelectors"]
    (where,) = (one["startsWiths"] for one in data["fieldSelectors"] if one["field"] == "resources.ARN")
    evidence = environment.one("s3/bucket:Bucket", "evidence")
    assert [one.endswith("/") and evidence.name in one for one in where] == [True]


def test_the_trails_role_writes_its_own_streams_only(environment: Recording) -> None:
    (statement,) = json.loads(environment.one("iam/rolePolicy:RolePolicy", "trail").inputs["policy"])["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert "/trail:log-stream:" in statement["Resource"]


def test_everything_is_recorded(environment: Recording) -> None:
    (recorder,) = environment.of("cfg/recorder:Recorder")
    assert recorder.inputs["recordingGroup"]["allSupported"] is True
    assert recorder.inputs["recordingGroup"]["includeGlobalResourceTypes"] is True
    (status,) = environment.of("cfg/recorderStatus:RecorderStatus")
    assert status.inputs["isEnabled"] is True


def test_every_feature_is_on_and_every_agent_is_named(environment: Recording) -> None:
    features = {one.inputs["name"]: one.inputs for one in environment.of("guardduty/detectorFeature:DetectorFeature")}
    assert {name: one["status"] for name, one in features.items()} == dict.fromkeys(FEATURES, "ENABLED")
    agents = {one["name"]: one["status"] for one in features[RUNTIME]["additionalConfigurations"]}
    assert agents == AGENTS


def test_the_account_is_judged_by_both_standards(environment: Recording) -> None:
    found = environment.of("securityhub/standardsSubscription:StandardsSubscription")
    assert {one.inputs["standardsArn"].partition("standards/")[2] for one in found} == set(STANDARDS.values())


def test_new_volumes_use_the_clients_key(environment: Recording) -> None:
    (key,) = environment.of("ebs/defaultKmsKey:DefaultKmsKey")
    assert key.inputs["keyArn"] == environment.outputs["keys"]["cluster"]
    (switch,) = environment.of("ebs/encryptionByDefault:EncryptionByDefault")
    assert switch.inputs["enabled"] is True
