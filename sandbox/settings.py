"""Where one sandbox keeps its files and which loopback ports it uses.

A sandbox is wholly described by two environment variables, so that several can live on one machine:

``SANDBOX_DIR``
    directory of everything it writes (default: ``.sandbox`` beside this package)
``SANDBOX_PORT_BASE``
    first of its 200 loopback TCP ports (default: 14500)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
HOST: Final = "127.0.0.1"
DEFAULT_PORT_BASE: Final = 14500
PORT_COUNT: Final = 200
OPERATOR_ACCOUNT: Final = "100000000000"
"""Account of the platform team's own credentials; clients' accounts are entered from it by ``sts:AssumeRole``."""


class SettingsError(ValueError):
    """A setting of the sandbox is not usable; the message names the variable, its value and the limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths and ports of one sandbox. All paths are absolute; ports are TCP on 127.0.0.1."""

    directory: Path
    port_base: int

    @classmethod
    def load(cls) -> Settings:
        """Read the settings from the environment.

        Raises:
            SettingsError: ``SANDBOX_PORT_BASE`` is not a number between 1024 and 65335.
        """
        text = os.environ.get("SANDBOX_PORT_BASE", str(DEFAULT_PORT_BASE))
        highest = 65535 - PORT_COUNT
        if not text.isdecimal() or not 1024 <= int(text) <= highest:
            raise SettingsError(
                f"SANDBOX_PORT_BASE is {text!r}: it must be a whole number from 1024 to {highest} "
                f"(the sandbox uses {PORT_COUNT} ports from there)"
            )
        directory = os.environ.get("SANDBOX_DIR") or str(REPOSITORY / ".sandbox")
        return cls(directory=Path(directory).expanduser().resolve(), port_base=int(text))

    @property
    def cloud_port(self) -> int:
        """Port of the AWS endpoint (every service)."""
        return self.port_base

    @property
    def vault_port(self) -> int:
        """Port of the Vault API (TLS)."""
        return self.port_base + 1

    @property
    def vault_cluster_port(self) -> int:
        """Port of the Vault server's cluster listener."""
        return self.port_base + 2

    @property
    def database_ports(self) -> range:
        """Ports that database instances take, one each."""
        return range(self.port_base + 20, self.port_base + 100)

    @property
    def cluster_ports(self) -> range:
        """First ports of Kubernetes control planes; each takes this one (API) and the next (kubelet)."""
        return range(self.port_base + 100, self.port_base + 200, 2)

    @property
    def cloud_url(self) -> str:
        """Value for ``AWS_ENDPOINT_URL``."""
        return f"http://{HOST}:{self.cloud_port}"

    @property
    def vault_url(self) -> str:
        """Value for ``VAULT_ADDR``."""
        return f"https://{HOST}:{self.vault_port}"

    @property
    def run(self) -> Path:
        """Records of the processes that belong to this sandbox (see :mod:`sandbox.process`)."""
        return self.directory / "run"

    @property
    def logs(self) -> Path:
        """One log file a part."""
        return self.directory / "logs"

    @property
    def cloud(self) -> Path:
        """Data of the AWS emulator: journal, database instances, clusters."""
        return self.directory / "cloud"

    @property
    def vault(self) -> Path:
        """Data, TLS material and root token of the Vault server."""
        return self.directory / "vault"

    @property
    def pulumi_home(self) -> Path:
        """``PULUMI_HOME`` of the sandbox; the user's own is never touched."""
        return self.directory / "pulumi"

    @property
    def state(self) -> Path:
        """The file backend that holds the stacks' state."""
        return self.directory / "state"

    @property
    def aws(self) -> Path:
        """``AWS_CONFIG_FILE`` and ``AWS_SHARED_CREDENTIALS_FILE`` of the sandbox."""
        return self.directory / "aws"

    @property
    def kube(self) -> Path:
        """Kubeconfigs, one an environment."""
        return self.directory / "kube"
