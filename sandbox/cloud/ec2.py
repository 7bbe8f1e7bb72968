"""EC2: what the network of an environment reads back, and what must not be deleted while something stands in it."""

from __future__ import annotations

from typing import Any, Final

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models import EC2Backend, ec2_backends, security_groups
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.network_acls import NetworkAcl
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.network_acls import NetworkACLs
from moto.ec2.utils import generic_filter, random_private_ip

from sandbox.cloud import extend
from sandbox.cloud.ec2_defaults import DefaultsResponse

_ENDPOINT_ZONE: Final = "Z1SANDBOX"
_LAST_ENTRY: Final = 32767
"""Number of the entries of a network ACL that deny everything else."""


class SecurityGroupRule(security_groups.SecurityGroupRule):
    """A rule whose description is told also where its source is a group or a prefix list."""

    @property
    def description(self) -> str | None:
        """The description, wherever the request put it."""
        return self.ip_range.get("Description") or self.source_group.get("Description")

    def move(self, wanted: dict[str, Any]) -> None:
        """Take the one source (or destination) and the ports of a request, and no others."""
        told = wanted.get("Description", self.description)
        description = {"Description": told} if told else {}
        self.ip_range, self.source_group, self.prefix_list_id = dict(description), {}, wanted.get("PrefixListId")
        if group_id := wanted.get("ReferencedGroupId"):
            owner = self.owner_id
            self.ip_range = {}
            self.source_group = {"GroupId": group_id, "OwnerId": owner, "UserId": owner, **description}
        for kind in ("CidrIp", "CidrIpv6"):
            cidr = wanted.get("CidrIpv4" if kind == "CidrIp" else kind)
            if cidr is not None:
                self.ip_range[kind] = cidr
        if self.ip_protocol == "-1":
            self.from_port = self.to_port = None


