"""IAM: the policies that AWS manages are there when somebody names one; audiences of token issuers can be changed.

All of AWS's policies in every account would be thousands of objects; each is made on its first use, and its dates and
id are functions of its name.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import LimitExceededException
from moto.iam.models import (
    AWSManagedPolicy,
    IAMBackend,
    ManagedPolicy,
    OpenIDConnectProvider,
    iam_backends,
)
from moto.iam.responses import IamResponse as MotoIamResponse

from sandbox.cloud import determinism, extend

_AWS_POLICY = re.compile(r"arn:aws:iam::aws:policy(?P<path>/(?:.+/)?)(?P<name>[\w+=,.@-]+)")

AUDIENCES = 100
"""Audiences that an issuer may have (IAM User Guide, *IAM and AWS STS quotas*)."""


class Iam(IAMBackend):
    """Moto's IAM with AWS's own policies."""

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """Attach a policy to a role."""
        self._ensure(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        """Attach a policy to a user."""
        self._ensure(policy_arn)
        super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        """Attach a policy to a group."""
        self._ensure(policy_arn)
        super().attach_group_policy(policy_arn, group_name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        """A managed policy of the account or of AWS."""
        self._ensure(policy_arn)
        return super().get_policy(policy_arn)

    def create_open_id_connect_provider(
        self, url: str, thumbprint_list: list[str], client_id_list: list[str], tags: list[dict[str, str]]
    ) -> OpenIDConnectProvider:
        """Trust an issuer. Without thumbprints IAM takes that of the issuer's certificate, which here is a function of
        its address: the sandbox reaches no issuer."""
        taken = thumbprint_list or [hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()]
        return super().create_open_id_connect_provider(url, taken, client_id_list, tags)

    def add_audience(self, arn: str, audience: str) -> None:
        """One more audience of an issuer's tokens; one that is there already is no error.

        Raises:
            LimitExceededException: the issuer has as many as it may have.
        """
        provider = self.get_open_id_connect_provider(arn)
        if audience in provider.client_id_list:
            return
        if len(provider.client_id_list) >= AUDIENCES:
            raise LimitExceededException(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {AUDIENCES}")
        provider.client_id_list.append(audience)

    def remove_audience(self, arn: str, audience: str) -> None:
        """One audience fewer; one that is not there is no error."""
        provider = self.get_open_id_connect_provider(arn)
        provider.client_id_list[:] = [one for one in provider.client_id_list if one != audience]

    def _ensure(self, policy_arn: str) -> None:
        match = _AWS_POLICY.fullmatch(policy_arn)
        if match is None or policy_arn in self.managed_policies:
            return
        known: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
        data = known.get(match["name"])
        if data is None or data.get("Path", "/") != match["path"]:
            return
        with determinism.scope(f"aws policy {policy_arn}"):
            policy = AWSManagedPolicy.from_data(match["name"], self.account_id, self.region_name, data)
        self.managed_policies[policy_arn] = policy
        self.aws_managed_policies.append(policy)


class IamResponse(MotoIamResponse):
    """Moto's IAM responses with the two actions on an issuer's audiences."""

    @property
    def iam(self) -> Iam:
        """The backend of the caller's account."""
        backend = self.backend
        if not isinstance(backend, Iam):
            raise TypeError("IAM was not installed")
        return backend

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        """Add an audience."""
        self.iam.add_audience(self._get_param("OpenIDConnectProviderArn"), self._get_param("ClientID"))
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> ActionResult:
        """Remove an audience."""
        self.iam.remove_audience(self._get_param("OpenIDConnectProviderArn"), self._get_param("ClientID"))
        return EmptyResult()


def install() -> None:
    """Serve IAM from these classes."""
    extend.use("iam", iam_backends, backend=Iam, response=IamResponse)
