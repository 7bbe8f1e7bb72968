"""What an environment must not share with those whose files lie beside its own: account, addresses, Vault namespace.

The others' files are read for these values only, and their own mistakes are theirs to hear of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Final

import yaml

from stacks.spec.client import ClientSpec
from stacks.spec.loader import ROOT
from stacks.spec.problems import Problem, shown

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What one environment occupies; ``None`` where its file does not say, or not in a readable form."""

    name: str
    account_id: str | None
    cidr: IPv4Network | None
    vault: tuple[Any, Any, Any] | None
    """Address, namespace, prefix."""


def read(directory: Path, *, but: str) -> list[Neighbour]:
    """The environments of a directory of stack files, but one, in the order of their names.

    Args:
        directory: where the ``Pulumi.CLIENT-STAGE.yaml`` are.
        but: CLIENT-STAGE of the environment whose neighbours are asked for.
    """
    found = []
    for path in sorted(directory.glob("Pulumi.*-*.yaml")):
        name = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        if name != but and (described := described_in(path)) is not None:
            found.append(_neighbour(name, described))
    return found


def described_in(path: Path) -> Mapping[str, Any] | None:
    """The value of ``freehold:environment`` in a stack file; ``None`` where there is none that could be read."""
    try:
        document = yaml.load(path.read_text(), Loader=_LOADER)  # noqa: S506 (a safe loader, the C one where there is one)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None  # the file's own `up` says what is wrong with it
    found = _map(_map(document, "config"), ROOT)
    return found or None


def problems(spec: ClientSpec, others: Sequence[Neighbour]) -> list[Problem]:
    """What an environment has in common with its neighbours and must not."""
    return [problem for other in others for problem in _shared(spec, other)]


def _shared(spec: ClientSpec, other: Neighbour) -> Iterator[Problem]:
    if other.account_id == spec.account_id:
        yield Problem(
            f"{ROOT}.account_id",
            shown(spec.account_id),
            f"{other.name} has this account: an account holds one environment, so that neither can reach the other",
            "give each environment an AWS account of its own",
        )
    own = IPv4Network(spec.network.address_range)
    if other.cidr is not None and own.overlaps(other.cidr):
        yield Problem(
            f"{ROOT}.network.{'cidr' if spec.network.existing is None else 'existing.cidr'}",
            shown(spec.network.address_range),
            f"it overlaps {other.cidr} of {other.name}: no network could ever reach both",
            "choose a range that no other environment has",
        )
    vault = spec.vault
    if other.vault == (vault.address, vault.namespace, vault.prefix):
        yield Problem(
            f"{ROOT}.vault.{'prefix' if vault.namespace is None else 'namespace'}",
            shown(vault.namespace or vault.prefix),
            f"{other.name} has it on the same server: each would read the other's secrets",
            f"write for example {spec.name}",
        )


def _neighbour(name: str, described: Mapping[str, Any]) -> Neighbour:
    account = described.get("account_id")
    vault = _map(described, "vault")
    return Neighbour(
        name,
        account if isinstance(account, str) else None,
        _range(_map(described, "network")),
        (vault.get("address"), vault.get("namespace"), vault.get("prefix")) if vault else None,
    )


def _map(described: Any, key: str) -> Mapping[str, Any]:
    found = described.get(key) if isinstance(described, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _range(network: Mapping[str, Any]) -> IPv4Network | None:
    text = network.get("cidr") or _map(network, "existing").get("cidr")
    try:
        return IPv4Network(text) if isinstance(text, str) else None
    except ValueError:
        return None
