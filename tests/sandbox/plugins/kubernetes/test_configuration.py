"""The provider's configuration: what is refused, and what happens without a cluster."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes, Plugin

Declare = Callable[..., dict[str, Any]]


def kubeconfig(server: str, **cluster: str) -> str:
    """A kubeconfig for a server."""
    return json.dumps(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
    )


@pytest.fixture
def nobody() -> str:
    """The address of a loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"https://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("server", ["https://10.0.0.1:443", "https://abc.gr7.eu-central-1.eks.amazonaws.com"])
def test_a_server_that_is_not_loopback_is_refused(fresh_plugin: Plugin, failures: Any, server: str) -> None:
    with pytest.raises(failures.Refused) as caught:
        fresh_plugin.check_config(kubeconfig=kubeconfig(server))
    assert f"the kubeconfig's server is {server}, which is not loopback" in str(caught.value)
    with pytest.raises(failures.Refused, match="which is not loopback"):
        fresh_plugin.configure(kubeconfig=kubeconfig(server))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"kubeconfig": "/nowhere"}, "kubeconfig: the kubeconfig '/nowhere' is neither a file"),
        ({"kubeconfig": kubeconfig("127.0.0.1:1")}, "the kubeconfig's server '127.0.0.1:1' is not a URL"),
        ({"renderYamlToDirectory": "out"}, "renderYamlToDirectory: rendering to files is not served"),
        ({"helmReleaseSettings": {"driver": "x"}}, "helmReleaseSettings: Helm releases is not served"),
        ({"enableServerSideApply": "false"}, "enableServerSideApply: the embedded kubernetes plugin applies"),
        ({"kubeConfig": "x"}, "kubeConfig: unknown setting; known are cluster, clusterIdentifier"),
    ],
)
def test_what_cannot_be_served_is_refused(
    fresh_plugin: Plugin, failures: Any, setting: dict[str, Any], words: str
) -> None:
    with pytest.raises(failures.Refused) as caught:
        fresh_plugin.check_config(**setting)
    assert words in str(caught.value)


def test_a_kubeconfig_that_is_not_known_yet_is_accepted(fresh_plugin: Plugin, unknown: str) -> None:
    assert fresh_plugin.check_config(kubeconfig=unknown, enableServerSideApply="true") == {
        "kubeconfig": unknown,
        "enableServerSideApply": "true",
    }


def test_another_cluster_replaces_and_another_credential_does_not(plugin: Plugin, unknown: str) -> None:
    here = {"kubeconfig": kubeconfig("https://127.0.0.1:1", **{"certificate-authority-data": "QQ=="})}
    assert plugin.diff_config(here, here).changes == {}
    renewed = {"kubeconfig": here["kubeconfig"].replace('"t"', '"new"')}
    assert plugin.diff_config(here, renewed).changes == {"kubeconfig": "UPDATE"}
    assert plugin.diff_config(here, {"kubeconfig": unknown}).changes == {"kubeconfig": "UPDATE"}
    for other in (kubeconfig("https://127.0.0.1:2"), here["kubeconfig"].replace("QQ==", "Qg==")):
        assert plugin.diff_config(here, {"kubeconfig": other}).changes == {"kubeconfig": "UPDATE_REPLACE"}
    pinned = {"kubeconfig": kubeconfig("https://127.0.0.1:2"), "clusterIdentifier": "one"}
    assert plugin.diff_config({**here, "clusterIdentifier": "one"}, pinned).changes == {"kubeconfig": "UPDATE"}


def test_without_a_kubeconfig_a_preview_goes_by_the_inputs_and_an_update_says_what_is_missing(
    fresh_plugin: Plugin, declare: Declare, failures: Any
) -> None:
    plugin = fresh_plugin.configure(enableServerSideApply=True)
    inputs = declare("v1:ConfigMap", "a", "default", data={"a": "1"})
    resource = plugin.resource("core/v1:ConfigMap")
    assert resource.preview(inputs) == inputs
    with pytest.raises(failures.Refused, match="no kubeconfig: set `kubeconfig` of the provider"):
        resource.create(inputs)


