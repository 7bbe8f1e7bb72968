"""Route 53 Resolver: DNS Firewall and query logging, which moto lacks; endpoints and rules stay moto's."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow
from moto.ec2.models import ec2_backends
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random
from moto.route53resolver.models import Route53ResolverBackend, route53resolver_backends
from moto.route53resolver.responses import Route53ResolverResponse
from moto.utilities.utils import get_partition

from sandbox.cloud import extend
from sandbox.cloud.service_store import Operations, Parameters, Refused, page, responses

operations: Final = Operations()

_LOWEST, _HIGHEST = 100, 9900
"""Priorities of associations lie between these (Route 53 Developer Guide, «DNS Firewall rule group associations»)."""
_RULES: Final = 100
"""Rules of a rule group: a service quota."""

Record = dict[str, Any]


class Resolver(Route53ResolverBackend):
    """Moto's Resolver with DNS Firewall and query logging."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lists: dict[str, Record] = {}
        self.domains: dict[str, list[str]] = {}
        self.groups: dict[str, Record] = {}
        self.rules: dict[str, list[Record]] = {}
        self.associations: dict[str, Record] = {}
        self.configs: dict[str, Record] = {}
        self.logs: dict[str, Record] = {}
        self.log_associations: dict[str, Record] = {}

    def _matched_arn(self, resource_arn: str) -> None:
        for kind in (self.lists, self.groups, self.associations, self.logs):
            if any(one["Arn"] == resource_arn for one in kind.values()):
                return
        super()._matched_arn(resource_arn)

    def new(self, prefix: str, kind: str, asked: Parameters) -> Record:
        """A record with id, ARN, times, tags, and the request's token."""
        id_ = f"{prefix}-{mock_random.get_random_hex(17)}"
        arn = f"arn:{get_partition(self.region_name)}:route53resolver:{self.region_name}:{self.account_id}:{kind}/{id_}"
        if asked.get("Tags"):
            self.tagger.tag_resource(arn, asked["Tags"])
        return {
            "Id": id_,
            "Arn": arn,
            "Name": asked["Name"],
            "CreatorRequestId": asked["CreatorRequestId"],
            "CreationTime": _now(),
        }

    def one(self, kind: dict[str, Record], id_: str) -> Record:
        """A record of a kind.

        Raises:
            Refused: there is none with this id.
        """
        if id_ not in kind:
            _missing(id_)
        return kind[id_]

    def need_vpc(self, id_: str) -> None:
        """Refuse a VPC that does not exist."""
        if id_ not in ec2_backends[self.account_id][self.region_name].vpcs:
            _missing(id_)


def _now() -> str:
    return str(iso_8601_datetime_without_milliseconds(utcnow()))


def _missing(id_: str) -> NoReturn:
    raise Refused("ResourceNotFoundException", f"[RSLVR-00106] The resource with the ID '{id_}' does not exist.")


def _invalid(message: str) -> NoReturn:
    raise Refused("ValidationException", message)


def _conflict(message: str) -> NoReturn:
    raise Refused("ConflictException", message)


def _paged(items: Any, asked: Parameters, key: str) -> Record:
    return page(items, asked, key, sizes="MaxResults", tokens="NextToken", invalid="InvalidNextTokenException")


@operations("CreateFirewallDomainList")
def _create_list(resolver: Resolver, asked: Parameters) -> Record:
    made = resolver.new("rslvr-fdl", "firewall-domain-list", asked)
    made |= {"DomainCount": 0, "Status": "COMPLETE", "StatusMessage": "", "ModificationTime": made["CreationTime"]}
    resolver.lists[made["Id"]], resolver.domains[made["Id"]] = made, []
    return {"FirewallDomainList": made}


@operations("GetFirewallDomainList")
def _get_list(resolver: Resolver, asked: Parameters) -> Record:
    return {"FirewallDomainList": resolver.one(resolver.lists, asked["FirewallDomainListId"])}


