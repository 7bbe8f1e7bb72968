"""Say what this machine has of what Freehold needs: present, which version, where from, and what mends it.

Uses the standard library only, and starts where nothing is installed yet. What an operator needs anywhere is checked
here; an installed package may add checks of its own through the entry point group ``freehold.doctor``: a function
that takes nothing and returns mappings with the fields of :class:`Finding`. A finding that it adds under a name of
this file replaces one that is not ``ok``.

Examples:
  python scripts/doctor.py            a table; what is missing comes with the command that mends it
  python scripts/doctor.py --json     the same for scripts
  make doctor

Exit codes: 0 nothing is missing, 1 something is, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
PYTHON = (3, 11)
ENGINE = (3, 259, 0)
"""Oldest engine that the policy packs work with: older ones hand them no stack configuration."""
GROUP = "freehold.doctor"
SECONDS = 20
"""How long one command may take to tell its version."""
CONNECT_SECONDS = 2.0

OK, NOTE, MISSING = "ok", "note", "missing"


class Finding(NamedTuple):
    """One thing that was looked at.

    ``state`` is ``ok``, ``note`` (worth knowing, nothing is wrong) or ``missing`` (``mend`` says what mends it).
    """

    name: str
    state: str
    version: str = ""
    origin: str = ""
    detail: str = ""
    mend: str = ""


def find_command(name: str) -> str | None:
    """Path of a command beside this Python or on ``PATH``."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def ask_version(*argv: str) -> str:
    """The first version number that a command prints; empty when it prints none or fails."""
    env = dict(os.environ, PULUMI_SKIP_UPDATE_CHECK="true", PULUMI_HOME=os.devnull)
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False, env=env)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+(?:\.\d+)*", done.stdout + done.stderr)
    return found.group() if found and done.returncode == 0 else ""


def numbers(version: str) -> tuple[int, ...]:
    """``3.259.0`` → ``(3, 259, 0)``."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def command(name: str, *version: str, mend: str) -> Finding:
    """A command that must be there and answer."""
    path = find_command(name)
    if not path:
        return Finding(name, MISSING, detail=f"no {name} on PATH", mend=mend)
    answer = ask_version(path, *version)
    if not answer:
        return Finding(name, MISSING, origin=path, detail=f"{' '.join((name, *version))} does not answer", mend=mend)
    return Finding(name, OK, answer, path)


def python() -> Finding:
    """The Python that runs this."""
    needed = ".".join(map(str, PYTHON))
    if sys.version_info < PYTHON:
        mend = f"install Python {needed} or newer and run: make PYTHON=/path/to/it setup"
        return Finding("python", MISSING, platform.python_version(), sys.executable, f"{needed} is needed", mend)
    return Finding("python", OK, platform.python_version(), sys.executable)


def dependencies() -> Finding:
    """Whether the virtual environment is what the lock files say."""
    environment = ROOT / ".venv"
    runner = environment / "bin" / "python"
    argv = [str(runner) if runner.exists() else sys.executable, str(ROOT / "scripts" / "setup.py"), "--check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=str(ROOT))
    if done.returncode:
        return Finding("dependencies", MISSING, detail=done.stderr.strip().splitlines()[0], mend="make setup")
    return Finding("dependencies", OK, origin=str(environment), detail="as locked")


def engine() -> Finding:
    """The Pulumi engine on ``PATH``."""
    mend = "install Pulumi from https://www.pulumi.com/docs/install"
    found = command("pulumi", "version", mend=mend)._replace(name="engine")
    if found.state == OK and numbers(found.version) < ENGINE:
        needed = ".".join(map(str, ENGINE))
        return found._replace(state=MISSING, detail=f"{needed} or newer is needed", mend=mend)
    return found


def language_host() -> Finding:
    """The engine's host for Python programs, beside the engine or on ``PATH``."""
    name = "pulumi-language-python"
    pulumi = shutil.which("pulumi")
    path = (pulumi and shutil.which(name, path=str(Path(pulumi).parent))) or shutil.which(name)
    if path:
        return Finding("language host", OK, origin=path)
    mend = "install Pulumi from https://www.pulumi.com/docs/install (it brings the host along)"
    return Finding("language host", MISSING, detail=f"no {name} beside pulumi or on PATH", mend=mend)


