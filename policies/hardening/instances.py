"""Machines: metadata service and disks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import equals, expect, holds, is_true
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, Undecided, Violation
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import EACH, Node, Step

_TEMPLATE: Final = "aws:ec2/launchTemplate:*"
_INSTANCE: Final = "aws:ec2/instance:*"
_CONFIGURATION: Final = "aws:ec2/launchConfiguration:*"

_DISKS: Final[tuple[tuple[Step, ...], ...]] = (
    ("blockDeviceMappings", EACH, "ebs"),
    ("rootBlockDevice",),
    ("ebsBlockDevices", EACH),
)


def _judge_metadata(resource: Resource, _: Context) -> Iterator[Finding]:
    if holds(resource.at("metadataOptions", "httpEndpoint"), equals("disabled")) is not True:
        yield from expect(resource.at("metadataOptions", "httpTokens"), equals("required"), "required")


def _judge_hops(resource: Resource, _: Context) -> Iterator[Finding]:
    if holds(resource.at("metadataOptions", "httpEndpoint"), equals("disabled")) is not True:
        yield from expect(resource.at("metadataOptions", "httpPutResponseHopLimit"), equals(1), "1")


def _disks(resource: Resource) -> list[Node]:
    if resource.kind == "Volume":
        return [resource.props]
    return [disk for path in _DISKS for disk in resource.every(*path) if not disk.absent]


def _judge_disks(resource: Resource, _: Context) -> Iterator[Finding]:
    disks = _disks(resource)
    if not disks:
        yield Violation(resource.at("blockDeviceMappings"), "the disks of the machine, each with encrypted = true")
    for disk in disks:
        if disk.unknown:
            yield Undecided(disk)
        else:
            yield from expect(disk.at("encrypted"), is_true, "true")


RULES: Final = (
    Rule(
        id="ec2-imdsv2",
        title="The metadata service asks for a session token",
        types=(_TEMPLATE, _INSTANCE, _CONFIGURATION),
        asks="`metadataOptions.httpTokens` is `required` (or the metadata service is disabled).",
        why="Version 1 hands a machine's credentials to any request that can be tricked out of it.",
        fix='set metadata_options http_tokens="required"',
        absent="Unset, version 1 is accepted too: refused.",
        judge=_judge_metadata,
        standards=(cis("5.7"), fsbp("EC2.8"), checkov("CKV_AWS_79")),
    ),
    Rule(
        id="ebs-encrypted",
        title="Disks are encrypted",
        types=(_TEMPLATE, _INSTANCE, _CONFIGURATION, "aws:ebs/volume:*"),
        asks="Every disk of a launch template, machine or volume has `encrypted` true; a template or machine lists "
        "its disks.",
        why="Disks and their snapshots can be read by whoever gets hold of them.",
        fix="list the root disk in block_device_mappings with encrypted=True and the environment's key",
        absent="Unset, a disk is as the image or the account's default has it: refused.",
        judge=_judge_disks,
        standards=(checkov("CKV_AWS_3"), checkov("CKV_AWS_8")),
    ),
    Rule(
        id="ec2-imds-hop-limit",
        title="The metadata service answers one hop away",
        types=(_TEMPLATE,),
        asks="`metadataOptions.httpPutResponseHopLimit` is 1 (or the metadata service is disabled).",
        why="A second hop is a pod's: it would take up the node's credentials.",
        fix="set metadata_options http_put_response_hop_limit=1",
        absent="Unset, the image decides, and Amazon Linux 2023 asks for 2: refused.",
        judge=_judge_hops,
        standards=(checkov("CKV_AWS_341"),),
    ),
)
