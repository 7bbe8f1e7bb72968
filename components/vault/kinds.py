"""The kinds of thing on a Vault server: namespace, KV engine, policy, auth method, its configuration and its roles.

The providers hold nothing and live at the top of this module, so that the engine's state names them instead of
carrying their code.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

import hvac
import hvac.exceptions
import requests

from components.vault.connection import VaultError, call, explain, look
from components.vault.provider import Properties, VaultProvider

UPGRADE_SECONDS: Final = 15.0
"""Longest wait for a fresh KV version 2 engine, which answers 400 while it sets itself up."""

DELETION_SECONDS: Final = 60.0
"""Longest wait for a namespace that the server deletes in the background."""

POLL_SECONDS: Final = 0.05


class NamespaceProvider(VaultProvider):
    """A namespace (OpenBao, Vault Enterprise)."""

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """Whether the namespace exists. One that the server is still deleting is waited for and then is gone."""
        place = f"sys/namespaces/{properties['path']}"
        deadline = time.monotonic() + DELETION_SECONDS
        while found := look(place, client.read, place):
            if not found.get("tainted"):
                return {}
            if time.monotonic() > deadline:
                raise VaultError(f"{place} is still being deleted after {DELETION_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        return None

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Make the namespace."""
        if not exists:
            call(f"sys/namespaces/{properties['path']}", client.sys.create_namespace, path=properties["path"])

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Delete the namespace with all it holds; the server does so in the background, so wait until it is gone."""
        call(f"sys/namespaces/{properties['path']}", client.sys.delete_namespace, path=properties["path"])
        self.fetch(client, properties)


class MountProvider(VaultProvider):
    """A KV version 2 secrets engine."""

    managed: ClassVar[tuple[str, ...]] = ("description", "max_versions", "cas_required")

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """Description, version limit and check-and-set of the engine."""
        path = properties["path"]
        mounts = look("sys/mounts", client.sys.list_mounted_secrets_engines) or {}
        mount = mounts.get(f"{path}/")
        if mount is None:
            return None
        if mount["type"] != "kv" or (mount.get("options") or {}).get("version") != "2":
            raise VaultError(f"at {path} an engine of another kind is mounted ({mount['type']}); remove or move it")
        settings = self._settled(lambda: client.secrets.kv.v2.read_configuration(mount_point=path), path)["data"]
        return {
            "description": mount["description"],
            "max_versions": settings["max_versions"],
            "cas_required": settings["cas_required"],
        }

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Mount or tune the engine, then set its limits."""
        path, description = properties["path"], properties["description"]
        if exists:
            call(path, client.sys.tune_mount_configuration, path=path, description=description)
        else:
            call(
                path,
                client.sys.enable_secrets_engine,
                backend_type="kv",
                path=path,
                description=description,
                options={"version": "2"},
            )
        self._settled(
            lambda: client.secrets.kv.v2.configure(
                max_versions=int(properties["max_versions"]), cas_required=properties["cas_required"], mount_point=path
            ),
            path,
        )

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Unmount the engine: all its secrets go with it."""
        call(properties["path"], client.sys.disable_secrets_engine, path=properties["path"])

    def _settled(self, operation: Callable[[], Any], path: str) -> Any:
        """Repeat an operation while the fresh engine sets itself up."""
        deadline = time.monotonic() + UPGRADE_SECONDS
        while True:
            try:
                return operation()
            except hvac.exceptions.InvalidRequest as error:
                if "pgrading" not in str(error) or time.monotonic() > deadline:
                    raise explain(error, f"{path}/config") from None
            except (hvac.exceptions.VaultError, requests.RequestException) as error:
                raise explain(error, f"{path}/config") from None
            time.sleep(POLL_SECONDS)


class PolicyProvider(VaultProvider):
    """An ACL policy."""

    managed: ClassVar[tuple[str, ...]] = ("rules",)

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The policy's text."""
        place = f"sys/policies/acl/{properties['path']}"
        found = look(place, client.read, place)
        return {"rules": found["policy"]} if found else None

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Write the policy."""
        place = f"sys/policies/acl/{properties['path']}"
        call(place, client.write_data, place, data={"policy": properties["rules"]})

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Delete the policy."""
        place = f"sys/policies/acl/{properties['path']}"
        call(place, client.delete, place)


