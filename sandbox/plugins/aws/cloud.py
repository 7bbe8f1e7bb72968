"""The way to AWS: credentials, the account, and a client for each service and region. Loopback only."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from sandbox.plugins.aws.config import Config, Role
from sandbox.plugins.aws.errors import WIRE_ERRORS, translate
from sandbox.plugins.protocol import ProviderError, require_loopback

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

_CONNECTIONS: Final = 32
"""Connections kept for each client: as many as the plugin serves calls at once."""


def _without_account(request: Any, **_: Any) -> None:
    """S3 Control's clients put the account in front of the host (``111111111111.127.0.0.1``), which resolves nowhere;
    the account is in a header too."""
    request.url = re.sub(r"//\d{12}\.", "//", request.url, count=1)


class Cloud:
    """Clients of one provider configuration. Safe to be used from many threads.

    The account is asked for in the background as soon as there is a configuration; a wrong one fails every use.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._clients: dict[tuple[str, str], BaseClient] = {}
        pool = ThreadPoolExecutor(1, thread_name_prefix="account")
        self._account: Future[tuple[str, str]] = pool.submit(self._identify)
        pool.shutdown(wait=False)

    def require_account(self) -> None:
        """Wait until the account is known to be a right one.

        Raises:
            ProviderError: it cannot be had, or it is none of ``allowedAccountIds``.
        """
        self._account.result()

    @property
    def account(self) -> str:
        """Number of the account.

        Raises:
            ProviderError: it cannot be had, or it is none of ``allowedAccountIds``.
        """
        return self._account.result()[0]

    @property
    def partition(self) -> str:
        """Partition of the account: ``aws``, ``aws-us-gov``, ``aws-cn``."""
        return self._account.result()[1]

    def client(self, service: str, region: str = "") -> BaseClient:
        """The client of a service in a region (default: the provider's).

        Raises:
            ProviderError: no credentials; a wrong account; an endpoint that is not loopback.
        """
        self._account.result()
        return self._client(service, region or self.config.region)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    # -- parts --------------------------------------------------------------------------------------------------------

    def _identify(self) -> tuple[str, str]:
        client = self._client("sts", self.config.sts_region or self.config.region)
        try:
            identity: dict[str, Any] = client.get_caller_identity()  # type: ignore[attr-defined]
        except WIRE_ERRORS as error:
            raise ProviderError(
                f"who the aws provider acts as cannot be told: {translate('GetCallerIdentity', error)}"
            ) from error
        account, arn = identity["Account"], identity["Arn"]
        allowed, forbidden = self.config.allowed_accounts, self.config.forbidden_accounts
        if (allowed and account not in allowed) or account in forbidden:
            limit = f"allowed are {', '.join(allowed)}" if allowed else f"forbidden are {', '.join(forbidden)}"
            raise ProviderError(
                f"the credentials of the aws provider belong to account {account} ({arn}); {limit}: "
                "correct the credentials or assumeRoles, or the provider's allowedAccountIds"
            )
        return account, arn.split(":")[1]

    def _client(self, service: str, region: str) -> BaseClient:
        from botocore.config import Config as ClientConfig  # noqa: PLC0415 (not before there is something to ask)

        with self._lock:
            found = self._clients.get((service, region))
            if found is not None:
                return found
            try:
                client = self._open().create_client(
                    service,
                    region_name=region,
                    endpoint_url=self.config.endpoints.get(service),
                    config=ClientConfig(
                        max_pool_connections=_CONNECTIONS,
                        retries={"total_max_attempts": self.config.retries + 1, "mode": self.config.retry_mode},  # type: ignore[arg-type]
                        proxies={},  # loopback needs none, and a proxy would be a way out of it
                        connect_timeout=5,
                        read_timeout=120,
                    ),
                )
            except WIRE_ERRORS as error:
                raise ProviderError(f"no client for AWS {service} in {region}: {error}") from error
            require_loopback(client.meta.endpoint_url, f"the endpoint of AWS {service} in {region} (AWS_ENDPOINT_URL)")
            if service == "s3control":
                client.meta.events.register("before-sign.s3-control", _without_account)
            self._clients[service, region] = client
            made: BaseClient = client
            return made

    def _open(self) -> Session:
        """The session with its credentials, made once."""
        if self._session is not None:
            return self._session
        session = self._new_session()
        config = self.config
        if config.access_key and config.secret_key:
            session.set_credentials(config.access_key, config.secret_key, config.token)
        for role in config.roles:
            session = self._assume(session, role)
        self._session = session
        return session

    def _new_session(self) -> Session:
        from botocore.session import Session  # noqa: PLC0415 (0.3 s: not before there is something to ask)

        session = Session(profile=self.config.profile)
        providers = session.get_component("credential_provider")
        for remote in ("iam-role", "container-role", "sso", "login"):  # these would ask an address off this machine
            providers.remove(remote)
        for name, files in (
            ("config_file", self.config.config_files),
            ("credentials_file", self.config.credentials_files),
        ):
            if files:
                session.set_config_variable(name, os.path.expanduser(files[0]))  # noqa: PTH111 (botocore's own way)
        return session

    def _assume(self, source: Session, role: Role) -> Session:
        """A session that acts as a role, entered from another session and renewed before it ends."""
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials  # noqa: PLC0415

        credentials = source.get_credentials()
        if credentials is None:
            raise ProviderError(
                f"no AWS credentials to assume {role.arn} with: set AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE or "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        wanted = {
            "RoleSessionName": role.session or "pulumi",
            "ExternalId": role.external_id,
            "DurationSeconds": role.duration,
            "Policy": role.policy,
            "SourceIdentity": role.source_identity,
            "Tags": [{"Key": key, "Value": value} for key, value in role.tags.items()],
        }
        region = self.config.sts_region or self.config.region

        def client(service: str, **keys: Any) -> BaseClient:
            made: BaseClient = source.create_client(
                service,
                region_name=region,
                endpoint_url=self.config.endpoints.get(service),
                **keys,
            )
            require_loopback(made.meta.endpoint_url, f"the endpoint of AWS {service} (AWS_ENDPOINT_URL)")
            return made

        fetcher = AssumeRoleCredentialFetcher(
            client, credentials, role.arn, extra_args={key: value for key, value in wanted.items() if value}
        )
        session = self._new_session()
        session._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # type: ignore[attr-defined]
        return session
