"""The program of ``pulumi up``: description, environment, outputs."""

import sys

import pulumi

from components.environment import Environment, EnvironmentArgs
from stacks.spec import SpecError, load


def main() -> None:
    """Make the environment that the stack's configuration describes; a bad description makes nothing."""
    try:
        spec = load(pulumi.Config("freehold").require_object("environment"))
    except SpecError as error:
        for problem in error.problems:
            pulumi.log.error(str(problem))
        sys.exit(1)
    if pulumi.get_stack() != spec.name:
        pulumi.log.error(
            f"the stack is called {pulumi.get_stack()!r} and describes {spec.name!r}. "
            f"Fix: name it CLIENT-STAGE, or mend client and stage in its file"
        )
        sys.exit(1)
    for name, value in Environment(spec.name, EnvironmentArgs(spec)).outputs.items():
        pulumi.export(name, value)


main()
