"""What holds for every type: names, tags, regions, secrets, unknowns, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.protocol import UNKNOWN, Secret, decode, encode
from sandbox.plugins.protocol.wire import provider_pb2, status_pb2
from tests.sandbox.plugins.aws.conftest import REGION
from tests.sandbox.plugins.aws.plugin import Object, Plugin, serving
from tests.sandbox.plugins.aws.world import World, key_policy, policy, trust

if TYPE_CHECKING:
    from tests.conftest import Surroundings

VPC = "aws:ec2/vpc:Vpc"
ROLE = "aws:iam/role:Role"
KEY = "aws:kms/key:Key"
INSTANCE = "aws:rds/instance:Instance"
KIND = provider_pb2.PropertyDiff
ROLE_ARN = "arn:aws:iam::{}:role/freehold-provision"


@pytest.fixture
def other(surroundings: Surroundings) -> Iterator[Plugin]:
    """A provider that is not configured yet."""
    with serving(AwsProvider()) as found:
        yield found


def refusal(caught: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    """What the user is told."""
    error: Any = caught.value
    return str(error.details())


# -- check ------------------------------------------------------------------------------------------------------------


def test_unknown_type_is_named_with_the_way_out(plugin: Plugin) -> None:
    (reason,) = plugin.check("aws:lambda/function:Function", "f", {}).failures.values()
    assert "does not serve aws:lambda/function:Function; it serves " in reason
    assert "aws:cloudwatch/logGroup:LogGroup" in reason
    assert "SANDBOX_PLUGINS=official" in reason


def test_property_that_is_not_served_is_refused_not_dropped(plugin: Plugin) -> None:
    failures = plugin.check(VPC, "main", {"cidrBlock": "10.0.0.0/16", "ipv4IpamPoolId": "ipam-1"}).failures
    assert list(failures) == ["ipv4IpamPoolId"]


def test_defaults_of_the_official_provider_are_filled_in(plugin: Plugin) -> None:
    inputs = plugin.checked(KEY, "data", {})
    assert inputs == {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    }


def test_automatic_name_is_kept_and_is_the_same_at_preview_and_up(plugin: Plugin) -> None:
    first = plugin.checked(ROLE, "nodes", {"assumeRolePolicy": "{}"})
    again = plugin.checked(ROLE, "nodes", {"assumeRolePolicy": "{}"})
    assert first["name"] == again["name"]
    assert (
        plugin.checked(ROLE, "nodes", {"assumeRolePolicy": "{}"}, {"name": "nodes-0abcdef"})["name"] == "nodes-0abcdef"
    )
    assert plugin.checked(ROLE, "nodes", {"assumeRolePolicy": "{}"}, {"name": "explicit"})["name"] == first["name"]


def test_names_keep_to_the_services_rules(plugin: Plugin) -> None:
    assert plugin.checked("aws:kms/alias:Alias", "Data", {})["name"].startswith("alias/Data-")
    assert plugin.checked(INSTANCE, "Main", {"instanceClass": "db.t4g.small"})["identifier"].startswith("main-")
    assert plugin.checked(ROLE, "x", {"namePrefix": "freehold-"})["name"].startswith("freehold-")
    assert "more than" not in str(plugin.check(ROLE, "n" * 56, {}).failures)
    assert "64" in plugin.check(ROLE, "n" * 57, {}).failures["name"]
    assert "not both" in plugin.check(ROLE, "x", {"name": "a", "namePrefix": "b"}).failures["name"]


def test_autonaming_of_the_stack_is_respected(plugin: Plugin) -> None:
    options = provider_pb2.CheckRequest.AutonamingOptions

    def check(mode: Any, proposed: str) -> provider_pb2.CheckResponse:
        request = provider_pb2.CheckRequest(
            urn=f"urn:pulumi:test::test::{ROLE}::nodes",
            news=encode({"assumeRolePolicy": "{}"}),
            autonaming=options(mode=mode, proposed_name=proposed),
        )
        answer: provider_pb2.CheckResponse = plugin.stub.Check(request)
        return answer

    assert decode(check(options.ENFORCE, "exactly").inputs)["name"] == "exactly"
    assert "automatic names are switched off" in check(options.DISABLE, "").failures[0].reason


# -- differences ------------------------------------------------------------------------------------------------------


def known(type: str, **state: Any) -> Object:
    """A resource whose state is what its inputs were."""
    return Object(type, "known", "id", state, {**state, "tagsAll": {}})


def test_policies_are_compared_by_what_they_say(plugin: Plugin) -> None:
    said = {
        "Statement": {
            "Action": ["sts:AssumeRole"],
            "Principal": {"AWS": "arn:aws:iam::555555555555:root"},
            "Effect": "Allow",
            "Sid": "",
        },
        "Version": "2012-10-17",
    }
    live = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "555555555555"}, "Action": "sts:AssumeRole"}],
    }
    tags = {"freehold:client": "acme", "freehold:stage": "dev"}
    base = {"name": "n", "path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False}
    inputs = {**base, "assumeRolePolicy": json.dumps(said, indent=2)}
    found = Object(ROLE, "n", "n", inputs, {**base, "assumeRolePolicy": json.dumps(live), "tagsAll": tags})
    assert dict(plugin.diff(found, inputs).detailedDiff) == {}
    narrower = {**inputs, "assumeRolePolicy": trust("ec2.amazonaws.com")}
    assert list(plugin.diff(found, narrower).detailedDiff) == ["assumeRolePolicy"]


def test_what_is_unknown_counts_as_changed(plugin: Plugin) -> None:
    found = known("aws:ec2/subnet:Subnet", vpcId="vpc-1", cidrBlock="10.0.0.0/24", availabilityZone="eu-central-1a")
    answer = plugin.diff(found, {**found.inputs, "vpcId": UNKNOWN, "mapPublicIpOnLaunch": UNKNOWN})
    assert answer.detailedDiff["vpcId"].kind == KIND.UPDATE_REPLACE
    assert answer.detailedDiff["mapPublicIpOnLaunch"].kind == KIND.ADD
    assert list(answer.replaces) == ["vpcId"]


def test_what_aws_chose_stays_when_the_program_says_nothing(plugin: Plugin) -> None:
    state = {"description": "data", "policy": key_policy(), "tagsAll": {}}
    found = Object(KEY, "k", "id", {"description": "data"}, state)
    assert {"description", "policy"} & set(plugin.diff(found, {}).diffs) == set()


def test_another_region_is_another_object(plugin: Plugin) -> None:
    found = Object(VPC, "v", "vpc-1", {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16", "region": REGION})
    assert "region" not in plugin.diff(found, {"cidrBlock": "10.0.0.0/16"}).detailedDiff
    answer = plugin.diff(found, {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"})
    assert answer.detailedDiff["region"].kind == KIND.UPDATE_REPLACE


def test_replacement_of_what_has_a_chosen_name_deletes_first(plugin: Plugin) -> None:
    named = known(ROLE, name="nodes", path="/", assumeRolePolicy="{}")
    assert plugin.diff(named, {**named.inputs, "path": "/other/"}).deleteBeforeReplace
    addressed = known(VPC, cidrBlock="10.0.0.0/16")
    assert not plugin.diff(addressed, {"cidrBlock": "10.1.0.0/16"}).deleteBeforeReplace


def test_launch_template_version_changes_in_place_another_template_does_not(plugin: Plugin) -> None:
    group = "aws:eks/nodeGroup:NodeGroup"
    found = known(group, nodeGroupName="g", launchTemplate={"id": "lt-1", "version": "1"})
    newer = {**found.inputs, "launchTemplate": {"id": "lt-1", "version": "2"}}
    other = {**found.inputs, "launchTemplate": {"id": "lt-2", "version": "1"}}
    assert list(plugin.diff(found, newer).replaces) == []
    assert list(plugin.diff(found, other).replaces) == ["launchTemplate"]


# -- tags, regions, secrets -------------------------------------------------------------------------------------------


def test_own_tags_win_over_the_providers_and_both_are_told_apart(plugin: Plugin, world: World) -> None:
    tags = {"freehold:stage": "own", "Name": "x"}
    made = world.make("aws:ec2/eip:Eip", "tagged", domain="vpc", tags=tags)
    assert made.state["tags"] == tags
    assert made.state["tagsAll"] == {"freehold:client": "acme", "freehold:stage": "own", "Name": "x"}
    live = world.client("ec2").describe_addresses(AllocationIds=[made.id])["Addresses"][0]["Tags"]
    assert {one["Key"]: one["Value"] for one in live} == made.state["tagsAll"]
    plugin.delete(made)


def test_a_default_tag_that_somebody_removed_comes_back(plugin: Plugin, world: World) -> None:
    made = world.make("aws:ec2/eip:Eip", "stripped", domain="vpc")
    world.client("ec2").delete_tags(Resources=[made.id], Tags=[{"Key": "freehold:client"}])
    live = plugin.read(made)
    assert live is not None
    answer = plugin.diff(live, made.inputs)
    assert list(answer.detailedDiff) == ["tagsAll.freehold:client"]
    assert plugin.update(live, made.inputs).state["tagsAll"]["freehold:client"] == "acme"
    plugin.delete(made)


def test_a_resource_goes_where_its_region_says(plugin: Plugin, surroundings: Surroundings) -> None:
    made = plugin.create("aws:sns/topic:Topic", "abroad", {"region": "eu-west-1"})
    assert made.state["arn"].startswith("arn:aws:sns:eu-west-1:555555555555:")
    assert made.state["region"] == "eu-west-1"
    imported = plugin.imported("aws:sns/topic:Topic", "abroad", f"{made.id}@eu-west-1")
    assert imported is not None
    assert imported.state["region"] == "eu-west-1"
    plugin.delete(made)
    assert plugin.read(made) is None


def test_secrets_stay_secret(plugin: Plugin) -> None:
    foretold = plugin.preview(INSTANCE, "db", {"instanceClass": "db.t4g.small", "password": "hunter2"})
    assert foretold["password"] == Secret("hunter2")
    made = plugin.create(
        "aws:sns/topic:Topic", "secret", {"displayName": Secret("hunter2"), "tags": {"a": Secret("b")}}
    )
    assert made.state["displayName"] == Secret("hunter2")
    assert isinstance(made.state["tags"], Secret)
    assert isinstance(made.state["tagsAll"], Secret)
    live = plugin.read(made)
    assert live is not None
    assert live.state == made.state
    assert live.inputs["displayName"] == Secret("hunter2")
    assert dict(plugin.diff(live, {"displayName": Secret("hunter2"), "tags": {"a": "b"}}).detailedDiff) == {}
    plugin.delete(made)


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_an_error_says_what_was_done_to_what_and_the_code(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create(VPC, "huge", {"cidrBlock": "10.0.0.0/8"})
    assert refusal(caught).startswith("creating aws:ec2/vpc:Vpc (huge): InvalidVpc")


def test_update_of_what_is_gone_says_so(plugin: Plugin, world: World) -> None:
    made = world.make("aws:ec2/eip:Eip", "going", domain="vpc")
    plugin.delete(made)
    with pytest.raises(grpc.RpcError) as caught:
        plugin.update(made, {"domain": "vpc", "tags": {"a": "b"}})
    assert refusal(caught).startswith("updating aws:ec2/eip:Eip (going): it does not exist (any more)")


def test_what_was_made_but_not_finished_is_kept(plugin: Plugin, world: World) -> None:
    inputs = {"assumeRolePolicy": trust("ec2.amazonaws.com"), "managedPolicyArns": ["arn:aws:iam::aws:policy/None"]}
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create(ROLE, "half", inputs)
    error: Any = caught.value
    status = status_pb2.Status()
    status.ParseFromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.reasons[0].startswith(f"aws:iam/role:Role (half), {detail.id}: NoSuchEntity: ")
    half = Object(ROLE, "half", detail.id, inputs, decode(detail.properties))
    assert half.state["managedPolicyArns"] == []
    mended = plugin.update(half, {**inputs, "managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
    assert mended.state["managedPolicyArns"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    plugin.delete(mended)


def test_no_final_snapshot_is_asked_for_before_anything_is_deleted(plugin: Plugin, world: World) -> None:
    made = world.make(
        INSTANCE,
        "kept",
        engine="postgres",
        instanceClass="db.t4g.small",
        allocatedStorage=20,
        username="freehold",
        password="not-a-secret-1",
    )
    with pytest.raises(grpc.RpcError) as caught:
        plugin.delete(made)
    assert "finalSnapshotIdentifier is needed to delete it, unless skipFinalSnapshot is true" in refusal(caught)
    assert plugin.read(made) is not None
    plugin.delete(Object(INSTANCE, "kept", made.id, {**made.inputs, "skipFinalSnapshot": True}, made.state))


def test_wrong_account(other: Plugin) -> None:
    other.configure(region=REGION, assumeRoles=[{"roleArn": ROLE_ARN.format("555555555555")}], allowedAccountIds=["2"])
    with pytest.raises(grpc.RpcError) as caught:
        other.preview(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    assert "belong to account 555555555555 (arn:aws:sts::555555555555:assumed-role/" in refusal(caught)
    assert "allowed are 2" in refusal(caught)


def test_forbidden_account(other: Plugin) -> None:
    other.configure(region=REGION, forbiddenAccountIds=["100000000000"])
    with pytest.raises(grpc.RpcError) as caught:
        other.preview(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    assert "belong to account 100000000000" in refusal(caught)


def test_real_aws_is_refused_before_anything_is_sent(other: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    other.configure(region=REGION)
    with pytest.raises(grpc.RpcError) as caught:
        other.preview(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    assert "https://sts.eu-central-1.amazonaws.com, which is not loopback" in refusal(caught)


def test_one_services_endpoint_elsewhere_is_refused(other: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "https://kms.eu-central-1.amazonaws.com")
    other.configure(region=REGION)
    with pytest.raises(grpc.RpcError) as caught:
        other.create(KEY, "main", {"policy": policy("kms:*")})
    assert "the endpoint of AWS kms in eu-central-1 (AWS_ENDPOINT_URL) is https://kms" in refusal(caught)


def test_no_credentials(other: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    other.configure(region=REGION, assumeRoles=[{"roleArn": ROLE_ARN.format("555555555555")}])
    with pytest.raises(grpc.RpcError) as caught:
        other.preview(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    assert "no AWS credentials to assume arn:aws:iam::555555555555:role/freehold-provision" in refusal(caught)
