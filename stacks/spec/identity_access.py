"""Who may do what in an environment: people by group, operations by role, delivery by its pipeline's identity.

Limits of sessions: AWS STS API Reference, *AssumeRole* (``DurationSeconds``: 900 seconds to 12 hours); IAM User Guide,
*Update the maximum session duration for a role* (a role's own maximum is 1 to 12 hours, a chained session's one hour).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from stacks.spec.model import Section
from stacks.spec.problems import refuse

Permission = Literal["see", "change", "approve", "export"]

SHORT: Final = ("approve", "export")
"""Permissions whose holders release changes or take data out."""

SHORT_MINUTES: Final = 60
"""Longest session of a group with one of them: as long as AWS's shortest maximum of a role."""

_SSO: Final = "AWSReservedSSO_"
_SSO_PATH: Final = "aws-reserved/sso.amazonaws.com/"
_NAME: Final = r"[A-Za-z0-9+=,.@_-]{1,64}"


def _principal(value: str) -> str:
    if not re.fullmatch(rf"(?:[!-.0-~]+/)*{_NAME}", value) or value.startswith("arn:"):
        raise refuse(
            "it is no name of an IAM role (1 to 64 letters, digits and +=,.@_-, its path before it where it has one)",
            "write for example AWSReservedSSO_Developers_0123456789abcdef, or people/developers",
        )
    return value


def _role_arn(value: str) -> str:
    if not re.fullmatch(rf"arn:aws[a-z-]*:iam::[0-9]{{12}}:role/(?:[!-.0-~]+/)*{_NAME}", value):
        raise refuse(
            "it is no ARN of one IAM role; accounts as a whole and wildcards are nobody in particular",
            "write for example arn:aws:iam::100000000000:role/platform-operator",
        )
    return value


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or value.endswith("/"):
        raise refuse(
            "it is no https:// address of an OpenID Connect issuer (no slash at the end)",
            "write for example https://token.actions.githubusercontent.com",
        )
    return value


def _subject(value: str) -> str:
    parts = value.split(":")
    if "*" in value or "?" in value:
        raise refuse(
            "subjects are compared as they stand: a wildcard would let other repositories, branches or environments in",
            "name each one, for example repo:acme/infrastructure:environment:production",
        )
    if len(parts) < 4 or not all(parts) or "/" not in parts[1]:
        raise refuse(
            "it names not one repository and one environment or ref of it",
            "write for example repo:acme/infrastructure:environment:production",
        )
    return value


RoleArn = Annotated[str, AfterValidator(_role_arn)]


class GroupSpec(Section):
    """People of one kind: who they are in AWS, and what they may do."""

    permissions: Annotated[list[Permission], Field(min_length=1, max_length=4)]
    """What they may do: see (read), change (operate applications), approve (release changes), export (take data out).
    One does not imply another."""

    principal: Annotated[str, AfterValidator(_principal)] | None = None
    """Name of an IAM role of the client's account that they come with, for example that of an IAM Identity Center
    permission set (AWSReservedSSO_NAME_DIGITS), with its path where it has one."""

    trusted: Annotated[list[RoleArn], Field(default_factory=list, max_length=20)]
    """Without such a role: ARNs of roles, of whichever account, that may take up one that the kit makes for the
    group."""

    session_minutes: Annotated[int, Field(ge=15, le=720)] = 60
    """Longest session in minutes. AWS itself enforces whole maxima of 60 to 720; shorter ones are what tools ask for.
    At most 60 for groups that approve or export."""

    @field_validator("permissions")
    @classmethod
    def _once(cls, permissions: list[str]) -> list[str]:
        if len(set(permissions)) != len(permissions):
            raise refuse("a permission is given twice", "give each permission once")
        return permissions

    @field_validator("session_minutes")
    @classmethod
    def _short(cls, minutes: int, info: ValidationInfo) -> int:
        held = [one for one in info.data.get("permissions", []) if one in SHORT]
        if held and minutes > SHORT_MINUTES:
            raise refuse(
                f"sessions of a group that may {' and '.join(held)} last {SHORT_MINUTES} minutes at most",
                f"write {SHORT_MINUTES} or less, or make a group of its own for {' and '.join(held)}",
            )
        return minutes

    @model_validator(mode="after")
    def _one_way_in(self) -> GroupSpec:
        if (self.principal is None) == (not self.trusted):
            raise refuse(
                "exactly one of principal and trusted must be given",
                "give principal where the people have a role in the account (IAM Identity Center), else trusted",
            )
        return self

    def role(self, home: str) -> str | None:
        """Path and name of the group's existing role, as in its ARN.

        A role of IAM Identity Center has a path that names the region of Identity Center; without a path it is taken
        to be ``home``.
        """
        if self.principal is None or "/" in self.principal or not self.principal.startswith(_SSO):
            return self.principal
        return f"{_SSO_PATH}{home}/{self.principal}"