@operations("UpdateFirewallDomains")
def _update_domains(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.lists, asked["FirewallDomainListId"])
    given = [one.lower().rstrip(".") + "." for one in asked["Domains"]]
    for one in given:
        if "*" in one.removeprefix("*.") and one != "*.":
            _invalid(f"[RSLVR-02201] The domain '{one}' is not valid: * may only be the first label.")
    present = [] if asked["Operation"] == "REPLACE" else resolver.domains[found["Id"]]
    if asked["Operation"] == "REMOVE":
        domains = [one for one in present if one not in given]
    else:
        domains = list(dict.fromkeys([*present, *given]))
    resolver.domains[found["Id"]] = domains
    found |= {"DomainCount": len(domains), "ModificationTime": _now()}
    return {**{name: found[name] for name in ("Id", "Name", "StatusMessage")}, "Status": "UPDATING"}


@operations("ListFirewallDomains")
def _list_domains(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.lists, asked["FirewallDomainListId"])
    return _paged(((one, one) for one in resolver.domains[found["Id"]]), asked, "Domains")


@operations("ListFirewallDomainLists")
def _list_lists(resolver: Resolver, asked: Parameters) -> Record:
    names = ("Id", "Arn", "Name", "CreatorRequestId")
    items = ((id_, {name: one[name] for name in names}) for id_, one in resolver.lists.items())
    return _paged(items, asked, "FirewallDomainLists")


@operations("DeleteFirewallDomainList")
def _delete_list(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.lists, asked["FirewallDomainListId"])
    if any(rule.get("FirewallDomainListId") == found["Id"] for rules in resolver.rules.values() for rule in rules):
        _conflict(f"[RSLVR-02104] The domain list '{found['Id']}' is in use by a rule.")
    del resolver.lists[found["Id"]], resolver.domains[found["Id"]]
    return {"FirewallDomainList": {**found, "Status": "DELETING"}}


@operations("CreateFirewallRuleGroup")
def _create_group(resolver: Resolver, asked: Parameters) -> Record:
    made = resolver.new("rslvr-frg", "firewall-rule-group", asked)
    made |= {"RuleCount": 0, "Status": "COMPLETE", "StatusMessage": "", "OwnerId": resolver.account_id}
    made |= {"ShareStatus": "NOT_SHARED", "ModificationTime": made["CreationTime"]}
    resolver.groups[made["Id"]], resolver.rules[made["Id"]] = made, []
    return {"FirewallRuleGroup": made}


@operations("GetFirewallRuleGroup")
def _get_group(resolver: Resolver, asked: Parameters) -> Record:
    return {"FirewallRuleGroup": resolver.one(resolver.groups, asked["FirewallRuleGroupId"])}


@operations("ListFirewallRuleGroups")
def _list_groups(resolver: Resolver, asked: Parameters) -> Record:
    names = ("Id", "Arn", "Name", "OwnerId", "CreatorRequestId", "ShareStatus")
    items = ((id_, {name: one[name] for name in names}) for id_, one in resolver.groups.items())
    return _paged(items, asked, "FirewallRuleGroups")


@operations("DeleteFirewallRuleGroup")
def _delete_group(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.groups, asked["FirewallRuleGroupId"])
    if any(one["FirewallRuleGroupId"] == found["Id"] for one in resolver.associations.values()):
        _conflict(f"[RSLVR-02103] The rule group '{found['Id']}' is associated with a VPC.")
    del resolver.groups[found["Id"]], resolver.rules[found["Id"]]
    return {"FirewallRuleGroup": {**found, "Status": "DELETING"}}


def _check_rule(rule: Record, others: list[Record]) -> None:
    if any(one["Priority"] == rule["Priority"] for one in others):
        _conflict(f"[RSLVR-02023] A rule with the priority {rule['Priority']} exists in this rule group.")
    if rule["Action"] == "BLOCK" and not rule.get("BlockResponse"):
        _invalid("[RSLVR-02200] BlockResponse is required when the action is BLOCK.")
    override = [rule.get(f"BlockOverride{name}") for name in ("Domain", "DnsType", "Ttl")]
    if rule.get("BlockResponse") == "OVERRIDE" and None in override:
        _invalid("[RSLVR-02202] BlockOverrideDomain, BlockOverrideDnsType and BlockOverrideTtl go with OVERRIDE.")


def _rule(resolver: Resolver, asked: Parameters) -> Record:
    resolver.one(resolver.groups, asked["FirewallRuleGroupId"])
    names = ("FirewallDomainListId", "FirewallThreatProtectionId")
    for one in resolver.rules[asked["FirewallRuleGroupId"]]:
        if all(one.get(name) == asked.get(name) for name in names) and one.get("Qtype") == asked.get("Qtype"):
            return one
    _missing(str(asked.get("FirewallDomainListId") or asked.get("FirewallThreatProtectionId")))


