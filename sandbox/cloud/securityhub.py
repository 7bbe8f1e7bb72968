"""Security Hub CSPM: the hub of a region and the standards that it judges by."""

from __future__ import annotations

from typing import Any, Final

from moto.core.utils import utcnow
from moto.securityhub import urls
from moto.securityhub.models import SecurityHubBackend, securityhub_backends

from sandbox.cloud import extend
from sandbox.cloud.service_store import Operations, Parameters, Refused, responses

_FSBP: Final = "standards/aws-foundational-security-best-practices/v/1.0.0"
_OLDEST_CIS: Final = "ruleset/cis-aws-foundations-benchmark/v/1.2.0"
_STANDARDS: Final = {
    _FSBP: "AWS Foundational Security Best Practices v1.0.0",
    _OLDEST_CIS: "CIS AWS Foundations Benchmark v1.2.0",
    "standards/cis-aws-foundations-benchmark/v/1.4.0": "CIS AWS Foundations Benchmark v1.4.0",
    "standards/cis-aws-foundations-benchmark/v/3.0.0": "CIS AWS Foundations Benchmark v3.0.0",
    "standards/cis-aws-foundations-benchmark/v/5.0.0": "CIS AWS Foundations Benchmark v5.0.0",
    "standards/aws-resource-tagging-standard/v/1.0.0": "AWS Resource Tagging Standard v1.0.0",
    "standards/nist-800-53/v/5.0.0": "NIST Special Publication 800-53 Revision 5",
    "standards/nist-800-171/v/2.0.0": "NIST Special Publication 800-171 Revision 2",
    "standards/pci-dss/v/3.2.1": "PCI DSS v3.2.1",
    "standards/pci-dss/v/4.0.1": "PCI DSS v4.0.1",
}
"""Standards that there are, by the last part of their ARN (AWS Security Hub User Guide, *Standards reference*)."""
_DEFAULT: Final = (_FSBP, _OLDEST_CIS)
"""Those that a new hub is subscribed to unless told otherwise."""

operations = Operations()


class Hub(SecurityHubBackend):
    """The hub of one account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.hub: dict[str, Any] | None = None
        self.hub_tags: dict[str, str] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}

    @property
    def arn(self) -> str:
        """The hub's ARN."""
        return f"arn:{self.partition}:securityhub:{self.region_name}:{self.account_id}:hub/default"

    def present(self) -> dict[str, Any]:
        """The hub.

        Raises:
            Refused: the account has none in this region.
        """
        if self.hub is None:
            raise Refused("InvalidAccessException", f"Account {self.account_id} is not subscribed to AWS Security Hub")
        return self.hub

    def standard(self, last: str) -> str:
        """The ARN of a standard; the oldest one has no region."""
        region = "" if last == _OLDEST_CIS else self.region_name
        return f"arn:{self.partition}:securityhub:{region}::{last}"

    def subscribe(self, standard: str) -> dict[str, Any]:
        """Subscribe to a standard; one that there is already stays as it is.

        Raises:
            Refused: there is no such standard.
        """
        last = next((one for one in _STANDARDS if self.standard(one) == standard), None)
        if last is None:
            raise Refused("InvalidInputException", f"Standards ARN is not supported: {standard}")
        name = last.partition("/")[2]
        arn = f"arn:{self.partition}:securityhub:{self.region_name}:{self.account_id}:subscription/{name}"
        if self.subscriptions.get(arn, {}).get("StandardsStatus", "DELETING") == "DELETING":
            self.subscriptions[arn] = {
                "StandardsSubscriptionArn": arn,
                "StandardsArn": standard,
                "StandardsInput": {},
                "StandardsStatus": "PENDING",
                "StandardsControlsUpdatable": "NOT_READY_FOR_UPDATES",
            }
        return dict(self.subscriptions[arn])

    def settle(self) -> None:
        """Time passes: what was asked for is done when somebody looks for the second time."""
        for arn, one in list(self.subscriptions.items()):
            match one["StandardsStatus"]:
                case "PENDING":
                    one |= {"StandardsStatus": "READY", "StandardsControlsUpdatable": "READY_FOR_UPDATES"}
                case "DELETING":
                    del self.subscriptions[arn]


