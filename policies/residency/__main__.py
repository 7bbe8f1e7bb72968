"""The residency pack, as the engine starts it."""

from policies.engine.pack import serve
from policies.residency.catalogue import DESCRIPTION, RULES
from policies.residency.description import read_boundary

serve("residency", DESCRIPTION, RULES, read_boundary)
