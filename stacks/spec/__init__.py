"""The typed description of one client's environment. Pure: nothing here knows Pulumi or AWS's API.

``load`` turns the configured value into a :class:`~stacks.spec.client.ClientSpec` or raises one
:class:`~stacks.spec.problems.SpecError` with every problem at once.
"""

from stacks.spec.client import ClientSpec
from stacks.spec.loader import load
from stacks.spec.problems import Problem, SpecError

__all__ = ["ClientSpec", "Problem", "SpecError", "load"]
