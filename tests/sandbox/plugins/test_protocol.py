"""The provider protocol: values, answers, errors, and the process's end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf.empty_pb2 import Empty

from sandbox.plugins.protocol import (
    UNKNOWN,
    Change,
    Checked,
    CheckRequest,
    Created,
    CreateRequest,
    Diff,
    DiffRequest,
    EndpointRefused,
    Failure,
    Found,
    InitializationError,
    Provider,
    ProviderError,
    ReadRequest,
    Secret,
    compare,
    contains_secret,
    contains_unknown,
    decode,
    encode,
    require_loopback,
    reveal,
)
from sandbox.plugins.protocol.wire import provider_pb2, provider_pb2_grpc, status_pb2
from tests.sandbox.plugins.aws.plugin import Plugin, serving

URN = "urn:pulumi:dev::freehold::freehold:Parent$aws:ec2/vpc:Vpc::main"


class Example(Provider):
    """A provider whose every answer is known."""

    name = "example"
    version = "1.2.3"

    def configure(self, config_arguments: Any) -> None:
        if "wrong" in config_arguments:
            raise ProviderError("the configuration is wrong: leave «wrong» out")

    def check(self, request: CheckRequest) -> Checked:
        if "size" in request.inputs:
            return Checked({**request.inputs, "seed": request.random_seed.hex()})
        return Checked(request.inputs, [Failure("size", "a size is needed")])

    def diff(self, request: DiffRequest) -> Diff:
        return Diff(
            {"tags.Name": Change("add"), "size": Change("update", replace=True), 'tags["a.b"]': Change("delete")},
            delete_first=True,
        )

    def create(self, request: CreateRequest) -> Created:
        if request.preview:
            return Created("", {**request.inputs, "arn": UNKNOWN, "subject": [request.type, request.name]})
        if request.inputs.get("size") == "half":
            raise InitializationError("i-1", {"size": "half"}, ["never became ready"], {"size": "half"})
        if request.inputs.get("size") == "defect":
            raise KeyError("size")
        raise ProviderError("creating it: NoCapacity: none left")

    def read(self, request: ReadRequest) -> Found | None:
        return None if request.id == "gone" else Found(request.id, {"size": 1}, request.inputs)


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    with serving(Example()) as found:
        yield found


# -- values -----------------------------------------------------------------------------------------------------------


def test_values_survive_the_wire() -> None:
    values = {
        "null": None,
        "true": True,
        "whole": 3,
        "part": 1.5,
        "text": "é",
        "list": [1, "two", [], {}],
        "map": {"a.b": {"c": None}},
        "unknown": [UNKNOWN],
        "secret": Secret({"password": "x", "later": UNKNOWN}),
    }
    assert decode(encode(values)) == values
    assert decode(encode(values))["unknown"][0] is UNKNOWN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"value": "x", "secret": True}, Secret("x")),
        ({"value": "x"}, "x"),
        ({}, UNKNOWN),
        ({"secret": True}, Secret(UNKNOWN)),
    ],
)
def test_output_values_are_read_as_what_they_hold(value: dict[str, Any], expected: Any) -> None:
    sent = encode({"it": {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", **value}})
    assert decode(sent) == {"it": expected}


def test_a_reference_to_a_resource_is_its_id() -> None:
    fields = {"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", "urn": URN, "id": "vpc-1"}
    assert decode(encode({"it": fields})) == {"it": "vpc-1"}


def test_an_asset_is_refused() -> None:
    fields = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}
    with pytest.raises(ValueError, match="assets and archives are not served"):
        decode(encode({"it": fields}))


def test_what_has_no_encoding_is_named_by_its_path() -> None:
    with pytest.raises(TypeError, match=r"a\.b\[1\]: a set is no property value"):
        encode({"a": {"b": [1, {2}]}})


def test_secrets_do_not_show() -> None:
    assert "hunter2" not in repr(Secret("hunter2"))


def test_marks_are_found_and_taken_off_at_any_depth() -> None:
    value = {"a": [{"b": Secret({"c": UNKNOWN})}]}
    assert contains_unknown(value)
    assert contains_secret(value)
    assert reveal(value) == {"a": [{"b": {"c": UNKNOWN}}]}
    assert not contains_unknown({"a": [1]})
    assert not contains_secret({"a": [UNKNOWN]})


def test_nobody_decides_on_an_unknown() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)


def test_comparison_names_paths() -> None:
    old = {"same": 1, "gone": 1, "list": [{"a": 1}, {"a": 2}], "longer": [1], "map": {"a.b": 1}}
    new = {"same": 1, "list": [{"a": 1}, {"a": 3}], "longer": [1, 2], "map": {"a.b": 2}, "new": UNKNOWN}
    assert compare(old, new) == {
        "gone": Change("delete"),
        "list[1].a": Change("update"),
        "longer": Change("update"),
        'map["a.b"]': Change("update"),
        "new": Change("add"),
    }


# -- loopback ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:14500",
        "https://127.8.9.1",
        "http://[::1]:80/x",
        "http://localhost:1",
        "http://111111111111.localhost:14500",
        "127.0.0.1:5432",
    ],
)
def test_loopback_is_let_through(url: str) -> None:
    assert require_loopback(url, "the endpoint") == url


@pytest.mark.parametrize(
    "url",
    [
        "https://sts.amazonaws.com",
        "http://10.0.0.1",
        "http://0.0.0.0:14500",
        "http://169.254.169.254",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://[::ffff:10.0.0.1]",
        "http://[::1",
    ],
)
def test_all_else_is_refused(url: str) -> None:
    with pytest.raises(EndpointRefused, match=r"the endpoint is .*SANDBOX_PLUGINS=official"):
        require_loopback(url, "the endpoint")


def test_no_endpoint_would_be_the_real_one() -> None:
    with pytest.raises(EndpointRefused, match="the endpoint is not set"):
        require_loopback("", "the endpoint")


# -- calls ------------------------------------------------------------------------------------------------------------


def test_the_plugin_tells_what_it_understands(plugin: Plugin) -> None:
    told = plugin.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    configured = plugin.stub.Configure(provider_pb2.ConfigureRequest(args=encode({"region": "x"})))
    assert told.accept_secrets
    assert configured.acceptSecrets
    assert configured.supportsPreview
    assert plugin.stub.GetPluginInfo(Empty()).version == "1.2.3"
    assert plugin.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema == '{"name": "example", "version": "1.2.3"}'


def test_check_failures_are_not_errors(plugin: Plugin) -> None:
    assert plugin.check("x:y:Z", "a", {}).failures == {"size": "a size is needed"}
    assert len(plugin.check("x:y:Z", "a", {"size": 1}).inputs["seed"]) == 64


def test_diff_is_detailed(plugin: Plugin) -> None:
    answer = plugin.stub.Diff(provider_pb2.DiffRequest(id="i", urn=URN))
    kind = provider_pb2.PropertyDiff
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.diffs) == ["tags", "size"]
    assert list(answer.replaces) == ["size"]
    assert answer.deleteBeforeReplace
    assert {path: change.kind for path, change in answer.detailedDiff.items()} == {
        "tags.Name": kind.ADD,
        "size": kind.UPDATE_REPLACE,
        'tags["a.b"]': kind.DELETE,
    }


def test_preview_keeps_unknowns_and_names_the_resource(plugin: Plugin) -> None:
    answer = plugin.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode({"a": UNKNOWN}), preview=True))
    state = decode(answer.properties)
    assert state == {"a": UNKNOWN, "arn": UNKNOWN, "subject": ["aws:ec2/vpc:Vpc", "main"]}


def test_what_is_gone_has_no_id(plugin: Plugin) -> None:
    assert plugin.stub.Read(provider_pb2.ReadRequest(id="gone", urn=URN)).id == ""
    assert plugin.stub.Read(provider_pb2.ReadRequest(id="there", urn=URN)).id == "there"


def create(plugin: Plugin, size: str) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        plugin.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode({"size": size})))
    return caught.value


def test_an_error_reaches_the_user_as_it_is(plugin: Plugin) -> None:
    error: Any = create(plugin, "whole")
    assert error.details() == "creating it: NoCapacity: none left"


def test_what_is_half_done_is_kept(plugin: Plugin) -> None:
    error: Any = create(plugin, "half")
    status = status_pb2.Status()
    status.ParseFromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("i-1", ["never became ready"])
    assert decode(detail.properties) == decode(detail.inputs) == {"size": "half"}


def test_a_defect_shows_its_traceback(plugin: Plugin) -> None:
    error: Any = create(plugin, "defect")
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "a defect of the sandbox's example plugin" in error.details()
    assert "KeyError: 'size'" in error.details()


def test_a_function_is_refused(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match=r"the function aws:index/getRegion:getRegion is not served"):
        plugin.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion"))


def test_a_wrong_configuration_says_so(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="leave «wrong» out"):
        plugin.stub.Configure(provider_pb2.ConfigureRequest(args=encode({"wrong": True})))


# -- the process ------------------------------------------------------------------------------------------------------

MAIN = """
import sys
from sandbox.plugins.protocol import Provider
from sandbox.plugins.protocol.serve import serve
assert "pulumi" not in sys.modules, "the SDK's half second"
class Example(Provider):
    name, version = "example", "1.2.3"
    def create(self, request):
        self.cancelled.wait()
        raise SystemError("cancelled")
