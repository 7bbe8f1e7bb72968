"""Network ACLs, their entries and their subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Output, Property, Resource, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.types.ec2_common import arn, tagging

_LAST: Final = 32767
"""Number of the entry that AWS makes, which denies what no other entry matched, and which nobody can change."""

_PROTOCOLS: Final[Mapping[str, str]] = {"all": "-1", "icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}
"""Numbers of the protocols that may be named (IANA, *Protocol Numbers*)."""


def _number(protocol: Any) -> str:
    return _PROTOCOLS.get(str(protocol).lower(), str(protocol))


def _asked(op: Operation, direction: str) -> dict[int, dict[str, Any]]:
    """The entries that are asked for, by their numbers."""
    return {int(one["ruleNo"]): one for one in op.inputs.get(direction) or []}


def _live(op: Operation, *, egress: bool) -> dict[int, dict[str, Any]]:
    """The entries there are, but AWS's own."""
    entries = op.document.get("Entries") or []
    found = {int(one["RuleNumber"]): one for one in entries if bool(one["Egress"]) is egress}
    return {number: one for number, one in found.items() if number != _LAST}


def _told(entry: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """A live entry as a program says it; a protocol by its name where the program named it."""
    protocol = str(entry["Protocol"])
    named = asked.get("protocol")
    found: dict[str, Any] = {
        "RuleNo": int(entry["RuleNumber"]),
        "Action": entry["RuleAction"],
        "Protocol": named if named is not None and _number(named) == protocol else protocol,
        "FromPort": int((entry.get("PortRange") or {}).get("From") or 0),
        "ToPort": int((entry.get("PortRange") or {}).get("To") or 0),
    }
    found |= {key: entry[key] for key in ("CidrBlock", "Ipv6CidrBlock") if entry.get(key)}
    icmp = entry.get("IcmpTypeCode") or {}
    return found | {f"Icmp{key}": int(icmp[key]) for key in ("Code", "Type") if icmp.get(key)}


def _inline(op: Operation) -> dict[str, Any]:
    """Entries and subnets in the form of the resource's properties."""
    directions = {
        direction: [_told(one, _asked(op, direction).get(number, {})) for number, one in _live(op, egress=out).items()]
        for direction, out in (("ingress", False), ("egress", True))
    }
    subnets = [one["SubnetId"] for one in op.document.get("Associations") or []]
    return {"Ingress": directions["ingress"], "EgressEntries": directions["egress"], "Subnets": subnets}


def _parameters(op: Operation, entry: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    protocol = _number(entry["protocol"])
    found: dict[str, Any] = {
        "NetworkAclId": op.id,
        "RuleNumber": int(entry["ruleNo"]),
        "Protocol": protocol,
        "RuleAction": entry["action"],
        "Egress": egress,
    }
    for ours, theirs in (("cidrBlock", "CidrBlock"), ("ipv6CidrBlock", "Ipv6CidrBlock")):
        if entry.get(ours):
            found[theirs] = entry[ours]
    if protocol in {_PROTOCOLS["tcp"], _PROTOCOLS["udp"]}:
        found["PortRange"] = {"From": int(entry["fromPort"]), "To": int(entry["toPort"])}
    if protocol in {_PROTOCOLS["icmp"], _PROTOCOLS["icmpv6"]}:
        found["IcmpTypeCode"] = {"Code": int(entry.get("icmpCode") or 0), "Type": int(entry.get("icmpType") or 0)}
    return found


def _set_entries(op: Operation, direction: str) -> None:
    """Bring one direction's entries about: those that differ are replaced, those that are asked for no longer go."""
    egress = direction == "egress"
    wanted, live = _asked(op, direction), _live(op, egress=egress)
    for number in live.keys() - wanted.keys():
        op.call("DeleteNetworkAclEntry", {"NetworkAclId": op.id, "RuleNumber": number, "Egress": egress})
    for number, entry in wanted.items():
        verb = "ReplaceNetworkAclEntry" if number in live else "CreateNetworkAclEntry"
        op.call(verb, _parameters(op, entry, egress=egress))


def _set_ingress(op: Operation) -> None:
    _set_entries(op, "ingress")


def _set_egress(op: Operation) -> None:
    _set_entries(op, "egress")


def _move(op: Operation, subnet: str, acl: str) -> None:
    """Put a subnet under an ACL: a subnet always has one, so its association is replaced."""
    found = op.call("DescribeNetworkAcls", {"Filters": [{"Name": "association.subnet-id", "Values": [subnet]}]})
    for held in found["NetworkAcls"]:
        for association in held["Associations"]:
            if association["SubnetId"] == subnet and held["NetworkAclId"] != acl:
                op.call(
                    "ReplaceNetworkAclAssociation",
                    {"AssociationId": association["NetworkAclAssociationId"], "NetworkAclId": acl},
                )


def _release(op: Operation, subnets: list[str]) -> None:
    """Give subnets back to the default ACL of their VPC."""
    if not subnets:
        return
    wanted = [
        {"Name": "vpc-id", "Values": [op.scope()["vpcId"]]},
        {"Name": "default", "Values": ["true"]},
    ]
    default = op.call("DescribeNetworkAcls", {"Filters": wanted})["NetworkAcls"][0]["NetworkAclId"]
    for subnet in subnets:
        _move(op, subnet, default)


def _set_subnets(op: Operation) -> None:
    wanted = op.inputs.get("subnetIds") or []
    live = [one["SubnetId"] for one in op.document.get("Associations") or []]
    _release(op, [one for one in live if one not in wanted])
    for subnet in wanted:
        if subnet not in live:
            _move(op, subnet, op.id)


def _born(op: Operation) -> None:
    _set_ingress(op)
    _set_egress(op)
    _set_subnets(op)


def _delete(op: Operation) -> None:
    found = op.call("DescribeNetworkAcls", {"NetworkAclIds": [op.id]})["NetworkAcls"][0]
    _release(op, [one["SubnetId"] for one in found.get("Associations") or []])
    op.call("DeleteNetworkAcl", {"NetworkAclId": op.id})


NETWORK_ACL: Final = Resource(
    type="aws:ec2/networkAcl:NetworkAcl",
    service="ec2",
    identity="NetworkAclId",
    properties={
        "egress": Property(read="EgressEntries", form=Form.SET, computed=True),
        "ingress": Property(read="Ingress", form=Form.SET, computed=True),
        "subnetIds": Property(read="Subnets", form=Form.SET, computed=True),
        "vpcId": Property(replace=True),
    },
    outputs={"arn": arn("network-acl"), "ownerId": Output()},
    create=Call("CreateNetworkAcl", answer="NetworkAcl"),
    born=_born,
    read=(Call("DescribeNetworkAcls", {"NetworkAclIds": ["{id}"]}, "NetworkAcls[0]"), _inline),
    update=(
        Update(("ingress",), _set_ingress),
        Update(("egress",), _set_egress),
        Update(("subnetIds",), _set_subnets),
    ),
    delete=_delete,
    tagging=tagging("network-acl"),
)
