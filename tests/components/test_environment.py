"""What holds for every resource, whichever component it belongs to."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.plugins.aws import types
from scripts import pending
from stacks.spec.outputs import EnvironmentOutputs
from tests.components.conftest import example
from tests.components.recording import ACCOUNT, Recorded, Recording, record

NAME_LIMITS = {
    "cloudwatch/logGroup:LogGroup": ("name", r"[\w./#-]{1,512}"),
    "cloudwatch/metricAlarm:MetricAlarm": ("name", r"[ -~]{1,255}"),
    "ec2/launchTemplate:LaunchTemplate": ("name", r"[\w().\/-]{3,128}"),
    "ec2/securityGroup:SecurityGroup": ("name", r"(?!sg-)[\w .:/()#,@\[\]+=&;{}!$*-]{1,255}"),
    "ecr/repository:Repository": ("name", r"(?=.{2,256}$)[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"),
    "eks/cluster:Cluster": ("name", r"[0-9A-Za-z][\w-]{0,99}"),
    "iam/policy:Policy": ("name", r"[\w+=,.@-]{1,128}"),
    "iam/role:Role": ("name", r"[\w+=,.@-]{1,64}"),
    "iam/rolePolicy:RolePolicy": ("name", r"[\w+=,.@-]{1,128}"),
    "kms/alias:Alias": ("name", r"alias/(?!aws/)[\w/-]{1,250}"),
    "rds/instance:Instance": ("identifier", r"[a-z](?:[a-z0-9]|-(?!-)){0,61}[a-z0-9]"),
    "rds/parameterGroup:ParameterGroup": ("name", r"[a-z](?:[a-z0-9]|-(?!-)){0,253}[a-z0-9]"),
    "rds/subnetGroup:SubnetGroup": ("name", r"(?!default$)[a-z0-9 ._-]{1,255}"),
    "sns/topic:Topic": ("name", r"[\w-]{1,256}"),
}
"""Names by type: property and form, of the API references of the services."""


def texts(value: Any) -> list[str]:
    """All text in a value, also that in JSON documents."""
    if isinstance(value, dict):
        return [text for below in value.values() for text in texts(below)]
    if isinstance(value, list):
        return [text for below in value for text in texts(below)]
    return [value] if isinstance(value, str) else []


def ours(resource: Recorded) -> bool:
    return resource.type.startswith(("aws:", "kubernetes:", "pulumi-python:"))


def test_every_resource_hangs_below_the_environment(environment: Recording) -> None:
    orphans = [f"{found.type} {found.name}" for found in environment.resources if not found.parent]
    assert orphans == [
        f"freehold:components:Environment {environment.outputs['client']}-{environment.outputs['stage']}"
    ]


def test_every_resource_goes_through_an_explicit_provider(environment: Recording) -> None:
    for resource in filter(ours, environment.resources):
        package = resource.type.partition(":")[0]
        assert f"Environment$pulumi:providers:{package}::" in resource.provider, resource
        assert "::default" not in resource.provider


def test_no_resource_names_a_region_of_its_own(environment: Recording) -> None:
    """But for the copies of images, which are made in the recovery region."""
    elsewhere = [found for found in environment.below("aws:") if "region" in found.inputs]
    assert {(found.parent.partition("::")[2], found.inputs["region"]) for found in elsewhere} <= {
        ("registry", "eu-west-1")
    }


def test_the_aws_provider_enters_the_clients_account_and_no_other(environment: Recording) -> None:
    (provider,) = environment.of("pulumi:providers:aws")
    assert json.loads(provider.inputs["allowedAccountIds"]) == [ACCOUNT]
    assert provider.inputs["region"] == "eu-central-1"
    (role,) = json.loads(provider.inputs["assumeRoles"])
    assert role["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/freehold-provision"
    tags = json.loads(provider.inputs["defaultTags"])["tags"]
    assert {tags["freehold:client"], tags["freehold:stage"]} == {
        environment.outputs["client"],
        environment.outputs["stage"],
    }


def test_constructors_look_nothing_up(environment: Recording) -> None:
    assert environment.calls == []


def test_only_types_that_the_embedded_plugin_serves_are_used(environment: Recording) -> None:
    assert {found.type for found in environment.below("aws:")} <= set(types.tokens())


@pytest.mark.parametrize("kind", NAME_LIMITS)
def test_names_are_within_the_services_limits_and_differ(environment: Recording, kind: str) -> None:
    name, form = NAME_LIMITS[kind]
    names = [found.inputs[name] for found in environment.of(kind)]
    assert names
    assert not [given for given in names if not re.fullmatch(form, given)]
    assert len(set(names)) == len(names)


def test_names_stay_within_the_client(environment: Recording) -> None:
    whole = f"{environment.outputs['client']}-{environment.outputs['stage']}"
    for kind, (name, _) in NAME_LIMITS.items():
        if kind != "iam/rolePolicy:RolePolicy":
            names = {found.inputs[name] for found in environment.of(kind)} - {"RDSOSMetrics"}  # RDS names that one
            assert all(whole in given for given in names), kind


def test_every_taggable_resource_says_which_component_made_it(environment: Recording) -> None:
    for resource in environment.below("aws:"):
        described = types.find(resource.type)
        if described is not None and described.tagging is not None:
            tags = resource.inputs["tags"]
            assert tags["Name"], resource
            assert tags["freehold:component"] in resource.parent.lower(), resource


def test_nothing_points_to_another_account_or_region(environment: Recording) -> None:
    arns = [
        found
        for resource in filter(ours, environment.resources)
        for text in texts(dict(resource.inputs))
        for found in re.findall(r"arn:aws[\w-]*:[\w-]+:[\w-]*:[\w]*:[^\"\s]*", text)
    ]
    assert arns
    for arn in arns:
        _, _, service, region, account, _ = arn.split(":", 5)
        assert account in {"", "aws", ACCOUNT}, arn
        # what may be restored from, and copied to, the recovery region: roles name it in their documents
        recovery = region == "eu-west-1" and service in {"backup", "ecr", "kms", "rds", "secretsmanager"}
        assert region == "eu-central-1" or service in {"iam", "eks", "s3"} or recovery, arn


def test_data_and_keys_of_production_are_protected(dev: Recording, prod: Recording) -> None:
    vault = {"pulumi-python:dynamic/vault:KvMount", "pulumi-python:dynamic/vault:Namespace"}
    holding = {
        "aws:kms/key:Key",
        "aws:rds/instance:Instance",
        "aws:eks/cluster:Cluster",
        "aws:ecr/repository:Repository",
        "aws:s3/bucket:Bucket",
        "aws:cfg/deliveryChannel:DeliveryChannel",
        "aws:cfg/recorder:Recorder",
        "aws:cloudtrail/trail:Trail",
        "aws:guardduty/detector:Detector",
        *vault,
    }
    assert {found.type for found in prod.resources if found.protect} == holding
    assert all(found.protect for found in prod.resources if found.type in holding)
    assert not [found for found in dev.resources if found.protect]


def test_protection_can_be_asked_for_outside_production() -> None:
    protected = record(example() | {"protection": True})
    assert protected.one("rds/instance:Instance", "database").protect
    assert protected.one("rds/instance:Instance", "database").inputs["deletionProtection"] is True


def test_the_outputs_are_what_runbooks_read(environment: Recording) -> None:
    outputs = EnvironmentOutputs.read(environment.outputs)
    assert outputs.database.port == 26021  # the port that the instance has, not the one that was asked for
    assert outputs.database.host == "db.example"
    assert outputs.account_id == ACCOUNT
    assert len(outputs.network.data_subnet_ids) == len(outputs.network.private_subnet_ids)
    assert EnvironmentOutputs.model_validate_json(outputs.model_dump_json()) == outputs


def test_the_kubeconfig_asks_for_a_token_and_holds_no_secret(environment: Recording) -> None:
    text = environment.outputs["cluster"]["kubeconfig"]
    provider = environment.one("pulumi:providers:kubernetes", "kubernetes")
    assert provider.inputs["kubeconfig"] == text
    assert json.loads(provider.inputs["enableServerSideApply"]) is True
    document = json.loads(text)
    (user,) = document["users"]
    assert set(user["user"]) == {"exec"}
    call = user["user"]["exec"]
    assert call["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    assert [call["command"], *call["args"][:2]] == ["aws", "eks", "get-token"]
    options = dict(zip(call["args"][2::2], call["args"][3::2], strict=True))
    assert options["--region"] == "eu-central-1"
    assert options["--role-arn"] == f"arn:aws:iam::{ACCOUNT}:role/freehold-provision"
    assert options["--cluster-name"] == environment.outputs["cluster"]["name"]


def test_a_killed_update_of_every_type_can_be_settled(environment: Recording) -> None:
    used = {found.type for found in environment.below("aws:")}
    assert not {
        kind
        for kind in used
        if kind not in pending.NAMED and kind not in pending.FOUND and not pending.is_harmless(kind)
    }