@operations("CreateFirewallRule")
def _create_rule(resolver: Resolver, asked: Parameters) -> Record:
    group = resolver.one(resolver.groups, asked["FirewallRuleGroupId"])
    rules = resolver.rules[group["Id"]]
    if ("FirewallDomainListId" in asked) == ("DnsThreatProtection" in asked):
        _invalid("[RSLVR-02204] Exactly one of FirewallDomainListId and DnsThreatProtection must be given.")
    made = {**asked, "CreationTime": _now(), "ModificationTime": _now()}
    if "FirewallDomainListId" in asked:
        resolver.one(resolver.lists, asked["FirewallDomainListId"])
        made.setdefault("FirewallDomainRedirectionAction", "INSPECT_REDIRECTION_DOMAIN")
        keys = ("FirewallDomainListId", "Qtype")
        if any(all(one.get(key) == asked.get(key) for key in keys) for one in rules):
            _conflict("[RSLVR-02024] A rule with this domain list exists in this rule group.")
    else:
        if "ConfidenceThreshold" not in asked:
            _invalid("[RSLVR-02205] ConfidenceThreshold is required with DnsThreatProtection.")
        if asked["Action"] == "ALLOW":
            _invalid("[RSLVR-02206] The action of a rule of DNS threat protection is BLOCK or ALERT.")
        made["FirewallThreatProtectionId"] = f"rslvr-ftp-{mock_random.get_random_hex(17)}"
    _check_rule(made, rules)
    if len(rules) >= _RULES:
        raise Refused("LimitExceededException", f"[RSLVR-02301] A rule group has at most {_RULES} rules.")
    rules.append(made)
    group["RuleCount"] = len(rules)
    return {"FirewallRule": made}


@operations("UpdateFirewallRule")
def _update_rule(resolver: Resolver, asked: Parameters) -> Record:
    found = _rule(resolver, asked)
    changed = {**found, **asked}
    if changed["Action"] != "BLOCK":
        changed = {name: value for name, value in changed.items() if not name.startswith("Block")}
    elif changed.get("BlockResponse") != "OVERRIDE":
        changed = {name: value for name, value in changed.items() if not name.startswith("BlockOverride")}
    _check_rule(changed, [one for one in resolver.rules[asked["FirewallRuleGroupId"]] if one is not found])
    found.clear()
    found.update(changed, ModificationTime=_now())
    return {"FirewallRule": found}


@operations("DeleteFirewallRule")
def _delete_rule(resolver: Resolver, asked: Parameters) -> Record:
    found = _rule(resolver, asked)
    rules = resolver.rules[asked["FirewallRuleGroupId"]]
    rules.remove(found)
    resolver.groups[asked["FirewallRuleGroupId"]]["RuleCount"] = len(rules)
    return {"FirewallRule": found}


@operations("ListFirewallRules")
def _list_rules(resolver: Resolver, asked: Parameters) -> Record:
    group = resolver.one(resolver.groups, asked["FirewallRuleGroupId"])
    fits = [
        one
        for one in resolver.rules[group["Id"]]
        if all(one[name] == asked[name] for name in ("Priority", "Action") if name in asked)
    ]
    return _paged(((f"{one['Priority']:05}", one) for one in fits), asked, "FirewallRules")


@operations("AssociateFirewallRuleGroup")
def _associate(resolver: Resolver, asked: Parameters) -> Record:
    group = resolver.one(resolver.groups, asked["FirewallRuleGroupId"])
    resolver.need_vpc(asked["VpcId"])
    _check_priority(resolver, asked["VpcId"], asked["Priority"], but="")
    if any((one["VpcId"], one["FirewallRuleGroupId"]) == (asked["VpcId"], group["Id"]) for one in _all(resolver)):
        _conflict(f"[RSLVR-02102] The rule group '{group['Id']}' is associated with the VPC already.")
    made = resolver.new("rslvr-frgassoc", "firewall-rule-group-association", asked)
    made |= {name: asked[name] for name in ("FirewallRuleGroupId", "VpcId", "Priority")}
    made |= {"MutationProtection": asked.get("MutationProtection", "DISABLED"), "Status": "COMPLETE"}
    made |= {"StatusMessage": "", "ModificationTime": made["CreationTime"]}
    resolver.associations[made["Id"]] = made
    return {"FirewallRuleGroupAssociation": made}


