"""The residency boundary in a client's description.

It is read as untyped data and checked here, not trusted because the program checked it too: a pack also judges stacks
whose program never ran. A boundary that cannot be read leaves the residency pack refusing everything.
"""

from __future__ import annotations

from collections.abc import Mapping

from policies.engine.context import Boundary
from stacks.spec.residency import JURISDICTIONS


def read_boundary(environment: Mapping[str, object]) -> tuple[Boundary | None, tuple[str, ...]]:
    """The boundary in the value of ``freehold:environment``, or every reason why there is none."""
    problems: list[str] = []
    residency = environment.get("residency")
    if not isinstance(residency, Mapping):
        problems.append(f"residency is {residency!r}: it must be a map of jurisdiction, home and recovery")
        residency = {}
    found = Boundary(
        account=_account(environment.get("account_id"), problems),
        jurisdiction=_jurisdiction(residency.get("jurisdiction"), problems),
        home=_region(residency, "home", problems),
        recovery=None if residency.get("recovery") is None else _region(residency, "recovery", problems),
    )
    return (None if problems else found), tuple(problems)


def _account(value: object, problems: list[str]) -> str:
    text = str(value)
    if not (isinstance(value, str) and len(text) == 12 and text.isdecimal()):
        problems.append(f"account_id is {value!r}: it must be the 12 digits of the client's account, as text")
    return text


def _jurisdiction(value: object, problems: list[str]) -> str:
    if value not in JURISDICTIONS:
        problems.append(f"residency.jurisdiction is {value!r}: it must be one of {', '.join(sorted(JURISDICTIONS))}")
    return str(value)


def _region(residency: Mapping[object, object], field: str, problems: list[str]) -> str:
    value, jurisdiction = residency.get(field), JURISDICTIONS.get(str(residency.get("jurisdiction")))
    if jurisdiction is None:
        problems.append(f"residency.{field} is {value!r}: it cannot be judged without a jurisdiction")
    elif value not in jurisdiction.regions:
        limit = ", ".join(sorted(jurisdiction.regions))
        problems.append(f"residency.{field} is {value!r}: it must be a region of {jurisdiction.title}: {limit}")
    return str(value)
