"""Make the virtual environment: what `make` runs before anything else.

Needs nothing but a Python; uses the standard library only, and keeps to a syntax that Python 3.6 can read, so that
a wrong version is told so in words. Dependencies come from the hash-pinned lock files; a second run costs milliseconds.

    python3 scripts/setup.py            # .venv with what users and developers need
    python3 scripts/setup.py --check    # exit 1 when the environment is not in step with the lock files
"""

import argparse
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

MINIMUM = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "freehold.stamp"
LOCKS = ("requirements-uv.lock", "requirements-dev.lock", "pyproject.toml")


def fingerprint() -> str:
    """Hash of everything that decides the content of the environment."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {sys.base_prefix} {ROOT}".encode())
    for name in LOCKS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def in_step() -> bool:
    """Whether the environment was made, to its end, from the present lock files by the present Python."""
    try:
        return STAMP.read_text() == fingerprint() and (VENV / "bin" / "python").exists()
    except OSError:
        return False


def run(*argv: str) -> None:
    """Run one step; its own output says what went wrong."""
    env = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    # uv reads its own variables only: hand over what pip's users have set
    for theirs, ours in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if env.get(theirs) and not env.get(ours):
            env[ours] = env[theirs]
    done = subprocess.run(argv, cwd=str(ROOT), env=env, check=False)
    if done.returncode:
        sys.exit(f"setup: '{' '.join(argv)}' failed with exit code {done.returncode} (see above)")


def build() -> None:
    """Create the environment and install the locked dependencies and the project itself (editable)."""
    python, uv = str(VENV / "bin" / "python"), str(VENV / "bin" / "uv")
    if STAMP.exists():
        STAMP.unlink()
    run(sys.executable, "-m", "venv", "--clear", str(VENV))
    pip = (python, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:")
    run(*pip, "-r", "requirements-uv.lock")
    run(uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", "requirements-dev.lock")
    run(uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-build-isolation", "--editable", ".")
    temporary = STAMP.with_suffix(".tmp")
    temporary.write_text(fingerprint())
    temporary.rename(STAMP)


def locked_build() -> None:
    """Build the environment once, however many callers ask for it at the same time."""
    try:
        lock = (ROOT / ".venv.lock").open("w")
    except OSError as error:
        sys.exit(f"setup: cannot write to {ROOT}: {error.strerror}; clone to a directory of your own")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("setup: another setup is at work here; waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if in_step():
            return
        started = time.time()
        print("setup: installing the locked Python packages into .venv (10-90 s)", file=sys.stderr)
        build()
        print(f"setup: done in {time.time() - started:.0f} s", file=sys.stderr)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="say whether the environment is in step; change nothing")
    arguments = parser.parse_args()
    if sys.version_info[:2] < MINIMUM:
        found, wanted = (".".join(map(str, version)) for version in (sys.version_info[:2], MINIMUM))
        sys.exit(
            f"setup: {sys.executable} is Python {found}; Freehold needs {wanted} or newer.\n"
            f"Install one and name it: make PYTHON=/path/to/python{wanted} up"
        )
    if in_step():
        return
    if arguments.check:
        sys.exit("setup: .venv is missing or not in step with the lock files; mend it with: make setup")
    locked_build()


if __name__ == "__main__":
    main()
