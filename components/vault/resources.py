"""Namespace, secrets engine, policy, auth method, its configuration and its roles."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import hvac
import hvac.exceptions
import pulumi
from pulumi.dynamic import Resource

from components.vault.connection import VaultError, call
from components.vault.provider import Properties, VaultProvider

UPGRADE_SECONDS: Final = 15.0
"""Longest wait for a fresh KV version 2 engine, which answers 400 while it sets itself up."""


class NamespaceProvider(VaultProvider):
    """A namespace (OpenBao, Vault Enterprise)."""

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """Whether the namespace exists."""
        try:
            found = client.read(f"sys/namespaces/{properties['path']}")
        except hvac.exceptions.InvalidPath:
            return None
        except hvac.exceptions.VaultError as error:
            raise VaultError(f"sys/namespaces/{properties['path']}: {error}") from error
        return {} if found else None

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Make the namespace."""
        if not exists:
            path = f"sys/namespaces/{properties['path']}"
            call(path, client.sys.create_namespace, path=properties["path"])

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Delete the namespace with all it holds; the server does so in the background, so wait until it is gone."""
        path = f"sys/namespaces/{properties['path']}"
        if self.fetch(client, properties) is None:
            return
        call(path, client.sys.delete_namespace, path=properties["path"])
        deadline = time.monotonic() + 60
        while self.fetch(client, properties) is not None:
            if time.monotonic() > deadline:
                raise VaultError(f"{path} is still being deleted after 60 s")
            time.sleep(0.1)


class MountProvider(VaultProvider):
    """A KV version 2 secrets engine."""

    managed: ClassVar[tuple[str, ...]] = ("description", "max_versions", "cas_required")

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """Description, version limit and check-and-set of the engine."""
        path = properties["path"]
        mounts = call("sys/mounts", client.sys.list_mounted_secrets_engines)["data"]
        mount = mounts.get(f"{path}/")
        if mount is None:
            return None
        if mount["type"] != "kv" or (mount.get("options") or {}).get("version") != "2":
            raise VaultError(f"at {path} another engine is mounted ({mount['type']}); move it or choose another path")
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

    def _settled(self, operation: Any, path: str) -> Any:
        """Repeat an operation while the fresh engine sets itself up."""
        deadline = time.monotonic() + UPGRADE_SECONDS
        while True:
            try:
                return operation()
            except hvac.exceptions.InvalidRequest as error:
                if "pgrading" not in str(error) or time.monotonic() > deadline:
                    raise VaultError(f"{path}: {error}") from error
            except hvac.exceptions.VaultError as error:
                raise VaultError(f"{path}: {error}") from error
            time.sleep(0.05)


class PolicyProvider(VaultProvider):
    """An ACL policy."""

    managed: ClassVar[tuple[str, ...]] = ("rules",)

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The policy's text."""
        try:
            answer: Any = client.read(f"sys/policies/acl/{properties['path']}")
        except hvac.exceptions.InvalidPath:
            return None
        except hvac.exceptions.VaultError as error:
            raise VaultError(f"policy {properties['path']}: {error}") from error
        return {"rules": answer["data"]["policy"]} if answer else None

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Write the policy."""
        path = f"sys/policies/acl/{properties['path']}"
        call(path, client.write_data, path, data={"policy": properties["rules"]})

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Delete the policy."""
        path = f"sys/policies/acl/{properties['path']}"
        call(path, client.delete, path)


class AuthMethodProvider(VaultProvider):
    """An auth method of type kubernetes."""

    managed: ClassVar[tuple[str, ...]] = ("description",)

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The method's description."""
        methods = call("sys/auth", client.sys.list_auth_methods)["data"]
        method = methods.get(f"{properties['path']}/")
        if method is None:
            return None
        if method["type"] != "kubernetes":
            raise VaultError(f"at auth/{properties['path']} another method is enabled ({method['type']})")
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
    """Which cluster an auth method of type kubernetes asks; the caller's own token serves as reviewer."""

    managed: ClassVar[tuple[str, ...]] = ("host", "ca")

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The cluster's address and certificate authority."""
        path = f"auth/{properties['path']}/config"
        try:
            answer: Any = client.read(path)
        except hvac.exceptions.InvalidPath:
            return None
        except hvac.exceptions.VaultError as error:
            raise VaultError(f"{path}: {error}") from error
        if not answer or not answer["data"].get("kubernetes_host"):
            return None
        return {"host": answer["data"]["kubernetes_host"], "ca": answer["data"]["kubernetes_ca_cert"]}

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Write the configuration."""
        path = f"auth/{properties['path']}/config"
        data = {
            "kubernetes_host": properties["host"],
            "kubernetes_ca_cert": properties["ca"],
            "disable_local_ca_jwt": True,
        }
        call(path, client.write_data, path, data=data)

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Nothing to remove: the configuration ends with its method."""


