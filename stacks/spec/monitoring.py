"""Who is told when something is wrong."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.spec.model import Section
from stacks.spec.problems import refuse


def _email(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}", value):
        raise refuse("it is no e-mail address", "write for example oncall@example.com")
    return value


Email = Annotated[str, AfterValidator(_email)]
"""An e-mail address."""


class MonitoringSpec(Section):
    """Receivers of alarms."""

    oncall: Annotated[list[Email], Field(min_length=1)]
    """E-mail addresses of the on-call; each confirms its subscription once."""
