"""Programs, dynamic providers and policy packs in Python run on the engine; what goes wrong reaches the user.

These tests hold for any engine that the toolchain resolves, with the official language host or with our own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.toolchain import Engine, engine

VIRTUALENV = Path(sys.executable).parent.parent
PROGRAM = """
    import pulumi
    from pulumi.dynamic import CreateResult, Resource, ResourceProvider

    class Doubling(ResourceProvider):
        def create(self, props):
            return CreateResult("id", {**props, "double": 2 * props["value"]})

    class Number(Resource):
        double: pulumi.Output[int]
        def __init__(self, name, value, opts=None):
            super().__init__(Doubling(), name, {"value": value, "double": None}, opts)

    class Box(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("trial:index:Box", name)
            self.number = Number("inner", pulumi.Config().require_int("size"), pulumi.ResourceOptions(parent=self))
            self.register_outputs({})

    pulumi.export("double", Box("box").number.double)
    pulumi.export("secret", pulumi.Config().get_secret("secret"))
"""
PACK = """
    import os
    import pulumi
    from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

    limit = pulumi.Config().require_int("limit")

    def small(args, report):
        value = args.props.get("value")
        if value is not None and value > limit:
            report(f"{int(value)} > {limit}, says {os.getcwd()} for {pulumi.get_project()}/{pulumi.get_stack()}")

    PolicyPack("sizes", [ResourceValidationPolicy("small", "nothing large", small)], EnforcementLevel.MANDATORY)
"""


@dataclass
class Project:
    """A Pulumi project with one stack, and the environment of its own that ``pulumi`` runs in."""

    directory: Path
    env: dict[str, str]

    def write(self, program: str, runtime: dict[str, Any] | None = None) -> None:
        """Set the program, and its runtime options if they are not the usual ones."""
        (self.directory / "__main__.py").write_text(textwrap.dedent(program))
        options = runtime or {"virtualenv": str(VIRTUALENV), "toolchain": "pip"}
        project = {"name": "trial", "runtime": {"name": "python", "options": options}}
        (self.directory / "Pulumi.yaml").write_text(json.dumps(project))

    def pack(self, program: str) -> str:
        """Write a policy pack and return its path."""
        directory = self.directory.parent / "pack"
        directory.mkdir(exist_ok=True)
        (directory / "__main__.py").write_text(textwrap.dedent(program))
        runtime = {"name": "python", "options": {"virtualenv": str(VIRTUALENV)}}
        (directory / "PulumiPolicy.yaml").write_text(json.dumps({"runtime": runtime}))
        return str(directory)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``pulumi``; errors come with the output."""
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self.directory,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, code: int | None = 0) -> str:
        """Run ``pulumi`` and return all it says; ``code=None`` stands for any failure."""
        process = self.start(*arguments)
        output, _ = process.communicate()
        ended_well = process.returncode == 0 if code == 0 else process.returncode != 0
        assert ended_well, f"pulumi {' '.join(arguments)} ended with {process.returncode}:\n{output}"
        return output

    def up(self, *arguments: str, code: int | None = 0) -> str:
        """``pulumi up``, without the extra preview."""
        return self.run("up", "--yes", "--skip-preview", *arguments, code=code)

    def resources(self) -> list[str]:
        """Types of the stack's resources."""
        exported = json.loads(self.run("stack", "export"))
        return [resource["type"] for resource in exported["deployment"].get("resources", [])]


@pytest.fixture(scope="module")
def tool() -> Engine:
    """The engine that the toolchain resolves."""
    return engine()


@pytest.fixture(scope="module")
def template(tool: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a stack and its configuration, to be copied by each test."""
    directory = tmp_path_factory.mktemp("template")
    (directory / "program").mkdir()
    found = Project(directory / "program", environment(tool, directory))
    found.write(PROGRAM)
    found.run("stack", "init", "dev")
    found.run("config", "set-all", "--plaintext", "size=4", "--plaintext", "limit=10", "--secret", "secret=hush")
    return directory


def environment(tool: Engine, directory: Path) -> dict[str, str]:
    """Variables that keep ``pulumi`` to one directory."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    return env | {
        "PATH": f"{tool.bin_dir}:{env['PATH']}",
        "HOME": str(directory / "home"),
        "PULUMI_HOME": str(directory / "home/pulumi"),
        "PULUMI_BACKEND_URL": f"file://{directory}",
        "PULUMI_CONFIG_PASSPHRASE": "trial",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_STACK": "dev",
    }