def plugin(name: str) -> Finding:
    """The engine's provider plugin of the SDK's version, on ``PATH`` or in ``PULUMI_HOME``."""
    label = f"plugin {name}"
    try:
        version = metadata.version(f"pulumi-{name}")
    except metadata.PackageNotFoundError:
        return Finding(label, MISSING, detail=f"the Python package pulumi-{name} is not installed", mend="make setup")
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    directory = home / "plugins" / f"resource-{name}-v{version}"
    path = shutil.which(f"pulumi-resource-{name}")
    if directory.is_dir() or path:
        return Finding(label, OK, version, path or str(directory))
    mend = f"pulumi plugin install resource {name} {version}"
    return Finding(label, MISSING, version, detail=f"neither on PATH nor {directory}", mend=mend)


def endpoint(variable: str, meaning: str) -> Finding:
    """Whether a server that the environment names accepts connections."""
    value = os.environ.get(variable, "")
    if not value:
        return Finding(variable, NOTE, detail=f"not set: {meaning}")
    try:
        parts = urlsplit(value)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        mend = f"start that server, or set {variable} to one that answers"
        return Finding(variable, MISSING, origin=value, detail=f"does not answer: {error}", mend=mend)
    return Finding(variable, OK, origin=value, detail="answers")


def variable(name: str, meaning: str) -> Finding:
    """Whether the environment names something; its value may be secret and is not shown."""
    return (
        Finding(name, OK, detail="set") if os.environ.get(name) else Finding(name, NOTE, detail=f"not set: {meaning}")
    )


def aws_credentials() -> Finding:
    """Whether the AWS SDK would find the operator's credentials; they are neither used nor shown."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        if os.environ.get(name):
            return Finding("AWS credentials", OK, origin=name, detail="set")
    path = Path.home() / ".aws"
    if path.is_dir():
        return Finding("AWS credentials", OK, origin=str(path))
    return Finding("AWS credentials", NOTE, detail="none in the environment: aws configure sso, or set AWS_PROFILE")


def general() -> list[Finding]:
    """What an operator needs anywhere."""
    return [
        python(),
        dependencies(),
        command("git", "--version", mend="install git, such as: apt-get install git"),
        command("make", "--version", mend="install make, such as: apt-get install make"),
        engine(),
        language_host(),
        plugin("aws"),
        plugin("kubernetes"),
        command("kubectl", "version", "--client", mend="make setup"),
        command("aws", "--version", mend="make setup"),
        aws_credentials(),
        endpoint("AWS_ENDPOINT_URL", "the AWS SDKs use the public endpoints"),
        endpoint("VAULT_ADDR", "Vault's address is needed by pulumi up and the runbooks"),
        variable("PULUMI_BACKEND_URL", "pulumi keeps the state where pulumi login said last"),
    ]


def provided() -> Iterable[Finding]:
    """What installed packages add."""
    for entry in metadata.entry_points(group=GROUP):
        try:
            checks: Iterable[Mapping[str, Any]] = entry.load()()
            yield from (Finding(**check) for check in checks)
        except ImportError as error:
            detail = f"{entry.value} cannot be loaded: {error}"
            yield Finding(f"checks of {entry.name}", MISSING, detail=detail, mend="make setup")


def examine() -> list[Finding]:
    """Everything, general things first; what a package adds replaces an unmet finding of the same name."""
    found = {finding.name: finding for finding in general()}
    if sys.version_info >= PYTHON:
        for finding in provided():
            if finding.name not in found or found[finding.name].state != OK:
                found[finding.name] = finding
    return list(found.values())


def table(findings: Iterable[Finding]) -> str:
    """The findings for people."""
    rows = list(findings)
    width = max(len(row.name) for row in rows)
    versions = max(len(row.version) for row in rows)
    colours = {OK: "\033[32m", NOTE: "\033[2m", MISSING: "\033[31m"} if sys.stdout.isatty() else {}
    plain = "\033[0m" if colours else ""
    lines = []
    for row in rows:
        about = "; ".join(filter(None, (row.origin, row.detail)))
        state = f"{colours.get(row.state, '')}{row.state:7}{plain}"
        lines.append(f"{state}  {row.name:{width}}  {row.version:{versions}}  {about}".rstrip())
        if row.state == MISSING:
            lines.append(f"{'':7}  {'':{width}}  mend it: {row.mend}")
    missing = sum(row.state == MISSING for row in rows)
    return "\n".join([*lines, "", f"{missing} of {len(rows)} missing" if missing else "nothing is missing"])


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    findings = examine()
    missing = any(finding.state == MISSING for finding in findings)
    if arguments.json:
        print(json.dumps({"ok": not missing, "findings": [finding._asdict() for finding in findings]}, indent=2))
    else:
        print(table(findings))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