class AuthMethodProvider(VaultProvider):
    """An auth method of type kubernetes."""

    managed: ClassVar[tuple[str, ...]] = ("description",)

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The method's description."""
        path = properties["path"]
        methods = look("sys/auth", client.sys.list_auth_methods) or {}
        method = methods.get(f"{path}/")
        if method is None:
            return None
        if method["type"] != "kubernetes":
            raise VaultError(f"at auth/{path} a method of another kind is enabled ({method['type']}); move it")
        return {"description": method["description"]}

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Enable or tune the method."""
        path, description = properties["path"], properties["description"]
        if exists:
            call(f"auth/{path}", client.sys.tune_auth_method, path=path, description=description)
        else:
            call(
                f"auth/{path}",
                client.sys.enable_auth_method,
                method_type="kubernetes",
                path=path,
                description=description,
            )

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Disable the method: every token it gave ends."""
        call(f"auth/{properties['path']}", client.sys.disable_auth_method, path=properties["path"])


class KubernetesConfigProvider(VaultProvider):
    """Which cluster an auth method of type kubernetes asks, and with whose token: always the caller's own."""

    managed: ClassVar[tuple[str, ...]] = ("host", "ca", "stored_reviewer")

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The cluster's address and certificate authority; ``stored_reviewer`` where somebody put a token in."""
        place = f"auth/{properties['path']}/config"
        found = look(place, client.read, place)
        if not found or not found.get("kubernetes_host"):
            return None
        stored = found.get("token_reviewer_jwt_set") or not found.get("disable_local_ca_jwt")
        present = {"host": found["kubernetes_host"], "ca": found["kubernetes_ca_cert"]}
        return {**present, "stored_reviewer": True} if stored else present

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Write the configuration."""
        place = f"auth/{properties['path']}/config"
        data = {
            "kubernetes_host": properties["host"],
            "kubernetes_ca_cert": properties["ca"],
            "disable_local_ca_jwt": True,
            "token_reviewer_jwt": "",
        }
        call(place, client.write_data, place, data=data)

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Nothing to remove: the configuration ends with its method."""


class KubernetesRoleProvider(VaultProvider):
    """Which service accounts may log in, and what their tokens may do for how long. ``path`` is METHOD/role/NAME."""

    managed: ClassVar[tuple[str, ...]] = (
        "service_accounts",
        "namespaces",
        "namespace_selector",
        "audience",
        "policies",
        "ttl_seconds",
        "max_ttl_seconds",
    )

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The role as the server has it, lists in order; ``namespace_selector`` where somebody put one in."""
        place = f"auth/{properties['path']}"
        found = look(place, client.read, place)
        if not found:
            return None
        selector = found.get("bound_service_account_namespace_selector")
        present = {
            "service_accounts": sorted(found["bound_service_account_names"]),
            "namespaces": sorted(found["bound_service_account_namespaces"]),
            "audience": found.get("audience") or "",
            "policies": sorted(found["token_policies"]),
            "ttl_seconds": found["token_ttl"],
            "max_ttl_seconds": found["token_max_ttl"],
        }
        return {**present, "namespace_selector": selector} if selector else present

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Write the role."""
        place = f"auth/{properties['path']}"
        data = {
            "bound_service_account_names": properties["service_accounts"],
            "bound_service_account_namespaces": properties["namespaces"],
            "bound_service_account_namespace_selector": "",
            "audience": properties["audience"],
            "token_policies": properties["policies"],
            "token_ttl": int(properties["ttl_seconds"]),
            "token_max_ttl": int(properties["max_ttl_seconds"]),
        }
        call(place, client.write_data, place, data=data)

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Delete the role."""
        place = f"auth/{properties['path']}"
        call(place, client.delete, place)
