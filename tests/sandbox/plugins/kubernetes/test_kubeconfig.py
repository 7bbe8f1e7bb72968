"""Reading kubeconfigs: contents or path, JSON or YAML, merged as kubectl merges them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.plugins.kubernetes import kubeconfig
from sandbox.plugins.kubernetes.errors import KubeconfigError


def document(name: str = "one", server: str = "https://127.0.0.1:1234") -> dict[str, Any]:
    """A kubeconfig with one context."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority": "ca.crt"}}],
        "users": [{"name": name, "user": {"token": f"token-{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
    }


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_contents_may_be_json_or_yaml(dump: Any) -> None:
    found = kubeconfig.load(dump(document()))
    assert found.server == "https://127.0.0.1:1234"
    assert found.namespace == "ns-one"
    assert found.user == {"token": "token-one"}


def test_paths_in_a_file_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(document()))
    assert kubeconfig.load(str(path)).cluster["certificate-authority"] == str(tmp_path / "ca.crt")


def test_several_files_merge_and_the_first_one_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    paths[0].write_text(yaml.safe_dump(document("one")))
    paths[1].write_text(yaml.safe_dump(document("two", "https://127.0.0.1:4321")))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, paths)))
    assert kubeconfig.load(None).namespace == "ns-one"
    assert kubeconfig.load(None, context="two").server == "https://127.0.0.1:4321"


def test_a_cluster_can_be_chosen_apart_from_the_context() -> None:
    merged = document()
    merged["clusters"].append({"name": "other", "cluster": {"server": "https://127.0.0.1:9"}})
    assert kubeconfig.load(json.dumps(merged), cluster="other").server == "https://127.0.0.1:9"


@pytest.mark.parametrize(
    ("text", "context", "words"),
    [
        ("/nowhere/config", None, "'/nowhere/config' is neither a file nor the contents of one"),
        (json.dumps(document()), "prod", "no context named 'prod' (it has: one)"),
        ("{}", None, "no current-context"),
        ("{", None, "neither JSON nor YAML"),
        ("- a\n- b\n", None, "holds no kubeconfig"),
        (json.dumps({**document(), "clusters": []}), None, "no cluster named 'one' (it has: none)"),
        (json.dumps({**document(), "clusters": [{"name": "one", "cluster": {}}]}), None, "cluster without `server`"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, context: str | None, words: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.load(text, context=context)
    assert words in str(caught.value)


def test_without_a_kubeconfig_the_users_own_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(KubeconfigError, match=r"~/\.kube/config is never read"):
        kubeconfig.load(None)
