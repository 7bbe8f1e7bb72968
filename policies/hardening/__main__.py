"""The hardening pack, as the engine starts it."""

from policies.engine.pack import serve
from policies.hardening.catalogue import DESCRIPTION, RULES

serve("hardening", DESCRIPTION, RULES)
