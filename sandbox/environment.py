"""The environment variables that lead to a sandbox: all that the program, the packs, runbooks and tools are told.

On a real account an operator's shell sets the same variables; nothing else differs.
"""

from __future__ import annotations

import configparser
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox import toolchain
from sandbox.cloud import binaries
from sandbox.files import write_whole
from sandbox.settings import HOST, REPOSITORY, Settings

PROVISION_ROLE: Final = "freehold-provision"
OPERATOR_REGION: Final = "eu-central-1"
"""Region of the platform team's own account; every client environment names its own."""
PASSPHRASE: Final = "freehold-sandbox"  # noqa: S105 (see below)
"""Passphrase of the sandbox's stacks. It is no secret: the passphrase provider keeps a salt in the stack's file, and a
random passphrase would make every `up` rewrite the example files that the repository carries. What protects the
sandbox's state is its directory, which only its owner enters; a client's stack uses a key in the client's account."""
SECRET_FILES: Final[Mapping[str, str]] = {"VAULT_TOKEN": "vault/operator-token"}
"""Variables whose value is a secret, and the file below ``SANDBOX_DIR`` that holds it."""
FOREIGN: Final = ("AWS_", "VAULT_", "BAO_", "PULUMI_", "KUBE", "PG", "PYTHONDONTWRITEBYTECODE")
"""Beginnings of the names of variables that could lead a tool elsewhere."""
KEPT: Final = frozenset({"AWS_CA_BUNDLE"})
"""Variables of such a name that lead nowhere: how the machine's own network is reached."""
UNSET: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "BAO_NAMESPACE",
    "BAO_TOKEN",
    "PGHOST",
    "PGPASSWORD",
    "PGSERVICE",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PYTHONDONTWRITEBYTECODE",
    "VAULT_NAMESPACE",
)
"""What a shell forgets in any case; with it goes whatever else of :data:`FOREIGN` the caller has."""


def environments() -> dict[str, dict[str, Any]]:
    """The configured value ``freehold:environment`` of every stack file, by the name CLIENT-STAGE."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((REPOSITORY / "stacks").glob("Pulumi.*.yaml")):
        config = (yaml.safe_load(path.read_text()) or {}).get("config", {})
        value = config.get("freehold:environment")
        if isinstance(value, dict):
            found[path.stem.removeprefix("Pulumi.")] = value
    return found


def prepare(settings: Settings) -> None:
    """Make what the variables name: directories, the state's passphrase, a client-tools directory, AWS profiles."""
    for directory in (settings.directory, settings.pulumi_home, settings.state, settings.kube, settings.aws):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    passphrase = settings.directory / "passphrase"
    if not passphrase.exists():
        write_private(passphrase, PASSPHRASE)
    tools = settings.directory / "bin"
    tools.mkdir(exist_ok=True)
    postgres = binaries.resolve(max(binaries.MAJORS))
    for name in ("psql", "pg_dump"):
        link = tools / name
        program = postgres.directory / "bin" / name
        if not link.is_symlink() or link.readlink() != program:
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    _write_profiles(settings)


def _write_profiles(settings: Settings) -> None:
    """Add an AWS profile for every client environment: the operator assumes the client's provisioning role."""
    path = settings.aws / "config"
    parser = configparser.RawConfigParser()
    parser.read(path)
    before = {name: dict(parser[name]) for name in parser.sections()}
    if not parser.has_section("default"):
        parser["default"] = {"region": OPERATOR_REGION, "output": "json"}
    for name, spec in environments().items():
        account, region = spec.get("account_id"), (spec.get("residency") or {}).get("home")
        if not account or not region:
            continue
        section = f"profile {name}"
        parser[section] = {
            "credential_process": f'"{sys.executable}" -m sandbox.assume arn:aws:iam::{account}:role/{PROVISION_ROLE}',
            "region": str(region),
        }
    if {name: dict(parser[name]) for name in parser.sections()} != before:
        with path.open("w") as file:
            parser.write(file)
        path.chmod(0o600)


def variables(settings: Settings, *, with_secrets: bool = True) -> dict[str, str]:
    """The variables and their values; ``PATH`` has the engine's and the virtual environment's programs first.

    Args:
        with_secrets: also the variables of :data:`SECRET_FILES`, with their values.
    """
    engine = toolchain.engine()
    kubeconfigs = sorted(settings.kube.glob("*.yaml"))
    first = [str(engine.bin_dir), str(Path(sys.executable).parent), str(settings.directory / "bin")]
    path = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part and part not in first]
    found = {
        "AWS_ENDPOINT_URL": settings.cloud_url,
        "AWS_CONFIG_FILE": str(settings.aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(settings.aws / "credentials"),
        "AWS_REGION": OPERATOR_REGION,
        "AWS_DEFAULT_REGION": OPERATOR_REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "KUBECONFIG": os.pathsep.join(map(str, kubeconfigs)) or str(settings.kube / "none.yaml"),
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(settings.cloud / "rds-ca.pem"),
        # without files of metadata beside the state: a killed engine leaves an empty one, which it then cannot read
        "PULUMI_BACKEND_URL": f"file://{settings.state}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(settings.directory / "passphrase"),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(settings.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "SANDBOX_DIR": str(settings.directory),
        "SANDBOX_PORT_BASE": str(settings.port_base),
        "VAULT_ADDR": settings.vault_url,
        "VAULT_CACERT": str(settings.vault / "ca.pem"),
        "VAULT_TOKEN_FILE": str(settings.directory / SECRET_FILES["VAULT_TOKEN"]),
        "BAO_ADDR": settings.vault_url,
        "BAO_CACERT": str(settings.vault / "ca.pem"),
        "PATH": os.pathsep.join([*first, *path]),
        **_past_proxies(),
    }
    if with_secrets:
        found |= {name: (settings.directory / file).read_text().strip() for name, file in SECRET_FILES.items()}
    return found


def _past_proxies() -> dict[str, str]:
    """``NO_PROXY`` with loopback added, in both spellings, where the caller goes through a proxy."""
    if not any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in os.environ):
        return {}
    stated = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = list(dict.fromkeys([*filter(None, stated.split(",")), HOST, "localhost"]))
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))


def _leads_elsewhere(name: str) -> bool:
    """Whether a variable of the caller could point a tool at another account, server or state."""
    return name.startswith(FOREIGN) and name not in KEPT


def full(settings: Settings) -> dict[str, str]:
    """The caller's environment with the sandbox's variables over it, for running a tool as the operator.

    Variables that would lead elsewhere (another AWS profile or key, another Vault) are left out.
    """
    kept = {name: value for name, value in os.environ.items() if not _leads_elsewhere(name)}
    return {**kept, **variables(settings)}


def shell(settings: Settings) -> str:
    """``export`` lines for a POSIX shell; secrets are read from their files when the shell evaluates the lines."""
    exported = variables(settings, with_secrets=False)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exported.items()]
    for name, file in SECRET_FILES.items():
        lines.append(f'export {name}="$(cat {shlex.quote(str(settings.directory / file))})"')
    present = {name for name in os.environ if _leads_elsewhere(name) and name.isidentifier()}
    lines.append("unset " + " ".join(sorted({*UNSET, *present} - set(exported) - set(SECRET_FILES))))
    return "\n".join(lines)


def write_private(path: Path, text: str) -> None:
    """Write a file of its owner only, whole or not at all."""
    write_whole(path, text.encode())
