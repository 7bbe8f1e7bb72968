"""Roles and what they may do."""

from __future__ import annotations

import json
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_ROLE: Final = {"RoleName": "{id}"}


def _policies(op: Operation) -> dict[str, Any]:
    """Inline and attached policies, where the program gives them with the role."""
    found: dict[str, Any] = {}
    role = {"RoleName": op.id}
    if "managedPolicyArns" in op.inputs or "managedPolicyArns" in op.state:
        attached = op.call("ListAttachedRolePolicies", role)["AttachedPolicies"]
        found["ManagedPolicyArns"] = [one["PolicyArn"] for one in attached]
    if "inlinePolicies" in op.inputs or "inlinePolicies" in op.state:
        names = op.call("ListRolePolicies", role)["PolicyNames"]
        found["InlinePolicies"] = [op.call("GetRolePolicy", {**role, "PolicyName": name}) for name in names]
    return found


def _inline_from_api(policies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": one["PolicyName"], "policy": json.dumps(one["PolicyDocument"])} for one in policies]


def _set_inline(op: Operation) -> None:
    wanted = {one["name"]: one["policy"] for one in op.inputs.get("inlinePolicies") or [] if one.get("name")}
    role = {"RoleName": op.id}
    for name in op.call("ListRolePolicies", role)["PolicyNames"]:
        if name not in wanted:
            op.call("DeleteRolePolicy", {**role, "PolicyName": name})
    for name, policy in wanted.items():
        op.call("PutRolePolicy", {**role, "PolicyName": name, "PolicyDocument": policy})


def _set_attached(op: Operation) -> None:
    wanted = set(op.inputs.get("managedPolicyArns") or [])
    role = {"RoleName": op.id}
    there = {one["PolicyArn"] for one in op.call("ListAttachedRolePolicies", role)["AttachedPolicies"]}
    for arn in sorted(there - wanted):
        op.call("DetachRolePolicy", {**role, "PolicyArn": arn})
    for arn in sorted(wanted - there):
        op.call("AttachRolePolicy", {**role, "PolicyArn": arn})


def _set_boundary(op: Operation) -> None:
    boundary = op.inputs.get("permissionsBoundary")
    if boundary:
        op.call("PutRolePermissionsBoundary", {"RoleName": op.id, "PermissionsBoundary": boundary})
    else:
        op.call("DeleteRolePermissionsBoundary", {"RoleName": op.id})


def _delete_role(op: Operation) -> None:
    role = {"RoleName": op.id}
    for profile in op.call("ListInstanceProfilesForRole", role)["InstanceProfiles"]:
        name = profile["InstanceProfileName"]
        op.call("RemoveRoleFromInstanceProfile", {**role, "InstanceProfileName": name})
    force = op.inputs.get("forceDetachPolicies", op.state.get("forceDetachPolicies"))
    if force or op.state.get("managedPolicyArns"):
        for one in op.call("ListAttachedRolePolicies", role)["AttachedPolicies"]:
            op.call("DetachRolePolicy", {**role, "PolicyArn": one["PolicyArn"]})
    if force or op.state.get("inlinePolicies"):
        for name in op.call("ListRolePolicies", role)["PolicyNames"]:
            op.call("DeleteRolePolicy", {**role, "PolicyName": name})
    op.call("DeleteRole", role)


ROLE: Final = Resource(
    type="aws:iam/role:Role",
    service="iam",
    identity="RoleName",
    regional=False,
    properties={
        "assumeRolePolicy": Property("AssumeRolePolicyDocument|PolicyDocument", form=Form.POLICY),
        "description": Property(),
        "forceDetachPolicies": Property(read="", default=False),
        "inlinePolicies": Property(form=Form.POLICY, asked=True, computed=True, decode=_inline_from_api),
        "managedPolicyArns": Property(form=Form.SET, asked=True, computed=True),
        "maxSessionDuration": Property(default=3600),
        "name": Property("RoleName", replace=True),
        "namePrefix": Property(read="", replace=True),
        "path": Property(default="/", replace=True),
        "permissionsBoundary": Property(read="PermissionsBoundary.PermissionsBoundaryArn"),
    },
    outputs={"arn": Output(), "createDate": Output(), "uniqueId": Output("RoleId")},
    create=Call("CreateRole", answer="Role"),
    read=(Call("GetRole", _ROLE, "Role"), _policies),
    update=(
        Update(("assumeRolePolicy",), Call("UpdateAssumeRolePolicy", _ROLE)),
        Update(("description", "maxSessionDuration"), Call("UpdateRole", _ROLE)),
        Update(("permissionsBoundary",), _set_boundary),
        Update(("inlinePolicies",), _set_inline),
        Update(("managedPolicyArns",), _set_attached),
    ),
    delete=_delete_role,
    naming=Naming(limit=64, prefix_property="namePrefix"),
    tagging=Tagging("TagRole", "UntagRole", ("RoleName", "{id}")),
)

ROLE_POLICY: Final = Resource(
    type="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    identity="{role}:{name}",
    parse=("{role}:{name}",),
    regional=False,
    properties={
        "name": Property("PolicyName", replace=True),
        "namePrefix": Property(read="", replace=True),
        "policy": Property("PolicyDocument", form=Form.POLICY),
        "role": Property("RoleName", replace=True),
    },
    create=Call("PutRolePolicy"),
    read=(Call("GetRolePolicy", {"RoleName": "{role}", "PolicyName": "{name}"}),),
    update=(Update(("policy",), Call("PutRolePolicy"), whole=True),),
    delete=Call("DeleteRolePolicy", {"RoleName": "{role}", "PolicyName": "{name}"}),
    naming=Naming(limit=128, prefix_property="namePrefix"),
)

ROLE_POLICY_ATTACHMENT: Final = Resource(
    type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    identity="{role}-{policyArn}",
    parse=("{role}/{policyArn}",),
    regional=False,
    properties={
        "policyArn": Property(replace=True),
        "role": Property("RoleName", read="", replace=True),
    },
    create=Call("AttachRolePolicy"),
    read=(
        Call(
            "ListAttachedRolePolicies",
            {"RoleName": "{role}"},
            "AttachedPolicies[?PolicyArn=='{policyArn}'] | [0].{PolicyArn: PolicyArn}",
        ),
    ),
    delete=Call("DetachRolePolicy", {"RoleName": "{role}", "PolicyArn": "{policyArn}"}),
)

_POLICY: Final = {"PolicyArn": "{id}"}
_VERSIONS: Final = 5
"""Versions that IAM keeps of a policy."""


def _policy_text(op: Operation) -> dict[str, Any]:
    """The default version's document."""
    version = op.call("GetPolicy", {"PolicyArn": op.id})["Policy"]["DefaultVersionId"]
    found = op.call("GetPolicyVersion", {"PolicyArn": op.id, "VersionId": version})["PolicyVersion"]
    return {"Document": json.dumps(found["Document"])}


def _older_versions(op: Operation) -> list[str]:
    """Versions that are not the default one, the oldest first."""
    versions = op.call("ListPolicyVersions", {"PolicyArn": op.id})["Versions"]
    old = [one["VersionId"] for one in versions if not one["IsDefaultVersion"]]
    return sorted(old, key=lambda version: int(version[1:]))


def _set_policy(op: Operation) -> None:
    """A new default version; the oldest makes room for it."""
    policy = {"PolicyArn": op.id}
    old = _older_versions(op)
    if len(old) + 1 >= _VERSIONS:
        op.call("DeletePolicyVersion", {**policy, "VersionId": old[0]})
    op.call("CreatePolicyVersion", {**policy, "PolicyDocument": op.inputs["policy"], "SetAsDefault": True})


def _delete_policy(op: Operation) -> None:
    for version in _older_versions(op):
        op.call("DeletePolicyVersion", {"PolicyArn": op.id, "VersionId": version})
    op.call("DeletePolicy", {"PolicyArn": op.id})


POLICY: Final = Resource(
    type="aws:iam/policy:Policy",
    service="iam",
    identity="Policy.Arn",
    parse=("arn:{partition}:iam::{account}:policy/{name}",),
    regional=False,
    properties={
        "delayAfterPolicyCreationInMs": Property(read=""),
        "description": Property(replace=True),
        "name": Property("PolicyName", replace=True),
        "namePrefix": Property(read="", replace=True),
        "path": Property(default="/", replace=True),
        "policy": Property("PolicyDocument", read="Document", form=Form.POLICY),
    },
    outputs={"arn": Output(), "attachmentCount": Output(), "policyId": Output()},
    create=Call("CreatePolicy"),
    read=(Call("GetPolicy", _POLICY, "Policy"), _policy_text),
    update=(Update(("policy",), _set_policy),),
    delete=_delete_policy,
    naming=Naming(limit=128, prefix_property="namePrefix"),
    tagging=Tagging("TagPolicy", "UntagPolicy", ("PolicyArn", "{id}")),
)


def _set_audiences(op: Operation) -> None:
    wanted, there = set(op.inputs["clientIdLists"]), set(op.state.get("clientIdLists") or [])
    provider = {"OpenIDConnectProviderArn": op.id}
    for one in sorted(wanted - there):
        op.call("AddClientIDToOpenIDConnectProvider", {**provider, "ClientID": one})
    for one in sorted(there - wanted):
        op.call("RemoveClientIDFromOpenIDConnectProvider", {**provider, "ClientID": one})


_PROVIDER: Final = {"OpenIDConnectProviderArn": "{id}"}

OPEN_ID_CONNECT_PROVIDER: Final = Resource(
    type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    service="iam",
    identity="OpenIDConnectProviderArn",
    regional=False,
    properties={
        "clientIdLists": Property("ClientIDList", form=Form.SET),
        "thumbprintLists": Property("ThumbprintList", computed=True),
        # IAM gives the address back without its scheme
        "url": Property(replace=True, decode=lambda url: url if url.startswith("https://") else f"https://{url}"),
    },
    outputs={"arn": Output(template="{id}")},
    create=Call("CreateOpenIDConnectProvider"),
    read=(Call("GetOpenIDConnectProvider", _PROVIDER),),
    update=(
        Update(("clientIdLists",), _set_audiences),
        Update(("thumbprintLists",), Call("UpdateOpenIDConnectProviderThumbprint", _PROVIDER)),
    ),
    delete=Call("DeleteOpenIDConnectProvider", _PROVIDER),
    tagging=Tagging("TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", ("OpenIDConnectProviderArn", "{id}")),
)

_SET_PASSWORDS: Final = Call("UpdateAccountPasswordPolicy")

ACCOUNT_PASSWORD_POLICY: Final = Resource(
    type="aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
    service="iam",
    identity="'iam-account-password-policy'",
    regional=False,
    properties={
        "allowUsersToChangePassword": Property(default=True),
        "hardExpiry": Property(computed=True),
        "maxPasswordAge": Property(computed=True),
        "minimumPasswordLength": Property(default=6),
        "passwordReusePrevention": Property(computed=True),
        "requireLowercaseCharacters": Property(computed=True),
        "requireNumbers": Property(computed=True),
        "requireSymbols": Property(computed=True),
        "requireUppercaseCharacters": Property(computed=True),
    },
    outputs={"expirePasswords": Output()},
    create=_SET_PASSWORDS,
    read=(Call("GetAccountPasswordPolicy", answer="PasswordPolicy"),),
    # IAM sets what a request leaves out to its default
    update=(
        Update(
            (
                "allowUsersToChangePassword",
                "hardExpiry",
                "maxPasswordAge",
                "minimumPasswordLength",
                "passwordReusePrevention",
                "requireLowercaseCharacters",
                "requireNumbers",
                "requireSymbols",
                "requireUppercaseCharacters",
            ),
            _SET_PASSWORDS,
            whole=True,
        ),
    ),
    delete=Call("DeleteAccountPasswordPolicy"),
)

RESOURCES: Final = (
    ACCOUNT_PASSWORD_POLICY,
    OPEN_ID_CONNECT_PROVIDER,
    POLICY,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
)
