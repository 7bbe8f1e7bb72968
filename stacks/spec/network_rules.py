"""What the network owes the region it lies in, and the client's own sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network
from typing import Final

from stacks.spec.problems import Problem, shown
from stacks.spec.rules import Described
from stacks.spec.zones import SEEN, ZONES


def _whole(described: Described, *path: str) -> Iterable[str] | None:
    """The value at a place, unless something within it is refused."""
    if any(refused[: len(path)] == path for refused in described.refused):
        return None
    found: Iterable[str] | None = described.at(*path)
    return found


def zones(described: Described) -> Iterator[Problem]:
    """The zones exist in the home region."""
    home = described.at("residency", "home")
    there = ZONES.get(home) if isinstance(home, str) else None
    if there is None:
        return  # a region that is in no jurisdiction is a problem of its own
    for path in (("network", "zones"), ("network", "existing", "private_subnet_ids")):
        letters = list(_whole(described, *path) or [])
        place = ".".join(path)
        absent = [letter for letter in letters if letter not in there]
        most = SEEN.get(home, len(there))
        if absent:
            limit = f"{home} has no zone {', '.join(absent)} (zones as of 2026-11)"
            yield Problem(place, shown(letters), limit, f"choose among: {', '.join(there)}")
        elif len(letters) > most:
            limit = f"an account sees {most} zones of {home} (zones as of 2026-11)"
            yield Problem(place, shown(letters), limit, f"choose {most} among: {', '.join(there)}")


def on_premises(described: Described) -> Iterator[Problem]:
    """The client's own sites and the VPC have no address in common."""
    text = described.at("network", "cidr") or described.at("network", "existing", "cidr")
    if text is None:
        return
    for index, site in enumerate(_whole(described, "network", "on_premises") or []):
        if IPv4Network(site).overlaps(IPv4Network(text)):
            yield Problem(
                f"network.on_premises.{index}",
                shown(site),
                f"it overlaps {text}, the range of the VPC: no packet would find its way",
                "choose a range for the VPC that no site of the client has",
            )


RULES: Final[tuple[Callable[[Described], Iterator[Problem]], ...]] = (zones, on_premises)
