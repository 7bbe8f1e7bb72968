"""The program of ``pulumi up``: description, environment, outputs."""

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path

# The SDKs define some 6,000 classes, none of which is ever garbage: looking for some takes a quarter of the start.
gc.disable()

import pulumi  # noqa: E402 (see above)

from stacks.spec import SpecError, load, neighbours, support  # noqa: E402

TOLD = 32
"""Exit code for «the user has been told what is wrong» (``pulumi-language-python-exec`` of the SDK): the engine then
adds no message of its own."""


def main() -> None:
    """Make the environment that the stack's configuration describes; a bad description makes nothing."""
    try:
        spec = load(pulumi.Config("freehold").require_object("environment"))
        if shared := neighbours.problems(spec, neighbours.read(Path(__file__).parent, but=pulumi.get_stack())):
            raise SpecError(shared)
        if advice := support.judge(spec, datetime.now(UTC).date()):
            pulumi.log.warn(advice)
    except SpecError as error:
        for problem in error.problems:
            pulumi.log.error(str(problem))
        sys.exit(TOLD)
    if pulumi.get_stack() != spec.name:
        pulumi.log.error(
            f"the stack is called {pulumi.get_stack()!r} and describes {spec.name!r}. "
            f"Fix: name it CLIENT-STAGE, or mend client and stage in its file"
        )
        sys.exit(TOLD)
    # the SDKs take a second to read: a mistake is told before
    from components.environment import Environment, EnvironmentArgs  # noqa: PLC0415

    for name, value in Environment(spec.name, EnvironmentArgs(spec)).outputs.items():
        pulumi.export(name, value)


main()