class Ec2(EC2Backend):
    """Moto's EC2 with what the official provider reads back."""

    def create_security_group(self, name: str, *args: Any, **kwargs: Any) -> SecurityGroup:
        """Make a group; a network's default group lets its own members in, as in AWS, until somebody revokes it."""
        group = super().create_security_group(name, *args, **kwargs)
        if group.is_default:
            self.authorize_security_group_ingress(
                group.group_id, "-1", "-1", "-1", [], source_groups=[{"GroupId": group.group_id}], vpc_id=group.vpc_id
            )
        return group

    def modify_security_group_rules(self, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
        """Change rules to any kind of source; a rule for all protocols has no ports.

        Raises:
            InvalidSecurityGroupNotFoundError: a rule is to refer to a group that does not exist.
        """
        for wanted in rules.values():
            source = wanted.get("ReferencedGroupId")
            if source is not None and self.get_security_group_by_name_or_id(source) is None:
                raise InvalidSecurityGroupNotFoundError(source)
        ports = {"FromPort": -1, "ToPort": -1}
        asked = {id_: ports | one if one.get("IpProtocol") == "-1" else one for id_, one in rules.items()}
        # moto writes a description where a CIDR's belongs; move() puts it where the source is
        super().modify_security_group_rules(
            group_id, {id_: {k: v for k, v in one.items() if k != "Description"} for id_, one in asked.items()}
        )
        group: Any = self.get_security_group_by_name_or_id(group_id)
        for id_, wanted in rules.items():
            group.get_rule(id_).move(wanted)

    def create_tags(self, resource_ids: list[str], tags: dict[str, str]) -> bool:
        """Set tags; a launch template shows them from now on."""
        done = super().create_tags(resource_ids, tags)
        self._show_tags(resource_ids)
        return done

    def delete_tags(self, resource_ids: list[str], tags: dict[str, str]) -> bool:
        """Take tags away; a launch template shows them no longer."""
        done = super().delete_tags(resource_ids, tags)
        self._show_tags(resource_ids)
        return done

    def create_nat_gateway(
        self,
        subnet_id: str,
        allocation_id: str,
        tags: dict[str, str] | None = None,
        connectivity_type: str | None = "public",
    ) -> NatGateway:
        """Make a NAT gateway: public unless told otherwise, with one primary address inside of its subnet."""
        gateway = super().create_nat_gateway(subnet_id, allocation_id, tags, connectivity_type or "public")
        subnet: Any = self.get_subnet(subnet_id)
        address = gateway.address_set[0]
        address["privateIp"] = subnet.get_available_subnet_ip(gateway)
        address |= {"isPrimary": True, "status": "succeeded"}
        return gateway

    def describe_nat_gateways(self, filters: Any, nat_gateway_ids: list[str] | None) -> list[NatGateway]:
        """NAT gateways that every filter fits, those by tag too (moto passes over them)."""
        found = super().describe_nat_gateways(filters, nat_gateway_ids)
        tags = {name: values for name, values in (filters or {}).items() if name.startswith("tag")}
        return generic_filter(tags, found)

    def delete_nat_gateway(self, nat_gateway_id: str) -> NatGateway:
        """Delete a NAT gateway; its address is free again, its network interface gone."""
        gateway = super().delete_nat_gateway(nat_gateway_id)
        for address in gateway.address_set:
            if address.get("associationId"):
                self.disassociate_address(association_id=address["associationId"])
            self.enis.pop(address["networkInterfaceId"], None)
        return gateway

    def create_vpc_endpoint(self, *args: Any, **kwargs: Any) -> VPCEndPoint:
        """Make an endpoint with the names, addresses and groups that its type has in AWS."""
        endpoint = super().create_vpc_endpoint(*args, **kwargs)
        endpoint.vpc_endpoint_type = endpoint.vpc_endpoint_type or "Gateway"
        shown: Any = endpoint
        shown.requester_managed = False
        shown.ip_address_type = "ipv4"
        if endpoint.vpc_endpoint_type != "Interface":
            endpoint.private_dns_enabled = False
            shown.dns_options = {"DnsRecordIpType": "service-defined"}
            return endpoint
        shown.dns_options = {"DnsRecordIpType": "ipv4"}
        if endpoint.private_dns_enabled is None:
            endpoint.private_dns_enabled = True
        if not endpoint.security_group_ids:
            group = self.get_default_security_group(endpoint.vpc_id)
            endpoint.security_group_ids = [group.id] if group else []
        endpoint.dns_entries = self._endpoint_names(endpoint)
        return endpoint

    def modify_vpc_endpoint(self, vpc_id: str, *args: Any, **kwargs: Any) -> None:
        """Change an endpoint; a subnet that is added gets a network interface."""
        super().modify_vpc_endpoint(vpc_id, *args, **kwargs)
        endpoint = self.vpc_end_points[vpc_id]
        if endpoint.vpc_endpoint_type != "Interface":
            return
        wanted = list(endpoint.subnet_ids or [])
        held = {self.enis[eni].subnet.id: eni for eni in endpoint.network_interface_ids if eni in self.enis}
        for subnet_id in sorted(set(held) - set(wanted)):
            self.enis.pop(held.pop(subnet_id), None)
        for subnet_id in wanted:
            if subnet_id not in held:
                held[subnet_id] = self.create_network_interface(subnet_id, random_private_ip()).id
        endpoint.network_interface_ids = [held[subnet_id] for subnet_id in wanted]

    def create_network_acl(
        self, vpc_id: str, tags: list[dict[str, str]] | None = None, default: bool = False
    ) -> NetworkAcl:
        """Make a network ACL; whatever its entries do not match is denied, as by AWS's own last entries."""
        acl = super().create_network_acl(vpc_id, tags, default)
        if not default:
            for egress in (False, True):
                self.create_network_acl_entry(
                    acl.id, _LAST_ENTRY, "-1", "deny", egress, "0.0.0.0/0", None, None, None, None, None
                )
        return acl

    def create_network_acl_entry(self, network_acl_id: str, rule_number: int, *args: Any, **kwargs: Any) -> Any:
        """Add an entry; entries are told in the order in which AWS judges them."""
        entry = super().create_network_acl_entry(network_acl_id, int(rule_number), *args, **kwargs)
        self.get_network_acl(network_acl_id).network_acl_entries.sort(key=lambda one: (not one.egress, one.rule_number))
        return entry

    def delete_network_acl_entry(self, network_acl_id: str, rule_number: int, egress: bool) -> Any:
        """Take an entry away.

        Raises:
            EC2ClientError: there is no such entry.
        """
        acl = self.get_network_acl(network_acl_id)
        if not any(one.egress == egress and one.rule_number == int(rule_number) for one in acl.network_acl_entries):
            raise EC2ClientError(
                "InvalidNetworkAclEntry.NotFound",
                f"The specified entry {rule_number} does not exist in network ACL {network_acl_id}",
            )
        return super().delete_network_acl_entry(network_acl_id, int(rule_number), egress)

    def describe_network_acls(self, network_acl_ids: list[str] | None = None, filters: Any = None) -> list[NetworkAcl]:
        """Network ACLs by id and filter.

        Raises:
            InvalidNetworkAclIdError: one of the ids is unknown.
        """
        for id_ in network_acl_ids or []:
            self.get_network_acl(id_)
        return super().describe_network_acls(network_acl_ids, filters)

    def create_launch_template(
        self, name: str, description: str, template_data: dict[str, Any], tag_spec: dict[str, Any]
    ) -> Any:
        """Make a launch template; its own tags are no part of what it launches."""
        specifications = [
            one for one in template_data.get("TagSpecifications", []) if one["ResourceType"] != "launch-template"
        ]
        template_data.pop("TagSpecifications", None)
        if specifications:
            template_data["TagSpecifications"] = specifications
        return super().create_launch_template(name, description, template_data, tag_spec)

    def delete_subnet(self, subnet_id: str) -> Subnet:
        """Delete a subnet in which nothing stands.

        Raises:
            DependencyViolationError: something does.
        """
        gateways = [
            one.id for one in self.nat_gateways.values() if one.subnet_id == subnet_id and one.state != "deleted"
        ]
        endpoints = [
            one.id
            for one in self.vpc_end_points.values()
            if one.state != "deleted" and subnet_id in (one.subnet_ids or []) and one.network_interface_ids
        ]
        if gateways or endpoints:
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        deleted = super().delete_subnet(subnet_id)
        for acl in self.network_acls.values():
            held = [one.id for one in acl.associations if one.subnet_id == subnet_id]
            for association in held:
                del acl._associations[association]
        return deleted

    def _show_tags(self, resource_ids: list[str]) -> None:
        """Renew the copy of its tags that a launch template answers with."""
        for template in (self.launch_templates.get(one) for one in resource_ids):
            if template is not None:
                template.tags = template.get_tags()

    def _endpoint_names(self, endpoint: VPCEndPoint) -> list[dict[str, str]]:
        service = endpoint.service_name.rpartition(f"{self.region_name}.")[2]
        own = f"{endpoint.id}-{endpoint.id[-8:]}"
        names = [f"{own}.{service}.{self.region_name}.vpce.amazonaws.com"]
        if endpoint.private_dns_enabled:
            names.append(f"{service}.{self.region_name}.amazonaws.com")
        return [{"dns_name": name, "hosted_zone_id": _ENDPOINT_ZONE} for name in names]


def install() -> None:
    """Serve EC2 from these classes."""
    vars(security_groups)["SecurityGroupRule"] = SecurityGroupRule
    parameter = NetworkACLs._get_param

    def modelled(self: NetworkACLs, name: str, if_none: Any = None) -> Any:
        """Moto asks for ICMP's type and code by their names on the wire, where the model's are kept."""
        return parameter(self, name.replace("Icmp.", "IcmpTypeCode."), if_none)

    setattr(NetworkACLs, "_get_param", modelled)  # noqa: B010
    extend.use("ec2", ec2_backends, backend=Ec2, response=DefaultsResponse)
