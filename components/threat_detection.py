"""Who looks for attackers, and who judges the account by published standards: GuardDuty and Security Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.guardduty import Detector, DetectorFeature, DetectorFeatureAdditionalConfigurationArgs
from pulumi_aws.securityhub import Account, StandardsSubscription

from components.naming import PREFIX, Scope

ENABLED: Final = "ENABLED"
DISABLED: Final = "DISABLED"

RUNTIME: Final = "RUNTIME_MONITORING"
AGENTS: Final = {
    "EKS_ADDON_MANAGEMENT": ENABLED,
    "ECS_FARGATE_AGENT_MANAGEMENT": DISABLED,
    "EC2_AGENT_MANAGEMENT": DISABLED,
}
"""Who installs GuardDuty's agents: GuardDuty itself on the cluster's nodes; there is nothing else to watch. All are
named, in AWS's order, since AWS answers with all of them."""

FEATURES: Final = ("EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS", "EBS_MALWARE_PROTECTION", RUNTIME)

STANDARDS: Final = {
    "fsbp": "aws-foundational-security-best-practices/v/1.0.0",
    "cis": "cis-aws-foundations-benchmark/v/5.0.0",
}
"""AWS Foundational Security Best Practices v1.0.0 and CIS AWS Foundations Benchmark v5.0.0, the newest that Security
Hub has of both (AWS Security Hub User Guide, *Standards reference*)."""


@dataclass(frozen=True, slots=True)
class ThreatDetectionArgs:
    """Arguments of :class:`ThreatDetection`.

    Args:
        scope: the environment.
        detector: whether GuardDuty looks at the account.
        hub: whether Security Hub judges it; its controls need AWS Config's recorder.
        protect: refuse deletion of the detector through the engine.
    """

    scope: Scope
    detector: bool = True
    hub: bool = True
    protect: bool = True


class ThreatDetection(pulumi.ComponentResource):
    """GuardDuty's detector and Security Hub in the home region.

    GuardDuty reads the trail's, DNS's and the network's logs of its own accord, and here besides: the cluster's audit
    log, what runs on its nodes, logins to the database, reads and writes of objects, and the disks of suspects. It
    tells of changed findings every fifteen minutes. Security Hub judges by AWS Foundational Security Best Practices
    v1.0.0 and the CIS AWS Foundations Benchmark v5.0.0, with one finding a control.

    A region has one detector and one hub: an account belongs to one environment. The recovery region has neither:
    nothing runs there, it holds encrypted copies of backups, and what is done to them stands in the trail. For its
    agents GuardDuty makes a VPC endpoint and a security group of its own in the environment's network; whoever
    destroys the environment deletes them first.

    Outputs: ``detector_id``, ``hub_arn``: ``None`` where switched off.
    """

    def __init__(self, name: str, args: ThreatDetectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}ThreatDetection", name, None, opts)
        self._args = args
        self.detector_id: Final = self._detect() if args.detector else None
        self.hub_arn: Final = self._judge() if args.hub else None
        self.register_outputs({"detector_id": self.detector_id, "hub_arn": self.hub_arn})

    def _detect(self) -> pulumi.Output[str]:
        detector = Detector(
            "detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            tags=self._args.scope.tags("detection", "detector"),
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
        for feature in FEATURES:
            agents = AGENTS if feature == RUNTIME else {}
            DetectorFeature(
                feature.lower().replace("_", "-"),
                detector_id=detector.id,
                name=feature,
                status=ENABLED,
                additional_configurations=[
                    DetectorFeatureAdditionalConfigurationArgs(name=agent, status=status)
                    for agent, status in agents.items()
                ]
                or None,
                opts=pulumi.ResourceOptions(parent=self),
            )
        return detector.id

    def _judge(self) -> pulumi.Output[str]:
        scope = self._args.scope
        hub = Account(
            "hub",
            enable_default_standards=False,
            auto_enable_controls=True,
            control_finding_generator="SECURITY_CONTROL",
            opts=pulumi.ResourceOptions(parent=self),
        )
        for standard, path in STANDARDS.items():
            StandardsSubscription(
                standard,
                standards_arn=f"arn:{scope.partition}:securityhub:{scope.region}::standards/{path}",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[hub]),
            )
        return hub.arn