def _all(resolver: Resolver) -> list[Record]:
    return list(resolver.associations.values())


def _check_priority(resolver: Resolver, vpc: str, priority: int, *, but: str) -> None:
    if not _LOWEST < priority < _HIGHEST:
        _invalid(f"[RSLVR-02203] The priority must be more than {_LOWEST} and less than {_HIGHEST}.")
    if any(one["VpcId"] == vpc and one["Priority"] == priority and one["Id"] != but for one in _all(resolver)):
        _conflict(f"[RSLVR-02025] The VPC has an association with the priority {priority}.")


@operations("GetFirewallRuleGroupAssociation")
def _get_association(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.associations, asked["FirewallRuleGroupAssociationId"])
    return {"FirewallRuleGroupAssociation": found}


@operations("UpdateFirewallRuleGroupAssociation")
def _update_association(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.associations, asked["FirewallRuleGroupAssociationId"])
    unlocks = asked.get("MutationProtection") == "DISABLED"
    if found["MutationProtection"] == "ENABLED" and not unlocks and {"Priority", "Name"} & asked.keys():
        _conflict(f"[RSLVR-02105] The association '{found['Id']}' is protected against changes.")
    if "Priority" in asked:
        _check_priority(resolver, found["VpcId"], asked["Priority"], but=found["Id"])
    found |= {name: asked[name] for name in ("Priority", "Name", "MutationProtection") if name in asked}
    found["ModificationTime"] = _now()
    return {"FirewallRuleGroupAssociation": found}


@operations("ListFirewallRuleGroupAssociations")
def _list_associations(resolver: Resolver, asked: Parameters) -> Record:
    names = ("FirewallRuleGroupId", "VpcId", "Priority", "Status")
    fits = [one for one in _all(resolver) if all(one[name] == asked[name] for name in names if name in asked)]
    return _paged(((one["Id"], one) for one in fits), asked, "FirewallRuleGroupAssociations")


@operations("DisassociateFirewallRuleGroup")
def _disassociate(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.associations, asked["FirewallRuleGroupAssociationId"])
    if found["MutationProtection"] == "ENABLED":
        _conflict(f"[RSLVR-02105] The association '{found['Id']}' is protected against changes.")
    return {"FirewallRuleGroupAssociation": {**resolver.associations.pop(found["Id"]), "Status": "DELETING"}}


def _config(resolver: Resolver, vpc: str) -> Record:
    """A VPC's configuration, which every VPC has."""
    resolver.need_vpc(vpc)
    fresh = {"ResourceId": vpc, "OwnerId": resolver.account_id, "FirewallFailOpen": "DISABLED"}
    return resolver.configs.setdefault(vpc, {"Id": f"rslvr-fc-{vpc.removeprefix('vpc-')[:17]}", **fresh})


@operations("GetFirewallConfig")
def _get_config(resolver: Resolver, asked: Parameters) -> Record:
    return {"FirewallConfig": _config(resolver, asked["ResourceId"])}


@operations("UpdateFirewallConfig")
def _update_config(resolver: Resolver, asked: Parameters) -> Record:
    found = _config(resolver, asked["ResourceId"])
    found["FirewallFailOpen"] = asked["FirewallFailOpen"]
    return {"FirewallConfig": found}


@operations("ListFirewallConfigs")
def _list_configs(resolver: Resolver, asked: Parameters) -> Record:
    return _paged(((one["Id"], one) for one in resolver.configs.values()), asked, "FirewallConfigs")


@operations("CreateResolverQueryLogConfig")
def _create_log(resolver: Resolver, asked: Parameters) -> Record:
    if asked["DestinationArn"].split(":")[2:3] not in (["s3"], ["logs"], ["firehose"]):
        raise Refused("InvalidParameterException", f"[RSLVR-01501] '{asked['DestinationArn']}' is no destination.")
    made = resolver.new("rqlc", "resolver-query-log-config", asked)
    made |= {"OwnerId": resolver.account_id, "Status": "CREATED", "ShareStatus": "NOT_SHARED", "AssociationCount": 0}
    made["DestinationArn"] = asked["DestinationArn"]
    resolver.logs[made["Id"]] = made
    return {"ResolverQueryLogConfig": made}


