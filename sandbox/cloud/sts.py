"""STS: roles are assumed only where they exist, and their sessions act in the role's account."""

from __future__ import annotations

import re

from moto.sts.models import AssumedRole, STSBackend, sts_backends

from sandbox.cloud import extend, identity
from sandbox.cloud.errors import Refusal

_ROLE_ARN = re.compile(r"arn:aws:iam::(?P<account>\d{12}):role/(?:.+/)?(?P<name>[\w+=,.@-]+)")


class Sts(STSBackend):
    """Moto's STS with the refusals of the real one."""

    def assume_role(  # noqa: PLR0917 (moto's signature)
        self,
        region_name: str,
        role_session_name: str,
        role_arn: str,
        policy: str,
        duration: int,
        external_id: str,
    ) -> AssumedRole:
        """Make a session of an existing role.

        Raises:
            Refusal: no such role (AWS does not tell a missing role from a forbidden one), or a session that is longer
                than the role allows.
        """
        match = _ROLE_ARN.fullmatch(role_arn)
        if match is None:
            raise Refusal("ValidationError", f"{role_arn} is invalid", 400)
        if match["name"] == identity.PROVISION_ROLE:
            identity.ensure_provision_role(match["account"])
        roles = identity.roles(match["account"])
        role = next((role for role in roles if role.arn == role_arn), None)
        if role is None:
            raise Refusal(
                "AccessDenied",
                f"User: {identity.current().arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            )
        longest = int(role.max_session_duration or 3600)
        if not 900 <= duration <= longest:
            raise Refusal(
                "ValidationError",
                f"The requested DurationSeconds {duration} is not between 900 and "
                f"the MaxSessionDuration {longest} set for this role.",
                400,
            )
        return super().assume_role(region_name, role_session_name, role_arn, policy, duration, external_id)


def install() -> None:
    """Serve STS from this class."""
    extend.use("sts", sts_backends, backend=Sts)