class DeliverySpec(Section):
    """The pipeline that delivers the client's applications, known by tokens of its OpenID Connect issuer."""

    issuer: Annotated[str, AfterValidator(_issuer)]
    """https address of the issuer, for example https://token.actions.githubusercontent.com."""

    audience: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/@-]{1,255}$")] = "sts.amazonaws.com"
    """Audience (`aud`) of the tokens."""

    subjects: Annotated[list[Annotated[str, AfterValidator(_subject)]], Field(min_length=1, max_length=20)]
    """Subjects (`sub`) that may deliver, each one repository and one environment or ref, without wildcards; for
    example repo:acme/infrastructure:environment:production."""

    thumbprints: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]], Field(default_factory=list, max_length=5)
    ]
    """SHA-1 thumbprints of the issuer's certificate authority, where it is none of the public ones that IAM trusts by
    itself."""


class PasswordSpec(Section):
    """Passwords of the account's IAM users. The kit makes no users; the rule stands for whoever does."""

    minimum_length: Annotated[int, Field(ge=14, le=128)] = 14
    """Fewest characters, at least 14 (CIS AWS Foundations Benchmark v5.0.0, 1.7)."""

    max_age_days: Annotated[int, Field(ge=1, le=1095)] = 90
    """Days until a password expires (PCI DSS v4.0.1, 8.3.9; AWS Foundational Security Best Practices v1.0.0, IAM.7)."""


def _target(value: str) -> str:
    if not re.fullmatch(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|[0-9]{12}", value):
        raise refuse(
            "it is no id of an organization's root, unit or account (AWS Organizations API Reference, *AttachPolicy*)",
            "write for example ou-ab12-cd34ef56, as text",
        )
    return value


class OrganizationSpec(Section):
    """The organization that the client's account belongs to."""

    target_id: Annotated[str, AfterValidator(_target)]
    """Root, organizational unit or account that the service control policy is attached to. Only an organization's
    management account, or one that it delegates policies to, may do this: elsewhere the client attaches what
    `scripts/documents.py CLIENT-STAGE scp` prints."""


class IdentitySpec(Section):
    """Who may do what."""

    groups: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")], GroupSpec], Field(default_factory=dict)
    ]
    """Groups of people by name (at most 20 characters)."""

    operators: Annotated[list[RoleArn], Field(default_factory=list, max_length=20)]
    """ARNs of the roles that may take up the operations' roles (maintain, drill, audit, deprovision); without any, the
    provisioning role of the account."""

    deprovision_enabled: bool = False
    """Make the role that may take the environment down. Without it there is none: the client switches it on for the
    day, and off again."""

    delivery: DeliverySpec | None = None
    """The pipeline's identity; without one there is no role for it."""

    unused_access_days: Annotated[int, Field(ge=1, le=365)] | None = None
    """Report roles and permissions that nobody used for so many days (IAM Access Analyzer, *unused access*, a charge
    for each role); left out, only access from outside the account is reported, which is free."""

    organization: OrganizationSpec | None = None
    """Attach the service control policy from this stack; left out, the client's organization does."""

    password: PasswordSpec = PasswordSpec()
    """Password policy of the account."""

    @field_validator("groups")
    @classmethod
    def _one_entry_a_principal(cls, groups: dict[str, GroupSpec]) -> dict[str, GroupSpec]:
        owners: dict[str, str] = {}
        for name, group in groups.items():
            if group.principal is not None:
                first = owners.setdefault(group.principal, name)
                if first != name:
                    raise refuse(
                        f"groups {first} and {name} have the same principal; the cluster knows one entry a principal",
                        "join them, or give each a role of its own",
                    )
        return groups