serve(Example())
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A plugin as the engine starts it, and its port."""
    program = tmp_path / "plugin.py"
    program.write_text(MAIN)
    with subprocess.Popen(
        [sys.executable, program, "127.0.0.1:1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        yield started, started.stdout.readline().strip()
        started.kill()


def test_an_interrupt_ends_it_in_order_though_a_call_waits(process: tuple[subprocess.Popen[str], str]) -> None:
    started, port = process
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        pending = stub.Create.future(provider_pb2.CreateRequest(urn=URN), wait_for_ready=True)
        stub.GetPluginInfo(Empty(), wait_for_ready=True)
        started.send_signal(signal.SIGINT)
        assert started.wait(10) == 0
        with pytest.raises(grpc.RpcError):
            pending.result(5)


def test_a_killed_engine_leaves_no_plugin(tmp_path: Path) -> None:
    program = tmp_path / "plugin.py"
    program.write_text(MAIN)
    engine = tmp_path / "engine.py"
    engine.write_text(
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([{sys.executable!r}, {str(program)!r}, '127.0.0.1:1'], stdin=subprocess.PIPE,\n"
        "    stdout=subprocess.PIPE, start_new_session=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, engine], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        plugin = psutil.Process(int(killed.stdout.readline()))
        os.kill(killed.pid, signal.SIGKILL)
        gone, _ = psutil.wait_procs([plugin], timeout=10)
        assert gone