@operations("GetResolverQueryLogConfig")
def _get_log(resolver: Resolver, asked: Parameters) -> Record:
    return {"ResolverQueryLogConfig": resolver.one(resolver.logs, asked["ResolverQueryLogConfigId"])}


@operations("ListResolverQueryLogConfigs")
def _list_logs(resolver: Resolver, asked: Parameters) -> Record:
    found = _paged(resolver.logs.items(), asked, "ResolverQueryLogConfigs")
    return {**found, "TotalCount": len(resolver.logs), "TotalFilteredCount": len(resolver.logs)}


@operations("DeleteResolverQueryLogConfig")
def _delete_log(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.logs, asked["ResolverQueryLogConfigId"])
    if found["AssociationCount"]:
        raise Refused("InvalidRequestException", f"[RSLVR-01601] '{found['Id']}' is associated with VPCs.")
    return {"ResolverQueryLogConfig": {**resolver.logs.pop(found["Id"]), "Status": "DELETING"}}


@operations("AssociateResolverQueryLogConfig")
def _associate_log(resolver: Resolver, asked: Parameters) -> Record:
    config = resolver.one(resolver.logs, asked["ResolverQueryLogConfigId"])
    resolver.need_vpc(asked["ResourceId"])
    for one in resolver.log_associations.values():
        if (one["ResolverQueryLogConfigId"], one["ResourceId"]) == (config["Id"], asked["ResourceId"]):
            raise Refused("ResourceExistsException", f"[RSLVR-01801] '{config['Id']}' logs this VPC already.")
    made = {"Id": f"rqlca-{mock_random.get_random_hex(17)}", "CreationTime": _now(), "ErrorMessage": ""}
    made |= {"ResolverQueryLogConfigId": config["Id"], "ResourceId": asked["ResourceId"]}
    there = _exists(resolver, config["DestinationArn"])
    made |= {"Status": "ACTIVE", "Error": "NONE"} if there else {"Status": "FAILED", "Error": "DESTINATION_NOT_FOUND"}
    resolver.log_associations[made["Id"]] = made
    config["AssociationCount"] += 1
    return {"ResolverQueryLogConfigAssociation": made}


def _exists(resolver: Resolver, arn: str) -> bool:
    if arn.split(":")[2] != "logs":
        return True
    name = arn.rsplit(":log-group:", maxsplit=1)[-1].removesuffix(":*")
    return name in logs_backends[resolver.account_id][resolver.region_name].groups


@operations("GetResolverQueryLogConfigAssociation")
def _get_log_association(resolver: Resolver, asked: Parameters) -> Record:
    found = resolver.one(resolver.log_associations, asked["ResolverQueryLogConfigAssociationId"])
    return {"ResolverQueryLogConfigAssociation": found}


@operations("ListResolverQueryLogConfigAssociations")
def _list_log_associations(resolver: Resolver, asked: Parameters) -> Record:
    found = _paged(resolver.log_associations.items(), asked, "ResolverQueryLogConfigAssociations")
    total = len(resolver.log_associations)
    return {**found, "TotalCount": total, "TotalFilteredCount": total}


@operations("DisassociateResolverQueryLogConfig")
def _disassociate_log(resolver: Resolver, asked: Parameters) -> Record:
    config = resolver.one(resolver.logs, asked["ResolverQueryLogConfigId"])
    for id_, one in resolver.log_associations.items():
        if (one["ResolverQueryLogConfigId"], one["ResourceId"]) == (config["Id"], asked["ResourceId"]):
            config["AssociationCount"] -= 1
            done = {**resolver.log_associations.pop(id_), "Status": "DELETING"}
            return {"ResolverQueryLogConfigAssociation": done}
    _missing(asked["ResourceId"])


def install() -> None:
    """Serve Route 53 Resolver from these classes."""
    response = responses(
        "route53resolver",
        route53resolver_backends,
        operations,
        base=Route53ResolverResponse,
        invalid="ValidationException",
    )
    extend.use("route53resolver", route53resolver_backends, backend=Resolver, response=response)
