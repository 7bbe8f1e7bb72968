"""What pods of an application namespace may reach, as network policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from stacks.spec.addresses import PRIVATE
from stacks.spec.client import ClientSpec

POSTGRESQL: Final = 5432
HTTPS: Final = 443
VAULT: Final = 8200
"""Port of a Vault server whose address names none."""

METADATA: Final = ("169.254.0.0/16",)
"""Link-local addresses: the nodes' metadata, and credentials of other pods (RFC 3927)."""

POD_IDENTITY: Final = "169.254.170.23/32"
"""Where a pod fetches the credentials of its own role (Amazon EKS User Guide, *Learn how EKS Pod Identity grants pods
access to AWS services*)."""

DNS_ONLY: Final[Any] = {
    "podSelector": {},
    "policyTypes": ["Egress"],
    "egress": [
        {
            "to": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ],
            "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
        }
    ],
}
"""The one way out that every pod has."""

CLOSED: Final[Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
"""Nothing in, nothing out."""

INSIDE: Final[Any] = {
    "podSelector": {},
    "policyTypes": ["Ingress", "Egress"],
    "ingress": [{"from": [{"podSelector": {}}]}],
    "egress": [{"to": [{"podSelector": {}}]}],
}
"""Pods of one namespace speak to each other."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the environment has for pods to reach.

    Args:
        vpc: address range of the VPC, where AWS' endpoints answer.
        data: ranges of the data subnets, where the database is.
        vault: ranges in which the Vault server may lie.
        vault_port: its port.
    """

    vpc: str
    data: Sequence[str]
    vault: Sequence[str]
    vault_port: int


def reach(spec: ClientSpec) -> Reach:
    """The reach that a description implies.

    A network policy knows addresses only: a Vault server that is known by its name is reached in private ranges; one
    with a public address needs ``internet`` in the namespace, and port 443.
    """
    address = urlsplit(spec.vault.address or "")
    try:
        host = ip_address(address.hostname or "")
    except ValueError:
        ranges = [str(block) for block in PRIVATE]
    else:
        ranges = [f"{host}/{host.max_prefixlen}"]
    whole = spec.network.address_range
    return Reach(
        whole,
        # the subnets of a network that the client brings are known by their ids, not by their ranges
        [zone.data for zone in spec.network.plan()] if spec.network.existing is None else [whole],
        ranges,
        address.port or (HTTPS if address.hostname else VAULT),
    )


def _out(ranges: Sequence[str], port: int, without: Sequence[str] = ()) -> Any:
    blocks = [{"cidr": block} | ({"except": list(without)} if without else {}) for block in ranges]
    return {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"ipBlock": block} for block in blocks], "ports": [{"protocol": "TCP", "port": port}]}],
    }


def policies(reach: Reach, internet: bool) -> dict[str, Any]:
    """Specifications by name for one namespace; ``internet`` opens HTTPS to public addresses."""
    found = {
        "closed": CLOSED,
        "dns": DNS_ONLY,
        "inside": INSIDE,
        "database": _out(reach.data, POSTGRESQL),
        "vault": _out(reach.vault, reach.vault_port),
        "endpoints": _out([reach.vpc], HTTPS),
        "pod-identity": _out([POD_IDENTITY], 80),
    }
    if internet:
        private = [*(str(block) for block in PRIVATE), *METADATA]
        found["internet"] = _out(["0.0.0.0/0"], HTTPS, private)
    return found
