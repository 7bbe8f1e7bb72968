"""The residency pack, as the engine starts it."""

from policies.engine.pack import serve
from policies.residency.catalogue import DESCRIPTION, RULES

serve("residency", DESCRIPTION, RULES)
