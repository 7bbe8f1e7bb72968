"""Rules between integrations and the residency boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from stacks.spec.integrations import PERSONAL
from stacks.spec.problems import Problem, shown

if TYPE_CHECKING:
    from stacks.spec.rules import Described

EEA: Final = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        *("IS", "LI", "NO"),
    }
)
"""Countries that the GDPR holds in (EU treaties; EEA Joint Committee decision 154/2018)."""

COUNTRIES: Final[Mapping[str, frozenset[str]]] = {"eu": EEA}
"""Countries of a jurisdiction that is none by itself; the others are called as their country is."""


def transfers(described: Described) -> Iterator[Problem]:
    """Personal data that leaves the jurisdiction says on which basis."""
    jurisdiction = described.at("residency", "jurisdiction")
    integrations = described.data.get("integrations")
    if jurisdiction is None or not isinstance(integrations, Mapping):
        return
    within = COUNTRIES.get(jurisdiction, frozenset({"GB" if jurisdiction == "uk" else str(jurisdiction).upper()}))
    for name in integrations:
        country = described.at("integrations", name, "country")
        classes = described.at("integrations", name, "data_classes")
        if country is None or not classes or country in within or not PERSONAL & set(classes):
            continue
        if described.at("integrations", name, "transfer_basis") is None:
            yield Problem(
                f"integrations.{name}.country",
                shown(country),
                f"personal data leaves the jurisdiction {jurisdiction} only on a stated basis (GDPR articles 44 to 46)",
                "name transfer_basis, for example an adequacy decision, or send no personal data there",
            )
