"""Cases of the hardening pack: networks, security groups, machines, EKS."""

from __future__ import annotations

from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import ACCOUNT, HOME, UNKNOWN, Res

VPC = "aws:ec2/vpc:Vpc"
LOG = "aws:ec2/flowLog:FlowLog"
DEFAULT = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
ACL = "aws:ec2/networkAcl:NetworkAcl"
ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
WORLD = {"ruleAction": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0"}
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
CLUSTER = "aws:eks/cluster:Cluster"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1234"


def ports(first: object, last: object, protocol: object = "tcp", **sources: object) -> dict[str, object]:
    """A rule resource of the vpc module."""
    return {"ipProtocol": protocol, "fromPort": first, "toPort": last, **sources}


def inline(first: object, last: object, protocol: object = "tcp", **sources: object) -> dict[str, object]:
    """A security group with one rule inside."""
    return {"ingress": [{"protocol": protocol, "fromPort": first, "toPort": last, **sources}]}


def acl(first: object, last: object, protocol: object = "6", **more: object) -> dict[str, object]:
    """A network ACL with one entry that lets in, from the world unless told otherwise."""
    entry = {"ruleNo": 100, "action": "allow", "protocol": protocol, "fromPort": first, "toPort": last}
    return {"ingress": [{**entry, "cidrBlock": "0.0.0.0/0", **more}]}


def disk(**ebs: object) -> dict[str, object]:
    """A launch template with one disk."""
    return {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": ebs}]}


CASES: tuple[Cases, ...] = (
    Cases(
        "vpc-flow-logs",
        good=[Res(VPC, {"id": "vpc-1"}), Res(LOG, {"vpcId": "vpc-1", "trafficType": "ALL"}, name="log")],
        bad=[Res(VPC, {"id": "vpc-1"}), Res(LOG, {"vpcId": "vpc-1", "trafficType": "ACCEPT"}, name="log")],
        at="(flow log)",
        unset=([Res(VPC, {"id": "vpc-1"})], FAILS),
        unknown=(
            [Res(VPC, {"id": UNKNOWN}), Res(LOG, {"vpcId": UNKNOWN, "trafficType": "ALL"}, name="log")],
            UNDECIDED,
        ),
        other=[Res("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", {"id": "vpc-1"})],
        more=[
            (
                [
                    Res(VPC, {"id": UNKNOWN}),
                    Res(LOG, {"vpcId": UNKNOWN, "trafficType": "ALL"}, name="log", depends={"vpcId": ["it"]}),
                ],
                PASSES,
            ),
            (
                [
                    Res(VPC, {"id": UNKNOWN}),
                    Res(VPC, {"id": UNKNOWN}, name="second"),
                    Res(LOG, {"vpcId": UNKNOWN, "trafficType": "ALL"}, name="log", depends={"vpcId": ["it"]}),
                ],
                FAILS,
            ),
            ([Res(VPC, {"id": "vpc-1"}), Res(LOG, {"vpcId": "vpc-2", "trafficType": "ALL"}, name="log")], FAILS),
        ],
    ),
    one(
        "vpc-default-group-closed",
        DEFAULT,
        good={"ingress": [], "egress": []},
        bad={"ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]},
        at="ingress[0]",
        unset=PASSES,
        unknown={"egress": UNKNOWN},
        other=GROUP,
        more=[({"egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0}]}, FAILS)],
    ),
    Cases(
        "vpc-default-group-managed",
        good=[Res(VPC, {"id": "vpc-1"}), Res(DEFAULT, {"vpcId": "vpc-1"}, name="closed")],
        bad=[Res(VPC, {"id": "vpc-1"}), Res(DEFAULT, {"vpcId": "vpc-2"}, name="closed")],
        at="(default security group)",
        unset=([Res(VPC, {"id": "vpc-1"})], FAILS),
        unknown=([Res(VPC, {"id": UNKNOWN}), Res(DEFAULT, {"vpcId": UNKNOWN}, name="closed")], UNDECIDED),
        other=[Res("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", {"id": "vpc-1"})],
    ),
    one(
        "subnet-no-public-ip",
        "aws:ec2/subnet:Subnet",
        good={"mapPublicIpOnLaunch": False},
        bad={"mapPublicIpOnLaunch": True},
        at="mapPublicIpOnLaunch",
        unset=PASSES,
        unknown={"mapPublicIpOnLaunch": UNKNOWN},
        other="aws:ec2/networkInterface:NetworkInterface",
    ),
    one(
        "nacl-admin-ports",
        ACL,
        good=acl(1024, 3388),
        bad=acl(1024, 65535),
        at="ingress[0]",
        unset=PASSES,
        unknown={"ingress": UNKNOWN},
        other="aws:ec2/networkInterface:NetworkInterface",
        more=[
            (acl(22, 22, action="deny"), PASSES),
            (acl(0, 0, "-1"), FAILS),
            (acl(22, 22, cidrBlock="10.0.0.0/8"), PASSES),
            (acl(22, 22, cidrBlock=None, ipv6CidrBlock="::/0"), FAILS),
            (acl(22, 22, "17"), PASSES),
            (acl(UNKNOWN, 22), UNDECIDED),
            (
                Res(ACL_RULE, {"egress": True, "ruleAction": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0"}),
                PASSES,
            ),
            (Res(ACL_RULE, WORLD), FAILS),
        ],
    ),
    one(
        "sg-admin-ports-ipv4",
        INGRESS,
        good=ports(443, 443, cidrIpv4="0.0.0.0/0"),
        bad=ports(20, 30, cidrIpv4="0.0.0.0/0"),
        at="cidrIpv4",
        unset=PASSES,
        unknown=ports(22, 22, cidrIpv4=UNKNOWN),
        other=EGRESS,
        more=[
            (ports(22, 22, cidrIpv4="10.0.0.0/8"), PASSES),
            (ports(22, 22, cidrIpv4="128.0.0.0/1"), FAILS),
            (ports(22, 22, cidrIpv4="anywhere"), FAILS),
            (ports(22, 22, cidrIpv6="::/0"), PASSES),
            (ports(UNKNOWN, 22, cidrIpv4="0.0.0.0/0"), UNDECIDED),
            (ports(UNKNOWN, 21, cidrIpv4="0.0.0.0/0"), PASSES),
            (ports(None, None, "-1", cidrIpv4="0.0.0.0/0"), FAILS),
            (Res(GROUP, inline(3389, 3389, cidrBlocks=["10.0.0.0/8", "0.0.0.0/0"])), FAILS),
            (Res(GROUP, {"ingress": UNKNOWN}), UNDECIDED),
            (Res(GROUP, {"egress": inline(0, 0, "-1", cidrBlocks=["0.0.0.0/0"])["ingress"]}), PASSES),
            (Res(RULE, {"type": "ingress", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}), FAILS),
            (Res(RULE, {"type": "egress", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}), PASSES),
        ],
    ),
    one(
        "sg-admin-ports-ipv6",
        INGRESS,
        good=ports(443, 443, cidrIpv6="::/0"),
        bad=ports(22, 22, cidrIpv6="::/0"),
        at="cidrIpv6",
        unset=PASSES,
        unknown=ports(22, 22, cidrIpv6=UNKNOWN),
        other=EGRESS,
        more=[
            (ports(22, 22, cidrIpv6="2001:db8::/32"), PASSES),
            (Res(GROUP, inline(22, 22, ipv6CidrBlocks=["::/1"])), FAILS),
        ],
    ),
    one(
        "sg-risky-ports",
        INGRESS,
        good=ports(5432, 5432, cidrIpv4="10.1.0.0/16"),
        bad=ports(5432, 5432, cidrIpv4="0.0.0.0/0"),
        at="port 5432",
        unset=PASSES,
        unknown=ports(5432, 5432, cidrIpv4=UNKNOWN),
        other=EGRESS,
        more=[(ports(443, 443, cidrIpv4="0.0.0.0/0"), PASSES), (ports(9200, 9300, cidrIpv6="::/0"), FAILS)],
    ),
    one(
        "sg-all-ports",
        INGRESS,
        good=ports(443, 443, cidrIpv4="0.0.0.0/0"),
        bad=ports(0, 65535, cidrIpv4="0.0.0.0/0"),
        at="cidrIpv4",
        unset=PASSES,
        unknown=ports(0, UNKNOWN, cidrIpv4="0.0.0.0/0"),
        other=EGRESS,
        more=[
            (ports(None, None, "-1", cidrIpv6="::/0"), FAILS),
            (ports(None, None, "-1", cidrIpv4="10.0.0.0/8"), PASSES),
            (ports(None, None, "-1", referencedSecurityGroupId="sg-1"), PASSES),
        ],
    ),
    one(
        "ec2-imdsv2",
        TEMPLATE,
        good={"metadataOptions": {"httpTokens": "required"}},
        bad={"metadataOptions": {"httpTokens": "optional"}},
        at="metadataOptions.httpTokens",
        unset=FAILS,
        unknown={"metadataOptions": UNKNOWN},
        other="aws:autoscaling/group:Group",
        more=[
            ({"metadataOptions": {"httpEndpoint": "disabled"}}, PASSES),
            (Res("aws:ec2/instance:Instance"), FAILS),
        ],
    ),
    one(
        "ebs-encrypted",
        TEMPLATE,
        good=disk(encrypted="true"),
        bad=disk(encrypted="false"),
        at="blockDeviceMappings[0].ebs.encrypted",
        unset=FAILS,
        unknown=disk(encrypted=UNKNOWN),
        other="aws:autoscaling/group:Group",
        more=[
            (disk(volumeSize=20), FAILS),
            ({"blockDeviceMappings": UNKNOWN}, UNDECIDED),
            (Res("aws:ec2/instance:Instance", {"rootBlockDevice": {"encrypted": True}}), PASSES),
            (
                Res(
                    "aws:ec2/instance:Instance",
                    {"rootBlockDevice": {"encrypted": True}, "ebsBlockDevices": [{"deviceName": "b"}]},
                ),
                FAILS,
            ),
            (Res("aws:ebs/volume:Volume", {"encrypted": True}), PASSES),
            (Res("aws:ebs/volume:Volume"), FAILS),
        ],
    ),
    one(
        "eks-endpoint-closed",
        CLUSTER,
        good={"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]}},
        bad={"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24", "0.0.0.0/0"]}},
        at="vpcConfig.publicAccessCidrs",
        unset=FAILS,
        unknown={"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": UNKNOWN}},
        other="aws:eks/addon:Addon",
        more=[
            ({"vpcConfig": {"endpointPublicAccess": False}}, PASSES),
            ({"vpcConfig": {"endpointPublicAccess": UNKNOWN}}, UNDECIDED),
            ({"vpcConfig": {"endpointPublicAccess": UNKNOWN, "publicAccessCidrs": ["203.0.113.0/24"]}}, PASSES),
        ],
    ),
    one(
        "eks-endpoint-private",
        CLUSTER,
        good={"vpcConfig": {"endpointPublicAccess": False}},
        bad={"vpcConfig": {"endpointPublicAccess": True}},
        at="vpcConfig.endpointPublicAccess",
        unset=FAILS,
        unknown={"vpcConfig": {"endpointPublicAccess": UNKNOWN}},
        other="aws:eks/addon:Addon",
    ),
    one(
        "eks-secrets-encrypted",
        CLUSTER,
        good={"encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": KEY}}},
        bad={"encryptionConfig": {"resources": [], "provider": {"keyArn": KEY}}},
        at="encryptionConfig.resources",
        unset=FAILS,
        unknown={"encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": UNKNOWN}}},
        other="aws:eks/addon:Addon",
    ),
    one(
        "eks-logs",
        CLUSTER,
        good={"enabledClusterLogTypes": ["audit", "api", "authenticator", "scheduler", "controllerManager"]},
        bad={"enabledClusterLogTypes": ["audit", "api", "authenticator", "scheduler"]},
        at="enabledClusterLogTypes",
        unset=FAILS,
        unknown={"enabledClusterLogTypes": UNKNOWN},
        other="aws:eks/addon:Addon",
    ),
    one(
        "eks-node-no-ssh",
        "aws:eks/nodeGroup:NodeGroup",
        good={"amiType": "AL2023_x86_64_STANDARD"},
        bad={"remoteAccess": {"ec2SshKey": "shared"}},
        at="remoteAccess.ec2SshKey",
        unset=PASSES,
        unknown={"remoteAccess": UNKNOWN},
        other="aws:eks/addon:Addon",
    ),
    one(
        "ec2-imds-hop-limit",
        TEMPLATE,
        good={"metadataOptions": {"httpPutResponseHopLimit": 1}},
        bad={"metadataOptions": {"httpPutResponseHopLimit": 2}},
        at="metadataOptions.httpPutResponseHopLimit",
        unset=FAILS,
        unknown={"metadataOptions": UNKNOWN},
        other="aws:ec2/instance:Instance",
        more=[({"metadataOptions": {"httpEndpoint": "disabled"}}, PASSES)],
    ),
    one(
        "eks-version",
        CLUSTER,
        good={"version": "1.34"},
        bad={"version": "1.31"},
        at="version",
        unset=FAILS,
        unknown={"version": UNKNOWN},
        other="aws:eks/nodeGroup:NodeGroup",
    ),
    one(
        "eks-network-policy",
        "aws:eks/addon:Addon",
        good={"addonName": "vpc-cni", "configurationValues": '{"enableNetworkPolicy": "true"}'},
        bad={"addonName": "vpc-cni", "configurationValues": '{"enableNetworkPolicy": "false"}'},
        at="configurationValues",
        unset=FAILS,
        unset_props={"addonName": "vpc-cni"},
        unknown={"addonName": "vpc-cni", "configurationValues": UNKNOWN},
        other=CLUSTER,
        more=[
            ({"addonName": "coredns"}, PASSES),
            ({"addonName": "vpc-cni", "configurationValues": "enableNetworkPolicy: true"}, FAILS),
            ({"addonName": UNKNOWN, "configurationValues": UNKNOWN}, UNDECIDED),
        ],
    ),
    one(
        "eks-addon-pinned",
        "aws:eks/addon:Addon",
        good={"addonVersion": "v1.21.1-eksbuild.7"},
        bad={"addonVersion": ""},
        at="addonVersion",
        unset=FAILS,
        unknown={"addonVersion": UNKNOWN},
        other=CLUSTER,
    ),
)
