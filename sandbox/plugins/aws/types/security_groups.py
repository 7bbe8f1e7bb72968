"""Security groups with rules of their own, and the group that every network is born with."""

from __future__ import annotations

import json
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.protocol import ProviderError

_SOURCES: Final = (
    ("cidrBlocks", "IpRanges", "CidrIp"),
    ("ipv6CidrBlocks", "Ipv6Ranges", "CidrIpv6"),
    ("prefixListIds", "PrefixListIds", "PrefixListId"),
    ("securityGroups", "UserIdGroupPairs", "GroupId"),
)
_TAGGING: Final = Tagging(
    "CreateTags",
    "DeleteTags",
    ("Resources", ["{id}"]),
    "TagSpecifications",
    style="ec2",
    keys="Tags",
    kind="security-group",
)


def _rules(permissions: list[dict[str, Any]], group: str) -> list[dict[str, Any]]:
    """AWS's permissions as rules: sources with the same ports and description are one rule."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for permission in permissions:
        ports = (permission.get("IpProtocol"), permission.get("FromPort", 0), permission.get("ToPort", 0))
        for ours, theirs, member in _SOURCES:
            for source in permission.get(theirs) or []:
                key = (*ports, source.get("Description") or "")
                rule = found.setdefault(key, {"protocol": key[0], "fromPort": key[1], "toPort": key[2]})
                if key[3]:
                    rule["description"] = key[3]
                if source[member] == group:
                    rule["self"] = True
                else:
                    rule.setdefault(ours, []).append(source[member])
    return list(found.values())


def _permission(rule: dict[str, Any], group: str) -> dict[str, Any]:
    described = {"Description": rule["description"]} if rule.get("description") else {}
    protocol = str(rule["protocol"])
    found: dict[str, Any] = {"IpProtocol": "-1" if protocol == "all" else protocol}
    if found["IpProtocol"] != "-1":
        found |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    for ours, theirs, member in _SOURCES:
        sources = [*(rule.get(ours) or []), *([group] if ours == "securityGroups" and rule.get("self") else [])]
        if sources:
            found[theirs] = [{member: source, **described} for source in sources]
    return found


def _read_rules(op: Operation) -> dict[str, Any]:
    return {
        "Ingress": _rules(op.document.get("IpPermissions") or [], op.document["GroupId"]),
        "Egress": _rules(op.document.get("IpPermissionsEgress") or [], op.document["GroupId"]),
    }


def _set_rules(op: Operation) -> None:
    """Make the group's rules those of the inputs; what the inputs leave out is left as it is."""
    for name, permissions in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        if name in op.inputs:
            _exchange(op, name.capitalize(), op.document.get(permissions) or [], op.inputs[name] or [])


def _lock_down(op: Operation) -> None:
    """Make the group's rules those of the inputs, and none where the inputs leave them out."""
    for name, permissions in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        _exchange(op, name.capitalize(), op.document.get(permissions) or [], op.inputs.get(name) or [])


def _exchange(op: Operation, direction: str, live: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    """Revoke what is not wanted, then authorize what is not there: each source of each rule on its own."""
    there = {_key(one): one for permission in live for one in _apart(permission)}
    asked = {_key(one): one for rule in wanted for one in _apart(_permission(rule, op.id))}
    gone = [one for key, one in there.items() if key not in asked]
    new = [one for key, one in asked.items() if key not in there]
    if gone:
        op.call(f"RevokeSecurityGroup{direction}", {"GroupId": op.id, "IpPermissions": gone})
    if new:
        op.call(f"AuthorizeSecurityGroup{direction}", {"GroupId": op.id, "IpPermissions": new})


def _apart(permission: dict[str, Any]) -> list[dict[str, Any]]:
    """A permission as one for each of its sources, without what AWS only tells."""
    ports = {key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if permission.get(key) is not None}
    if ports["IpProtocol"] == "-1":
        ports = {"IpProtocol": "-1"}
    return [
        {**ports, theirs: [{key: source[key] for key in (member, "Description") if source.get(key)}]}
        for _, theirs, member in _SOURCES
        for source in permission.get(theirs) or []
    ]


def _key(permission: dict[str, Any]) -> str:
    return json.dumps(permission, sort_keys=True)


def _forget_default_egress(op: Operation) -> None:
    """AWS lets a new group reach everything; as with the official provider, it starts with no rule at all."""
    group = op.call("DescribeSecurityGroups", {"GroupIds": [op.id]})["SecurityGroups"][0]
    _exchange(op, "Egress", group.get("IpPermissionsEgress") or [], [])


def _delete_group(op: Operation) -> None:
    if op.inputs.get("revokeRulesOnDelete", op.state.get("revokeRulesOnDelete")):
        group = op.call("DescribeSecurityGroups", {"GroupIds": [op.id]})["SecurityGroups"][0]
        _exchange(op, "Ingress", group.get("IpPermissions") or [], [])
        _exchange(op, "Egress", group.get("IpPermissionsEgress") or [], [])
    op.call("DeleteSecurityGroup", {"GroupId": op.id})


def _adopt(op: Operation) -> Any:
    """Take charge of a network's default group: it exists already, and its rules go."""
    wanted = [{"Name": "group-name", "Values": ["default"]}]
    if op.inputs.get("vpcId"):
        wanted.append({"Name": "vpc-id", "Values": [op.inputs["vpcId"]]})
    groups = op.call("DescribeSecurityGroups", {"Filters": wanted})["SecurityGroups"]
    if not groups:
        raise ProviderError(f"the network {op.inputs.get('vpcId', '(default)')} has no default security group")
    op.id, op.document = groups[0]["GroupId"], groups[0]
    _lock_down(op)
    return groups[0]


_READ: Final = (Call("DescribeSecurityGroups", {"GroupIds": ["{id}"]}, "SecurityGroups[0]"), _read_rules)
_OUTPUTS: Final = {
    "arn": Output(template="arn:{partition}:ec2:{region}:{account}:security-group/{id}"),
    "ownerId": Output(),
}

SECURITY_GROUP: Final = Resource(
    type="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    identity="GroupId",
    properties={
        "description": Property(default="Managed by Pulumi", replace=True),
        "egress": Property(form=Form.SET, computed=True, asked=True),
        "ingress": Property(form=Form.SET, computed=True, asked=True),
        "name": Property("GroupName", replace=True),
        "namePrefix": Property(read="", replace=True),
        "revokeRulesOnDelete": Property(read="", default=False),
        "vpcId": Property(computed=True, replace=True),
    },
    outputs=_OUTPUTS,
    create=Call("CreateSecurityGroup"),
    born=_forget_default_egress,
    read=_READ,
    update=(Update(("egress", "ingress"), _set_rules),),
    delete=_delete_group,
    minutes=(10, 15),
    naming=Naming(limit=255, prefix_property="namePrefix"),
    tagging=_TAGGING,
)

DEFAULT_SECURITY_GROUP: Final = Resource(
    type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    service="ec2",
    identity="GroupId",
    properties={
        "egress": Property(form=Form.SET),
        "ingress": Property(form=Form.SET),
        "revokeRulesOnDelete": Property(read="", default=False),
        "vpcId": Property(computed=True, replace=True),
    },
    outputs={**_OUTPUTS, "description": Output(), "name": Output("GroupName")},
    create=_adopt,
    read=_READ,
    update=(Update(("egress", "ingress"), _lock_down),),
    delete=None,
    tagging=_TAGGING,
)

GROUPS: Final = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