class KubernetesRoleProvider(VaultProvider):
    """Which service accounts may log in, and what their tokens may do for how long. ``path`` is METHOD/role/NAME."""

    managed: ClassVar[tuple[str, ...]] = (
        "service_accounts",
        "namespaces",
        "audience",
        "policies",
        "ttl_seconds",
        "max_ttl_seconds",
    )

    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """The role as the server has it."""
        path = f"auth/{properties['path']}"
        try:
            answer: Any = client.read(path)
        except hvac.exceptions.InvalidPath:
            return None
        except hvac.exceptions.VaultError as error:
            raise VaultError(f"{path}: {error}") from error
        if not answer:
            return None
        data = answer["data"]
        return {
            "service_accounts": data["bound_service_account_names"],
            "namespaces": data["bound_service_account_namespaces"],
            "audience": data.get("audience") or "",
            "policies": data["token_policies"],
            "ttl_seconds": data["token_ttl"],
            "max_ttl_seconds": data["token_max_ttl"],
        }

    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Write the role."""
        path = f"auth/{properties['path']}"
        data = {
            "bound_service_account_names": properties["service_accounts"],
            "bound_service_account_namespaces": properties["namespaces"],
            "audience": properties["audience"],
            "token_policies": properties["policies"],
            "token_ttl": int(properties["ttl_seconds"]),
            "token_max_ttl": int(properties["max_ttl_seconds"]),
        }
        call(path, client.write_data, path, data=data)

    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Delete the role."""
        path = f"auth/{properties['path']}"
        call(path, client.delete, path)


class Namespace(Resource, module="vault", name="Namespace"):
    """A namespace at ``path`` (in the root namespace)."""

    path: pulumi.Output[str]

    def __init__(self, name: str, path: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(NamespaceProvider(), name, {"namespace": "", "path": path}, opts)


class KvMount(Resource, module="vault", name="KvMount"):
    """A KV version 2 secrets engine at ``path``."""

    path: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        path: str,
        description: str,
        max_versions: int,
        cas_required: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "namespace": namespace,
            "path": path,
            "description": description,
            "max_versions": max_versions,
            "cas_required": cas_required,
        }
        super().__init__(MountProvider(), name, properties, opts)


class Policy(Resource, module="vault", name="Policy"):
    """An ACL policy called ``path``; ``rules`` in HCL."""

    def __init__(
        self, name: str, *, namespace: str, path: str, rules: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(PolicyProvider(), name, {"namespace": namespace, "path": path, "rules": rules}, opts)


class KubernetesAuth(Resource, module="vault", name="KubernetesAuth"):
    """An auth method of type kubernetes at ``path``."""

    def __init__(
        self, name: str, *, namespace: str, path: str, description: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        properties = {"namespace": namespace, "path": path, "description": description}
        super().__init__(AuthMethodProvider(), name, properties, opts)


class KubernetesAuthConfig(Resource, module="vault", name="KubernetesAuthConfig"):
    """The cluster of the auth method at ``path``: ``host`` (https address) and ``ca`` (PEM)."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        path: str,
        host: pulumi.Input[str],
        ca: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {"namespace": namespace, "path": path, "host": host, "ca": ca}
        super().__init__(KubernetesConfigProvider(), name, properties, opts)


class KubernetesAuthRole(Resource, module="vault", name="KubernetesAuthRole"):
    """A role of the auth method ``method``: service accounts by name and namespace get tokens with ``policies``."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        method: str,
        role: str,
        service_accounts: Sequence[str],
        namespaces: Sequence[str],
        audience: str,
        policies: Sequence[str],
        ttl_seconds: int,
        max_ttl_seconds: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "namespace": namespace,
            "path": f"{method}/role/{role}",
            "service_accounts": list(service_accounts),
            "namespaces": list(namespaces),
            "audience": audience,
            "policies": list(policies),
            "ttl_seconds": ttl_seconds,
            "max_ttl_seconds": max_ttl_seconds,
        }
        super().__init__(KubernetesRoleProvider(), name, properties, opts)


def dynamic_provider(name: str, parent: pulumi.Resource) -> pulumi.ProviderResource:
    """The explicit provider of the resources above: default providers are disabled for every package."""
    return pulumi.ProviderResource("pulumi-python", name, {}, pulumi.ResourceOptions(parent=parent))
