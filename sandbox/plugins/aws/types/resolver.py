"""Route 53 Resolver: DNS Firewall and query logging."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Ready, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_TAGGING: Final = Tagging("TagResource", "UntagResource", ("ResourceArn", "{arn}"), param="")
_MISSING: Final = ("ResourceNotFoundException",)


def _token() -> str:
    return uuid.uuid4().hex


def _made(operation: str, answer: str) -> Any:
    """A creating call with the token that tells repetitions apart."""

    def create(op: Operation) -> Any:
        call = Call(operation, {"CreatorRequestId": _token()}, answer)
        names = [name for name in op.resource.properties if op.inputs.get(name) is not None and name != "domains"]
        return op.request(call, [name for name in names if op.takes(call, name)])

    return create


def _read_tags(kind: str) -> Any:
    def read(op: Operation) -> Any:
        arn = f"arn:{op.cloud.partition}:route53resolver:{op.region}:{op.cloud.account}:{kind}/{op.id}"
        return {"Tags": op.call("ListTagsForResource", {"ResourceArn": arn})["Tags"]}

    return read


def _set_domains(op: Operation) -> None:
    parameters = {"FirewallDomainListId": op.id, "Operation": "REPLACE", "Domains": op.inputs.get("domains") or []}
    if parameters["Domains"]:
        op.call("UpdateFirewallDomains", parameters)
    elif found := op.call("ListFirewallDomains", {"FirewallDomainListId": op.id})["Domains"]:
        op.call("UpdateFirewallDomains", {**parameters, "Operation": "REMOVE", "Domains": found})


def _domains(op: Operation) -> dict[str, Any]:
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = op.call("ListFirewallDomains", {"FirewallDomainListId": op.id, **token})
        found += answer["Domains"]
        if "NextToken" not in answer:
            return {"Domains": found}
        token = {"NextToken": answer["NextToken"]}


DOMAIN_LIST: Final = Resource(
    type="aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
    service="route53resolver",
    identity="Id",
    properties={"domains": Property(form=Form.SET), "name": Property(replace=True)},
    outputs={"arn": Output()},
    create=_made("CreateFirewallDomainList", "FirewallDomainList"),
    born=lambda op: _set_domains(op) if op.inputs.get("domains") else None,
    read=(
        Call("GetFirewallDomainList", {"FirewallDomainListId": "{id}"}, "FirewallDomainList"),
        _domains,
        _read_tags("firewall-domain-list"),
    ),
    update=(Update(("domains",), _set_domains),),
    ready=Ready("Status", ("COMPLETE",), ("COMPLETE_IMPORT_FAILED",), "StatusMessage"),
    delete=Call("DeleteFirewallDomainList", {"FirewallDomainListId": "{id}"}, optional=_MISSING),
    naming=Naming(limit=64),
    tagging=_TAGGING,
)

RULE_GROUP: Final = Resource(
    type="aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
    service="route53resolver",
    identity="Id",
    properties={"name": Property(replace=True)},
    outputs={"arn": Output(), "ownerId": Output(), "shareStatus": Output()},
    create=_made("CreateFirewallRuleGroup", "FirewallRuleGroup"),
    read=(
        Call("GetFirewallRuleGroup", {"FirewallRuleGroupId": "{id}"}, "FirewallRuleGroup"),
        _read_tags("firewall-rule-group"),
    ),
    delete=Call("DeleteFirewallRuleGroup", {"FirewallRuleGroupId": "{id}"}, optional=_MISSING),
    naming=Naming(limit=64),
    tagging=_TAGGING,
)


def _create_rule(op: Operation) -> dict[str, str]:
    made = _made("CreateFirewallRule", "FirewallRule")(op)
    return {"_id": f"{made['FirewallRuleGroupId']}:{_subject(made)}"}


def _subject(rule: dict[str, Any]) -> str:
    return str(rule.get("FirewallDomainListId") or rule.get("FirewallThreatProtectionId"))


def _find_rule(op: Operation) -> Any:
    group, _, subject = op.id.partition(":")
    found = op.call("ListFirewallRules", {"FirewallRuleGroupId": group})["FirewallRules"]
    return next((one for one in found if _subject(one) == subject), None)


def _rule_key(op: Operation) -> dict[str, str]:
    group, _, subject = op.id.partition(":")
    name = "FirewallThreatProtectionId" if subject.startswith("rslvr-ftp") else "FirewallDomainListId"
    kind = {"Qtype": op.inputs.get("qType") or op.state.get("qType")}
    return {"FirewallRuleGroupId": group, name: subject, **{key: one for key, one in kind.items() if one}}


def _update_rule(op: Operation) -> None:
    call = Call("UpdateFirewallRule", _rule_key(op))
    op.request(call, [name for name in _RULE_CHANGES if op.inputs.get(name) is not None])


_RULE_CHANGES: Final = (
    "action",
    "blockOverrideDnsType",
    "blockOverrideDomain",
    "blockOverrideTtl",
    "blockResponse",
    "confidenceThreshold",
    "dnsThreatProtection",
    "firewallDomainRedirectionAction",
    "name",
    "priority",
)

RULE: Final = Resource(
    type="aws:route53/resolverFirewallRule:ResolverFirewallRule",
    service="route53resolver",
    identity="_id",
    properties={
        **{name: Property() for name in _RULE_CHANGES},
        "firewallDomainListId": Property(replace=True),
        "firewallDomainRedirectionAction": Property(computed=True),
        "firewallRuleGroupId": Property(replace=True),
        "qType": Property("Qtype", replace=True),
    },
    outputs={"firewallThreatProtectionId": Output()},
    create=_create_rule,
    read=(_find_rule,),
    update=(Update(_RULE_CHANGES, _update_rule),),
    delete=lambda op: op.request(Call("DeleteFirewallRule", _rule_key(op))),
    naming=Naming(limit=64),
)

_ASSOCIATION: Final = {"FirewallRuleGroupAssociationId": "{id}"}


def _dissociate(op: Operation) -> None:
    """A protected association is refused deletion, as the cloud does it."""
    op.call("DisassociateFirewallRuleGroup", {"FirewallRuleGroupAssociationId": op.id})


ASSOCIATION: Final = Resource(
    type="aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
    service="route53resolver",
    identity="Id",
    properties={
        "firewallRuleGroupId": Property(replace=True),
        "mutationProtection": Property(computed=True),
        "name": Property(),
        "priority": Property(),
        "vpcId": Property(replace=True),
    },
    outputs={"arn": Output()},
    create=_made("AssociateFirewallRuleGroup", "FirewallRuleGroupAssociation"),
    read=(
        Call("GetFirewallRuleGroupAssociation", _ASSOCIATION, "FirewallRuleGroupAssociation"),
        _read_tags("firewall-rule-group-association"),
    ),
    update=(
        Update(("mutationProtection", "name", "priority"), Call("UpdateFirewallRuleGroupAssociation", _ASSOCIATION)),
    ),
    ready=Ready("Status", ("COMPLETE",), (), "StatusMessage"),
    delete=_dissociate,
    naming=Naming(limit=64),
    tagging=_TAGGING,
)


def _set_config(op: Operation) -> Any:
    vpc = op.inputs.get("resourceId") or op.state["resourceId"]
    wanted = op.inputs.get("firewallFailOpen") or "DISABLED"
    answer = op.call("UpdateFirewallConfig", {"ResourceId": vpc, "FirewallFailOpen": wanted})
    return answer["FirewallConfig"]


def _close_config(op: Operation) -> None:
    op.call("UpdateFirewallConfig", {"ResourceId": op.state["resourceId"], "FirewallFailOpen": "DISABLED"})


CONFIG: Final = Resource(
    type="aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
    service="route53resolver",
    identity="Id",
    properties={"firewallFailOpen": Property(computed=True), "resourceId": Property(replace=True)},
    outputs={"ownerId": Output()},
    create=_set_config,
    read=(Call("ListFirewallConfigs", {}, "FirewallConfigs[?Id=='{id}'] | [0]"),),
    update=(Update(("firewallFailOpen",), _set_config),),
    delete=_close_config,
)

_LOG: Final = {"ResolverQueryLogConfigId": "{id}"}

QUERY_LOG: Final = Resource(
    type="aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
    service="route53resolver",
    identity="Id",
    properties={"destinationArn": Property(replace=True), "name": Property(replace=True)},
    outputs={"arn": Output(), "ownerId": Output(), "shareStatus": Output()},
    create=_made("CreateResolverQueryLogConfig", "ResolverQueryLogConfig"),
    read=(
        Call("GetResolverQueryLogConfig", _LOG, "ResolverQueryLogConfig"),
        _read_tags("resolver-query-log-config"),
    ),
    ready=Ready("Status", ("CREATED",), ("FAILED",)),
    delete=Call("DeleteResolverQueryLogConfig", _LOG, optional=_MISSING),
    naming=Naming(limit=64),
    tagging=_TAGGING,
)

_LOG_TIE: Final = {"ResolverQueryLogConfigId": "{resolverQueryLogConfigId}", "ResourceId": "{resourceId}"}

QUERY_LOG_ASSOCIATION: Final = Resource(
    type="aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
    service="route53resolver",
    identity="ResolverQueryLogConfigAssociation.Id",
    properties={"resolverQueryLogConfigId": Property(replace=True), "resourceId": Property(replace=True)},
    create=Call("AssociateResolverQueryLogConfig"),
    read=(
        Call(
            "GetResolverQueryLogConfigAssociation",
            {"ResolverQueryLogConfigAssociationId": "{id}"},
            "ResolverQueryLogConfigAssociation",
        ),
    ),
    ready=Ready("Status", ("ACTIVE",), ("FAILED", "ACTION_NEEDED"), "Error"),
    delete=Call("DisassociateResolverQueryLogConfig", _LOG_TIE, optional=_MISSING),
)

RESOURCES: Final = (
    DOMAIN_LIST,
    RULE_GROUP,
    RULE,
    ASSOCIATION,
    CONFIG,
    QUERY_LOG,
    QUERY_LOG_ASSOCIATION,
)
