"""What an operator's shell is told: one variable each for every tool, nothing that leads elsewhere, no secret."""

from __future__ import annotations

import configparser
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox import environment
from sandbox.settings import Settings
from tests.conftest import Surroundings


@pytest.fixture
def prepared(own: Settings) -> Settings:
    """Prepared, with the tokens in place that a start makes; nothing runs."""
    environment.prepare(own)
    own.vault.mkdir()
    environment.write_private(own.vault / "operator-token", "s.the-operators-token")
    return own


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_enters(prepared: Settings) -> None:
    for directory in (prepared.directory, prepared.pulumi_home, prepared.state, prepared.kube, prepared.aws):
        assert mode(directory) == 0o700
    for file in (prepared.directory / "passphrase", prepared.aws / "config", prepared.vault / "operator-token"):
        assert mode(file) == 0o600


def test_preparing_again_changes_nothing(prepared: Settings) -> None:
    def content() -> dict[Path, tuple[bytes, int]]:
        files = [path for path in prepared.directory.rglob("*") if path.is_file() and not path.is_symlink()]
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = content()
    environment.prepare(prepared)
    assert content() == before


def test_every_client_has_a_profile_in_its_own_account(prepared: Settings) -> None:
    parser = configparser.RawConfigParser()
    parser.read(prepared.aws / "config")
    found = environment.environments()
    assert {"acme-dev", "globex-dev"} <= set(found)
    for name, description in found.items():
        profile = parser[f"profile {name}"]
        role = f"arn:aws:iam::{description['account_id']}:role/freehold-provision"
        assert profile["credential_process"].endswith(f" -m sandbox.assume {role}")
        assert profile["region"] == description["residency"]["home"]


def test_a_persons_own_profiles_are_kept(prepared: Settings) -> None:
    with (prepared.aws / "config").open("a") as file:
        file.write("[profile mine]\nregion = eu-west-1\n")
    environment.prepare(prepared)
    assert "[profile mine]" in (prepared.aws / "config").read_text()


def test_secrets_are_values_for_programs_and_files_for_shells(prepared: Settings) -> None:
    assert environment.variables(prepared)["VAULT_TOKEN"] == "s.the-operators-token"
    assert "VAULT_TOKEN" not in environment.variables(prepared, with_secrets=False)
    assert "s.the-operators-token" not in environment.shell(prepared)


def test_everything_it_names_lies_in_the_sandbox(prepared: Settings) -> None:
    found = environment.variables(prepared)
    places = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "KUBECONFIG", "PGSSLROOTCERT", "PULUMI_HOME"]
    places += ["PULUMI_CONFIG_PASSPHRASE_FILE", "VAULT_CACERT", "BAO_CACERT"]
    assert all(Path(found[name]).is_relative_to(prepared.directory) for name in places)
    assert found["PULUMI_BACKEND_URL"] == f"file://{prepared.state}?metadata=skip"


def test_a_directory_with_blanks_and_quotes_survives_the_shell(tmp_path: Path) -> None:
    odd = Settings(tmp_path / "it's a $HOME dir", 20000)
    odd.vault.mkdir(parents=True)
    environment.write_private(odd.vault / "operator-token", "s.token")
    script = environment.shell(odd) + '\nprintf "%s\\n" "$SANDBOX_DIR" "$VAULT_TOKEN" "$PULUMI_HOME"'
    done = subprocess.run(["/bin/sh", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == [str(odd.directory), "s.token", str(odd.pulumi_home)]


def test_every_cluster_known_so_far_is_in_kubeconfig(prepared: Settings) -> None:
    for name in ("globex-dev", "acme-dev"):
        (prepared.kube / f"{name}.yaml").write_text("")
    names = [Path(part).name for part in environment.variables(prepared)["KUBECONFIG"].split(os.pathsep)]
    assert names == ["acme-dev.yaml", "globex-dev.yaml"]


def test_the_engines_programs_come_first_and_once(prepared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", environment.variables(prepared)["PATH"])
    path = environment.variables(prepared)["PATH"]
    parts = path.split(os.pathsep)
    assert not set(parts[:3]) & set(parts[3:])
    found = shutil.which("pulumi", path=path)
    assert found is not None
    assert Path(found).parent == Path(parts[0])
    for tool in ("aws", "kubectl", "psql", "pg_dump"):
        assert shutil.which(tool, path=path), tool
    version = subprocess.run([str(prepared.directory / "bin" / "psql"), "--version"], capture_output=True, check=True)
    assert b"psql (PostgreSQL) 18" in version.stdout


def test_nothing_of_the_callers_leads_elsewhere(prepared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "VAULT_NAMESPACE": "production",
        "PULUMI_ACCESS_TOKEN": "pul-1",
        "PGHOST": "production",
        "KUBECONTEXT": "production",
        "HARMLESS": "kept",
    }
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    found = environment.full(prepared)
    assert not {name for name in elsewhere if name in found} - {"HARMLESS"}
    assert found["HARMLESS"] == "kept"


def test_a_profile_enters_the_clients_account(cloud: Surroundings, tmp_path: Path) -> None:
    """The AWS command line, told nothing but these variables and a profile's name."""
    environment.prepare(cloud.settings)
    cloud.settings.vault.mkdir(exist_ok=True, mode=0o700)
    found = {**environment.variables(cloud.settings, with_secrets=False), "HOME": str(tmp_path)}
    argv = ["aws", "sts", "get-caller-identity", "--profile", "globex-dev", "--query", "Account", "--output", "text"]
    done = subprocess.run(argv, env=found, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "222222222222", done.stderr
    assert list(tmp_path.iterdir()) == [], "something was left in the person's home"
