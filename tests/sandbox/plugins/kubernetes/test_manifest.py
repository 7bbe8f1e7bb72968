"""What is sent to the server."""

from __future__ import annotations

from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.manifest import as_properties, manifest


def test_values_of_none_and_the_namespace_of_what_has_none_are_left_out() -> None:
    inputs = {"kind": "Role", "metadata": {"name": "a", "namespace": "b"}, "spec": {"a": None, "list": [{"b": None}]}}
    assert manifest(Kind("x.y/v1", "Role"), inputs, None) == {
        "apiVersion": "x.y/v1",
        "kind": "Role",
        "metadata": {"name": "a"},
        "spec": {"list": [{}]},
    }
    assert inputs["metadata"] == {"name": "a", "namespace": "b"}, "the inputs stay as they are"


def test_the_text_of_a_secret_is_sent_as_its_data() -> None:
    inputs = {"kind": "Secret", "metadata": {"name": "a"}, "data": {"raw": "ZA=="}, "stringData": {"text": "d"}}
    sent = manifest(Kind("v1", "Secret"), inputs, "n")
    assert sent["data"] == {"raw": "ZA==", "text": "ZA=="}
    assert "stringData" not in sent
    assert sent["metadata"]["namespace"] == "n"


def test_names_that_the_sdks_cannot_spell_are_translated_both_ways() -> None:
    spelt = {"spec": {"versions": [{"schema": {"x_kubernetes_list_map_keys": ["a_b"], "other_key": {"x-y": 1}}}]}}
    sent = manifest(Kind("a.b/v1", "C"), spelt, None)
    assert sent["spec"] == {"versions": [{"schema": {"x-kubernetes-list-map-keys": ["a_b"], "other_key": {"x-y": 1}}}]}
    assert as_properties(sent)["spec"] == spelt["spec"]
