"""What people may do in AWS itself, whichever group they belong to: find their way into the cluster, and see figures.

What they may do in the cluster is bound to the Kubernetes groups of their permissions.
"""

from __future__ import annotations

from components.identity.document import Clause, Document
from components.identity.place import Place


def people(place: Place) -> Document:
    """The document of a group's role."""
    return Document(
        "people",
        f"People of {place.name}: the way into the cluster, alarms and figures",
        [
            Clause(
                "FindCluster",
                "kubectl asks for the cluster's address and certificate authority",
                ["eks:DescribeCluster"],
                [place.arn("eks", f"cluster/{place.name}")],
            ),
            Clause(
                "SeeFigures",
                "CloudWatch has no permissions by metric; figures hold no data of the client's users "
                "(Service Authorization Reference, *Amazon CloudWatch*)",
                [
                    "cloudwatch:DescribeAlarms",
                    "cloudwatch:GetDashboard",
                    "cloudwatch:GetMetricData",
                    "cloudwatch:GetMetricStatistics",
                    "cloudwatch:ListDashboards",
                    "cloudwatch:ListMetrics",
                ],
                when={"StringEquals": {"aws:RequestedRegion": place.regions}},
            ),
        ],
    )