@operations("EnableSecurityHub")
def _enable(hub: Hub, asked: Parameters) -> dict[str, Any]:
    if hub.hub is not None:
        raise Refused("ResourceConflictException", "Account is already subscribed to Security Hub")
    hub.hub = {
        "HubArn": hub.arn,
        "SubscribedAt": utcnow().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "AutoEnableControls": True,
        "ControlFindingGenerator": asked.get("ControlFindingGenerator", "SECURITY_CONTROL"),
    }
    hub.hub_tags = dict(asked.get("Tags") or {})
    if asked.get("EnableDefaultStandards", True):
        for last in _DEFAULT:
            hub.subscribe(hub.standard(last))
    return {}


@operations("DescribeHub")
def _describe(hub: Hub, asked: Parameters) -> dict[str, Any]:
    found = hub.present()
    if asked.get("HubArn", hub.arn) != hub.arn:
        raise Refused("ResourceNotFoundException", f"Hub {asked['HubArn']} not found")
    return found


@operations("UpdateSecurityHubConfiguration")
def _configure(hub: Hub, asked: Parameters) -> dict[str, Any]:
    found = hub.present()
    found |= {name: asked[name] for name in ("AutoEnableControls", "ControlFindingGenerator") if name in asked}
    return {}


@operations("DisableSecurityHub")
def _disable(hub: Hub, _asked: Parameters) -> dict[str, Any]:
    """The standards go with the hub."""
    hub.present()
    hub.hub = None
    hub.subscriptions.clear()
    return {}


@operations("DescribeStandards")
def _standards(hub: Hub, _asked: Parameters) -> dict[str, Any]:
    hub.present()
    return {
        "Standards": [
            {
                "StandardsArn": hub.standard(last),
                "Name": name,
                "EnabledByDefault": last in _DEFAULT,
                "StandardsManagedBy": {"Company": "AWS"},
            }
            for last, name in _STANDARDS.items()
        ]
    }


@operations("BatchEnableStandards")
def _subscribe(hub: Hub, asked: Parameters) -> dict[str, Any]:
    hub.present()
    wanted = [one["StandardsArn"] for one in asked["StandardsSubscriptionRequests"]]
    return {"StandardsSubscriptions": [hub.subscribe(one) for one in wanted]}


@operations("BatchDisableStandards")
def _unsubscribe(hub: Hub, asked: Parameters) -> dict[str, Any]:
    hub.present()
    found = []
    for arn in asked["StandardsSubscriptionArns"]:
        if arn not in hub.subscriptions:
            raise Refused("InvalidInputException", f"Invalid StandardsSubscriptionArn: {arn}")
        hub.subscriptions[arn]["StandardsStatus"] = "DELETING"
        found.append(dict(hub.subscriptions[arn]))
    return {"StandardsSubscriptions": found}


@operations("GetEnabledStandards")
def _subscribed(hub: Hub, asked: Parameters) -> dict[str, Any]:
    hub.present()
    wanted = asked.get("StandardsSubscriptionArns")
    found = [dict(one) for arn, one in hub.subscriptions.items() if not wanted or arn in wanted]
    hub.settle()
    return {"StandardsSubscriptions": found}


@operations("TagResource")
def _tag(hub: Hub, asked: Parameters) -> dict[str, Any]:
    hub.present()
    hub.hub_tags |= asked["Tags"]
    return {}


@operations("UntagResource")
def _untag(hub: Hub, asked: Parameters) -> dict[str, Any]:
    hub.present()
    for key in asked["TagKeys"]:
        hub.hub_tags.pop(key, None)
    return {}


@operations("ListTagsForResource")
def _tags(hub: Hub, _asked: Parameters) -> dict[str, Any]:
    hub.present()
    return {"Tags": hub.hub_tags}


def install() -> None:
    """Serve Security Hub from these operations."""
    response = responses("securityhub", securityhub_backends, operations, invalid="InvalidInputException")
    urls.url_paths.clear()
    urls.url_paths["{0}/(?P<path>.+)$"] = response.dispatch
    extend.use("securityhub", securityhub_backends, backend=Hub)
