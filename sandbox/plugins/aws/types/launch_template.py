"""Launch templates: every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.shapes import from_api

_TEMPLATE: Final = {"LaunchTemplateId": "{id}"}


def _data(
    name: str,
    *,
    form: Form = Form.PLAIN,
    names: Mapping[str, str] | None = None,
    text: bool = False,
    computed: bool = False,
) -> Property:
    """A property of what is launched: the template's data, one level deeper in AWS."""
    return Property(
        f"LaunchTemplateData.{name}", read=f"Data.{name}", form=form, names=names or {}, text=text, computed=computed
    )


def _block_devices(devices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Block devices; their truth values are text in Pulumi."""
    found: list[dict[str, Any]] = from_api(devices, {})
    for device in found:
        ebs = device.get("ebs") or {}
        ebs |= {key: str(value).lower() for key, value in ebs.items() if isinstance(value, bool)}
    return found


_DATA: Final = {
    "blockDeviceMappings": Property(
        "LaunchTemplateData.BlockDeviceMappings", read="Data.BlockDeviceMappings", decode=_block_devices
    ),
    "capacityReservationSpecification": _data("CapacityReservationSpecification"),
    "cpuOptions": _data("CpuOptions"),
    "creditSpecification": _data("CreditSpecification"),
    "disableApiStop": _data("DisableApiStop"),
    "disableApiTermination": _data("DisableApiTermination"),
    "ebsOptimized": _data("EbsOptimized", text=True),
    "enclaveOptions": _data("EnclaveOptions"),
    "hibernationOptions": _data("HibernationOptions"),
    "iamInstanceProfile": _data("IamInstanceProfile"),
    "imageId": _data("ImageId"),
    "instanceInitiatedShutdownBehavior": _data("InstanceInitiatedShutdownBehavior"),
    "instanceMarketOptions": _data("InstanceMarketOptions"),
    "instanceType": _data("InstanceType"),
    "kernelId": _data("KernelId"),
    "keyName": _data("KeyName"),
    "licenseSpecifications": _data("LicenseSpecifications", form=Form.SET),
    "maintenanceOptions": _data("MaintenanceOptions"),
    "metadataOptions": _data("MetadataOptions", computed=True),
    "monitoring": _data("Monitoring"),
    "networkInterfaces": _data("NetworkInterfaces", names={"securityGroups": "Groups"}),
    "placement": _data("Placement"),
    "privateDnsNameOptions": _data("PrivateDnsNameOptions"),
    "ramDiskId": _data("RamDiskId"),
    "securityGroupNames": _data("SecurityGroups", form=Form.SET),
    "tagSpecifications": _data("TagSpecifications"),
    "userData": _data("UserData"),
    "vpcSecurityGroupIds": _data("SecurityGroupIds", form=Form.SET),
}


def _set_default(op: Operation) -> None:
    """Which version is launched: the newest where ``updateDefaultVersion`` says so, else the one that is asked for."""
    version = op.inputs.get("defaultVersion")
    if op.inputs.get("updateDefaultVersion"):
        answer = op.call("DescribeLaunchTemplates", {"LaunchTemplateIds": [op.id]})
        version = answer["LaunchTemplates"][0]["LatestVersionNumber"]
    if version is not None:
        op.call("ModifyLaunchTemplate", {"LaunchTemplateId": op.id, "DefaultVersion": str(version)})


def _version(op: Operation) -> dict[str, Any]:
    """The newest version's data."""
    answer = op.call("DescribeLaunchTemplateVersions", {"LaunchTemplateId": op.id, "Versions": ["$Latest"]})
    newest = answer["LaunchTemplateVersions"][0]
    return {"Data": newest["LaunchTemplateData"], "VersionDescription": newest.get("VersionDescription")}


LAUNCH_TEMPLATE: Final = Resource(
    type="aws:ec2/launchTemplate:LaunchTemplate",
    service="ec2",
    identity="LaunchTemplateId",
    properties={
        **_DATA,
        "defaultVersion": Property("DefaultVersionNumber", computed=True),
        "description": Property("VersionDescription"),
        "name": Property("LaunchTemplateName", replace=True),
        "namePrefix": Property(read="", replace=True),
        "updateDefaultVersion": Property(read=""),
    },
    outputs={
        "arn": Output(template="arn:{partition}:ec2:{region}:{account}:launch-template/{id}"),
        "latestVersion": Output("LatestVersionNumber", volatile=True),
    },
    create=Call("CreateLaunchTemplate", {"LaunchTemplateData": {}}, answer="LaunchTemplate"),
    read=(Call("DescribeLaunchTemplates", {"LaunchTemplateIds": ["{id}"]}, "LaunchTemplates[0]"), _version),
    update=(
        Update(
            (*_DATA, "description"),
            Call(
                "CreateLaunchTemplateVersion",
                {**_TEMPLATE, "LaunchTemplateData": {}},
            ),
            whole=True,
        ),
        Update((*_DATA, "description", "defaultVersion", "updateDefaultVersion"), _set_default),
    ),
    delete=Call("DeleteLaunchTemplate", _TEMPLATE),
    naming=Naming(limit=125, prefix_property="namePrefix"),
    tagging=Tagging(
        "CreateTags",
        "DeleteTags",
        ("Resources", ["{id}"]),
        "TagSpecifications",
        style="ec2",
        keys="Tags",
        kind="launch-template",
    ),
)
