"""Whether what a description asks for is still supported on the day of a deployment.

Apart from the models, since it is the only rule that a date decides: a description stays valid, a day passes.
"""

from __future__ import annotations

from datetime import date

from stacks.spec.client import ClientSpec
from stacks.spec.kubernetes_versions import VERSIONS, advice, later
from stacks.spec.loader import ROOT
from stacks.spec.problems import Problem, SpecError, shown


def judge(spec: ClientSpec, today: date) -> str | None:
    """What is to be said of the cluster's version on a day, or ``None``.

    Raises:
        SpecError: EKS supports the version no more.
    """
    version = spec.cluster.version
    if VERSIONS[version].phase(today) == "ended":
        fix = f"update to {later(version)}, one minor version at a time" if later(version) else "update the kit first"
        limit = f"EKS's extended support of this Kubernetes version ended on {VERSIONS[version].extended}"
        raise SpecError([Problem(f"{ROOT}.cluster.version", shown(version), limit, fix)])
    return advice(version, today)
