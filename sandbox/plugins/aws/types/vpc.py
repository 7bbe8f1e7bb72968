"""Rules of security groups, one resource a rule."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Hook, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_RULE: Final = {"GroupId": "{securityGroupId}", "SecurityGroupRuleIds": ["{id}"]}
_ANY_PORT: Final = "[@][?IpProtocol!='-1'].{port} | [0]"
"""AWS answers -1 for the ports of a rule for all protocols, which no program says."""


def _authorize(direction: str) -> Hook:
    def authorize(op: Operation) -> Any:
        given = op.inputs
        described = {"Description": given["description"]} if given.get("description") else {}
        permission: dict[str, Any] = {"IpProtocol": str(given["ipProtocol"])}
        if given.get("fromPort") is not None:
            permission["FromPort"] = int(given["fromPort"])
        if given.get("toPort") is not None:
            permission["ToPort"] = int(given["toPort"])
        for name, ranges, member in (
            ("cidrIpv4", "IpRanges", "CidrIp"),
            ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
            ("prefixListId", "PrefixListIds", "PrefixListId"),
            ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ):
            if given.get(name):
                permission[ranges] = [{member: given[name], **described}]
        parameters = {"GroupId": given["securityGroupId"], "IpPermissions": [permission]}
        return op.call(f"AuthorizeSecurityGroup{direction}", parameters)["SecurityGroupRules"][0]

    return authorize


def _modify(op: Operation) -> None:
    rule: dict[str, Any] = {
        theirs: op.inputs[ours]
        for ours, theirs in (
            ("cidrIpv4", "CidrIpv4"),
            ("cidrIpv6", "CidrIpv6"),
            ("description", "Description"),
            ("prefixListId", "PrefixListId"),
            ("referencedSecurityGroupId", "ReferencedGroupId"),
        )
        if op.inputs.get(ours) is not None
    }
    rule["IpProtocol"] = str(op.inputs["ipProtocol"])
    for ours, theirs in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        value = op.inputs.get(ours)
        if value is not None:
            rule[theirs] = int(value)
    op.call(
        "ModifySecurityGroupRules",
        {
            "GroupId": op.inputs["securityGroupId"],
            "SecurityGroupRules": [{"SecurityGroupRuleId": op.id, "SecurityGroupRule": rule}],
        },
    )


_CHANGEABLE: Final = {
    "cidrIpv4": Property(),
    "cidrIpv6": Property(),
    "description": Property(),
    "fromPort": Property(read=_ANY_PORT.format(port="FromPort")),
    "ipProtocol": Property(),
    "prefixListId": Property(),
    "referencedSecurityGroupId": Property(read="ReferencedGroupInfo.GroupId"),
    "toPort": Property(read=_ANY_PORT.format(port="ToPort")),
}


def _rule(direction: str) -> Resource:
    return Resource(
        type=f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        service="ec2",
        identity="SecurityGroupRuleId",
        properties={**_CHANGEABLE, "securityGroupId": Property("GroupId", replace=True)},
        outputs={
            "arn": Output(template="arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}"),
            "securityGroupRuleId": Output(),
        },
        create=_authorize(direction),
        read=(Call("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": ["{id}"]}, "SecurityGroupRules[0]"),),
        update=(Update(tuple(_CHANGEABLE), _modify),),
        delete=Call(f"RevokeSecurityGroup{direction}", _RULE),
        tagging=Tagging("CreateTags", "DeleteTags", ("Resources", ["{id}"]), param="", style="ec2", keys="Tags"),
    )


RESOURCES: Final = (_rule("Ingress"), _rule("Egress"))