@pytest.fixture
def project(tool: Engine, template: Path, tmp_path: Path) -> Project:
    """A project with the trial program and a stack without resources."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path / "program", environment(tool, tmp_path))


def test_component_dynamic_provider_and_mandatory_pack_run(project: Project) -> None:
    output = project.up("--policy-pack", project.pack(PACK))
    assert "sizes@v0.0.1" in output
    assert json.loads(project.run("stack", "output", "--json")) == {"double": 8, "secret": "[secret]"}
    assert project.resources() == [
        "pulumi:pulumi:Stack",
        "trial:index:Box",
        "pulumi:providers:pulumi-python",
        "pulumi-python:dynamic:Resource",
    ]


def test_a_mandatory_pack_reads_the_stacks_configuration_and_refuses(project: Project) -> None:
    project.run("config", "set", "size", "40")
    pack = project.pack(PACK)
    output = project.up("--policy-pack", pack, code=None)
    assert "[mandatory]  small" in output
    assert f"40 > 10, says {pack} for trial/dev" in output
    assert "pulumi-python:dynamic:Resource" not in project.resources()


def test_a_pack_that_cannot_start_stops_the_update_with_its_traceback(project: Project) -> None:
    output = project.up("--policy-pack", project.pack("raise ValueError('the pack is broken')"), code=None)
    assert "ValueError: the pack is broken" in output
    assert project.resources() in ([], ["pulumi:pulumi:Stack"])


def test_an_exception_ends_the_update_with_the_programs_own_traceback(project: Project) -> None:
    project.write("def inner():\n    raise ValueError('broken on purpose')\n\ninner()\n")
    output = project.up(code=None)
    assert "ValueError: broken on purpose" in output
    assert f'File "{project.directory}/__main__.py", line 2, in inner' in output
    assert "runpy" not in output, "only the program's own frames are the user's business"


def test_an_exit_code_is_told(project: Project) -> None:
    project.write("import sys\n\nsys.exit(7)\n")
    assert "exited with non-zero exit code: 7" in project.up(code=None)


def test_what_the_program_prints_is_shown(project: Project) -> None:
    project.write("import sys\n\nprint('to out')\nprint('to err', file=sys.stderr)\n")
    output = project.up()
    assert "to out" in output
    assert "to err" in output


def test_a_virtual_environment_without_python_is_named(project: Project, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/file").touch()
    project.write("", {"virtualenv": str(tmp_path / "broken")})
    output = project.up(code=None)
    assert str(tmp_path / "broken") in output
    assert "doesn't appear to be a virtual environment" in output or "cannot run" in output


def test_an_unknown_toolchain_is_refused(project: Project) -> None:
    project.write("", {"toolchain": "conda"})
    assert "conda" in project.up(code=None)


def test_the_engine_learns_which_plugins_the_installed_packages_want(project: Project) -> None:
    about = json.loads(project.run("about", "--json", "--transitive"))
    wanted = {(plugin["name"], plugin["version"]) for plugin in about["plugins"]}
    assert {("aws", "7.51.1"), ("kubernetes", "4.34.2")} <= wanted
    assert "policy" not in {name for name, _ in wanted}, "the policy SDK has no plugin"
    assert about["runtime"]["executable"] == str(VIRTUALENV / "bin/python")
    assert {"pulumi", "pulumi-aws"} <= {package["name"] for package in about["dependencies"]}


def test_uv_runs_the_program_in_the_environment_that_is_named(project: Project) -> None:
    (project.directory / "pyproject.toml").write_text('[project]\nname = "trial"\nversion = "1"\ndependencies = []\n')
    project.env["PATH"] = f"{VIRTUALENV / 'bin'}:{project.env['PATH']}"
    project.write(
        "import sys, pulumi\n\npulumi.export('prefix', sys.prefix)\n",
        {"toolchain": "uv", "virtualenv": str(VIRTUALENV)},
    )
    project.up()
    assert json.loads(project.run("stack", "output", "--json")) == {"prefix": str(VIRTUALENV)}


def test_a_request_for_a_debugger_is_answered(project: Project, tool: Engine) -> None:
    if tool.origin != "built":
        pytest.skip("the official host can attach one")
    assert "cannot attach a debugger" in project.up("--attach-debugger=program", code=None)


def test_a_killed_engine_leaves_no_host_and_no_program_behind(project: Project, tmp_path: Path) -> None:
    project.write(
        f"""
        import pathlib, time
        pathlib.Path({str(tmp_path / "running")!r}).touch()
        while True:
            time.sleep(1)
        """
    )
    process = project.start("up", "--yes", "--skip-preview")
    started = psutil.Process(process.pid)
    while not (tmp_path / "running").exists():
        assert process.poll() is None, "the update ended early"
        psutil.wait_procs([started], timeout=0.05)
    children = started.children(recursive=True)
    assert any("pulumi-language-python" in child.name() or "python" in child.name() for child in children)
    process.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=30)
    for child in alive:
        child.kill()
    process.communicate()
    assert alive == []
