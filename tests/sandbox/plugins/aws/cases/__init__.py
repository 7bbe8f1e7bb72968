"""For each resource type: how it is made, changed in place, changed so that it must be replaced, and tampered with.

One file a service; each lists its cases in ``CASES``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import Case

CASES: Sequence[Case] = tuple(
    case
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name != "case")
    for case in importlib.import_module(f"{__name__}.{module}").CASES
)
