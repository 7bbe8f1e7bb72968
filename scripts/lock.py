"""Pin the dependencies: hashes and versions of every file, no index addresses.

Examples:

    python scripts/lock.py              # bring the lock files in step with pyproject.toml, keeping pins that still fit
    python scripts/lock.py --upgrade    # newest versions
    python scripts/lock.py --check      # exit 1 when a lock file is not in step
    python scripts/lock.py --audit      # exit 1 when a locked version has a known vulnerability
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

ROOT: Final = Path(__file__).resolve().parent.parent
BIN: Final = Path(sys.executable).parent
BOOTSTRAP: Final = "uv==0.13.9\n"
"""The installer that setup installs first; the same version stands in the development lock."""


def compile_lock(source: Path, target: Path, *extras: str, upgrade: bool) -> None:
    """Resolve ``source`` for every platform and Python ≥ 3.11 and write the pins to ``target``."""
    argv = [str(BIN / "uv"), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    argv += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
    argv += [f"--extra={extra}" for extra in extras] + (["--upgrade"] if upgrade else [])
    env = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    done = subprocess.run([*argv, str(source), "-o", str(target)], cwd=ROOT, env=env, check=False)
    if done.returncode:
        raise click.ClickException(f"the pins of {target.name} could not be resolved (see above)")


def make(directory: Path, *, upgrade: bool) -> None:
    """Write the three lock files into ``directory``, starting from the pins that already stand there."""
    with tempfile.TemporaryDirectory() as scratch:
        bootstrap = Path(scratch) / "uv.in"
        bootstrap.write_text(BOOTSTRAP)
        compile_lock(bootstrap, directory / "requirements-uv.lock", upgrade=upgrade)
    project = ROOT / "pyproject.toml"
    compile_lock(project, directory / "requirements-dev.lock", "sandbox", "dev", upgrade=upgrade)
    compile_lock(project, directory / "requirements.lock", upgrade=upgrade)


def audit() -> None:
    """Fail on a known vulnerability of a locked version; say which versions nobody could be asked about.

    Raises:
        click.ClickException: a vulnerable version, or the audit itself broke.
    """
    argv = [str(BIN / "pip-audit"), "--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json"]
    done = subprocess.run(
        [*argv, "-r", str(ROOT / "requirements-dev.lock")], check=False, capture_output=True, text=True
    )
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError) as error:
        raise click.ClickException(f"the audit did not run:\n{done.stderr.strip()}") from error
    vulnerable = [
        f"{row['name']} {row['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for row in rows
        for found in row.get("vulns", ())
    ]
    if vulnerable:
        raise click.ClickException("known vulnerabilities among the locked versions:\n  " + "\n  ".join(vulnerable))
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    if skipped:
        click.echo(f"audit: undecided for {len(skipped)} of {len(rows)} packages, the advisory database did not answer")
    else:
        click.echo(f"audit: no known vulnerability in {len(rows)} packages")


LOCKS: Final = ("requirements-uv.lock", "requirements-dev.lock", "requirements.lock")


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--check", "mode", flag_value="check", help="Say whether the lock files are in step; change nothing.")
@click.option("--audit", "mode", flag_value="audit", help="Look the locked versions up in the advisory database.")
@click.option("--upgrade", is_flag=True, help="Take the newest versions instead of keeping pins that still fit.")
def main(mode: str | None, upgrade: bool) -> None:
    """Command line."""
    if mode == "audit":
        audit()
        return
    if mode is None:
        make(ROOT, upgrade=upgrade)
        return
    with tempfile.TemporaryDirectory() as scratch:
        for name in LOCKS:
            shutil.copy(ROOT / name, scratch)
        make(Path(scratch), upgrade=False)
        stale = [name for name in LOCKS if (Path(scratch) / name).read_text() != (ROOT / name).read_text()]
    if stale:
        raise click.ClickException(f"{', '.join(stale)}: not in step with pyproject.toml; mend with: make lock")
    click.echo("lock files are in step")


if __name__ == "__main__":
    main()