def test_a_cluster_that_is_away_leaves_previews_undecided_and_fails_updates(
    fresh_plugin: Plugin, nobody: str, declare: Declare, failures: Any
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubeconfig(nobody))
    inputs = declare("v1:ConfigMap", "a", "default", data={"a": "1"})
    resource = plugin.resource("core/v1:ConfigMap")
    assert resource.preview(inputs) == inputs
    plugin.engine.wait_for(f"the API server at {nobody} does not answer")
    with pytest.raises(failures.Refused, match=f"cannot create v1 ConfigMap default/a: the API server at {nobody}"):
        resource.create(inputs)
    resource.id, resource.inputs, resource.state = "default/a", inputs, {**inputs, "__fieldManager": "m"}
    assert resource.diff({**inputs, "data": {"a": "2"}}).replaces == ["data"]
    for attempt in (resource.refresh, resource.delete):
        with pytest.raises(failures.Refused, match="set deleteUnreachable of the provider"):
            attempt()


def test_objects_of_a_cluster_that_is_gone_for_good_can_be_dropped(
    fresh_plugin: Plugin, nobody: str, declare: Declare
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubeconfig(nobody), deleteUnreachable="true")
    resource = plugin.resource("core/v1:ConfigMap")
    resource.id, resource.state = "default/a", declare("v1:ConfigMap", "a", "default")
    assert not resource.refresh()
    resource.delete()
    plugin.engine.wait_for("v1 ConfigMap default/a is dropped from the state (deleteUnreachable)")


def test_a_credential_command_runs_once_and_again_when_the_server_refuses_its_token(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, tmp_path: Path
) -> None:
    tokens, runs = tmp_path / "token", tmp_path / "runs"
    tokens.write_text("refused-by-the-server")
    runs.touch()
    script = tmp_path / "get-token.py"
    script.write_text(
        "import json, pathlib, os\n"
        f"with open({str(runs)!r}, 'a') as log: print(os.environ['MARK'], file=log)\n"
        f"source = pathlib.Path({str(tokens)!r})\n"
        "status = {'token': source.read_text()}\n"
        f"source.write_text({kubernetes.admin_token(namespace)!r})\n"
        "kind = 'client.authentication.k8s.io/v1beta1'\n"
        "print(json.dumps({'apiVersion': kind, 'kind': 'ExecCredential', 'status': status}))\n"
    )
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": sys.executable,
        "args": [str(script)],
        "env": [{"name": "MARK", "value": "ran"}],
        "interactiveMode": "Never",
    }
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.with_user({"exec": command}))
    for name in ("first", "second"):
        plugin.resource("core/v1:ConfigMap", name).create(declare("v1:ConfigMap", name, namespace))
    assert runs.read_text().split() == ["ran", "ran"], "once at first, once after the refusal, then never again"


def test_a_token_may_stand_in_a_file(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(kubernetes.admin_token(namespace) + "\n")
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.with_user({"tokenFile": str(path)}))
    made = plugin.resource("core/v1:ConfigMap").create(declare("v1:ConfigMap", "by-file", namespace))
    assert made.id == f"{namespace}/by-file"


def test_a_token_that_the_server_refuses_ends_in_its_words(
    fresh_plugin: Plugin, kubernetes: Kubernetes, declare: Declare, failures: Any
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.with_user({"token": "stale"}))
    with pytest.raises(failures.Refused, match="cannot create v1 ConfigMap default/a: Unauthorized"):
        plugin.resource("core/v1:ConfigMap").create(declare("v1:ConfigMap", "a", "default"))


def test_a_broken_certificate_is_named(fresh_plugin: Plugin, nobody: str, declare: Declare, failures: Any) -> None:
    broken = kubeconfig(nobody, **{"certificate-authority-data": "bm90IGEgY2VydGlmaWNhdGU="})
    plugin = fresh_plugin.configure(kubeconfig=broken)
    with pytest.raises(failures.Refused, match=f"the certificates of the kubeconfig for {nobody}"):
        plugin.resource("core/v1:ConfigMap").create(declare("v1:ConfigMap", "a", "default"))


def test_a_credential_command_that_fails_is_quoted(
    fresh_plugin: Plugin, kubernetes: Kubernetes, declare: Declare, failures: Any
) -> None:
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": sys.executable,
        "args": ["-c", "raise SystemExit('no such role')"],
        "interactiveMode": "Never",
    }
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.with_user({"exec": command}))
    with pytest.raises(failures.Refused, match=r"the kubeconfig's credential command failed: .*no such role"):
        plugin.resource("core/v1:ConfigMap").create(declare("v1:ConfigMap", "a", "default"))


def test_the_plugin_ends_with_the_engine(fresh_plugin: Plugin) -> None:
    assert fresh_plugin.process.stdin is not None
    fresh_plugin.process.stdin.close()
    assert fresh_plugin.process.wait(timeout=20) == 0
