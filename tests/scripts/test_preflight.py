"""Checks before a first `up`, asked of the AWS endpoint and of Vault servers in every state."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sandbox import tls
from sandbox.settings import Settings
from sandbox.vault import part
from scripts.preflight import __main__ as preflight
from scripts.preflight import account, network, outside, quotas
from scripts.preflight.result import Check, Ground
from stacks.spec import ClientSpec, load
from tests.conftest import Surroundings, free_port_base

ACCOUNT = "717171717171"
OTHER = "727272727272"
HOME = "eu-central-1"


def _document() -> Any:
    return yaml.safe_load((preflight.STACKS / "Pulumi.acme-dev.yaml").read_text())


def _spec(**changes: Any) -> ClientSpec:
    return load({**_document()["config"]["freehold:environment"], "account_id": ACCOUNT, **changes})


def _of(found: list[Check], name: str) -> Check:
    return next(one for one in found if one.name == name)


@pytest.fixture
def surroundings(sandbox: Surroundings, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """The operator's environment."""
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///tmp/state")
    return sandbox


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A directory with one environment's file."""
    document = _document()
    document["config"]["freehold:environment"]["account_id"] = ACCOUNT
    (tmp_path / "Pulumi.acme-dev.yaml").write_text(yaml.safe_dump(document))
    return tmp_path


def _run(stacks: Path, *more: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = CliRunner().invoke(preflight.main, ["acme-dev", "--stacks", str(stacks), "--json", *more])
    return done.exit_code, {one["name"]: one for one in json.loads(done.output)["checks"]}


def test_a_fresh_account_fails_nowhere_and_silence_is_unknown(surroundings: Surroundings, stacks: Path) -> None:
    code, found = _run(stacks)
    assert [one for one in found.values() if one["verdict"] == "fail"] == []
    for name in ("description", "account", f"region {HOME}", f"zone {HOME}a", "Kubernetes 1.35", "Vault", "state"):
        assert found[name]["verdict"] == "pass", name
    for name in ("machine m7i.large", "range 10.20.0.0/16", "PostgreSQL 18", "quota: VPCs"):
        assert found[name]["verdict"] == "pass", name
    assert found["class db.t4g.medium"]["verdict"] == "unknown"  # the endpoint has no table of classes
    # nor has it quotas of EKS or a simulation
    assert found["quota: EKS clusters"]["verdict"] == "unknown"
    assert "GetAWSDefaultServiceQuota: InvalidAction" in found["quota: EKS clusters"]["found"]
    assert found["permissions"]["verdict"] == "unknown"
    assert "SimulatePrincipalPolicy" in found["permissions"]["found"]
    assert code == preflight.UNKNOWN


def test_the_wrong_account_is_told(surroundings: Surroundings) -> None:

    found = account.caller(Ground(_spec(), surroundings.session(HOME, OTHER)))
    assert found.verdict == "fail"
    assert OTHER in found.found
    assert ACCOUNT in found.found


def test_in_the_wrong_account_nothing_else_is_asked(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "enter", lambda _: surroundings.session(HOME, OTHER))
    found = list(preflight.inside(_spec()))
    assert found[0].verdict == "fail"
    assert {one.verdict for one in found[1:]} == {"unknown"}
    assert len(found) == 1 + len(preflight.INSIDE)


def test_no_answer_from_aws_is_unknown(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert {one.verdict for one in preflight.inside(_spec())} == {"unknown"}


def test_two_environments_in_one_account_fail(surroundings: Surroundings, stacks: Path) -> None:
    document = _document()
    document["config"]["freehold:environment"].update(stage="test", account_id=ACCOUNT)
    (stacks / "Pulumi.acme-test.yaml").write_text(yaml.safe_dump(document))
    code, found = _run(stacks)
    assert code == preflight.FAILED
    assert found["description"]["verdict"] == "fail"


def test_every_mistake_of_a_description_is_told(stacks: Path) -> None:
    document = _document()
    document["config"]["freehold:environment"]["residency"]["home"] = "us-east-1"
    (stacks / "Pulumi.acme-dev.yaml").write_text(yaml.safe_dump(document))
    code, found = _run(stacks)
    assert code == preflight.FAILED
    assert "us-east-1" in found["description"]["found"]


def test_a_taken_range_fails(surroundings: Surroundings) -> None:
    ec2 = surroundings.client("ec2", account=OTHER)
    vpc = ec2.create_vpc(CidrBlock="10.20.64.0/20")["Vpc"]["VpcId"]
    try:
        (found,) = network.network(Ground(_spec(account_id=OTHER), surroundings.session(HOME, OTHER)))
    finally:
        ec2.delete_vpc(VpcId=vpc)
    assert found.verdict == "fail"
    assert vpc in found.found


def test_a_full_quota_fails(surroundings: Surroundings) -> None:
    full = quotas.Quota("VPCs", "vpc", "L-F678F1CE", lambda _: 1000, quotas.QUOTAS[0].used)
    found = quotas._room(Ground(_spec(), surroundings.session(HOME, ACCOUNT)), full)
    assert found.verdict == "fail"
    assert "request-service-quota-increase" in found.fix


TAGS = {"public": "kubernetes.io/role/elb", "private": "kubernetes.io/role/internal-elb"}
ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def existing(surroundings: Surroundings) -> Iterator[dict[str, Any]]:
    """A network that the client's account holds, described as it is."""
    ec2 = surroundings.client("ec2", account=OTHER)
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ranges = IPv4Network("10.77.0.0/16").subnets(new_prefix=20)
    tiers: dict[str, dict[str, str]] = {"public": {}, "private": {}, "data": {}}
    for name, tier in tiers.items():
        for letter in "ab":
            made = ec2.create_subnet(VpcId=vpc, CidrBlock=str(next(ranges)), AvailabilityZone=f"{HOME}{letter}")
            tier[letter] = made["Subnet"]["SubnetId"]
            if name in TAGS:
                ec2.create_tags(Resources=[tier[letter]], Tags=[{"Key": TAGS[name], "Value": "1"}])
    tables, joined = {}, []
    for name in ("public", "private"):
        tables[name] = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in tiers[name].values():
            answer = ec2.associate_route_table(RouteTableId=tables[name], SubnetId=subnet)
            joined.append(answer["AssociationId"])
    ec2.create_route(RouteTableId=tables["public"], DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    yield {
        "vpc_id": vpc,
        "cidr": "10.77.0.0/16",
        **{f"{name}_subnet_ids": ids for name, ids in tiers.items()},
        "private_route_table_ids": dict.fromkeys("ab", tables["private"]),
    }
    ec2.delete_route(RouteTableId=tables["public"], DestinationCidrBlock=ANYWHERE)
    for one in joined:
        ec2.disassociate_route_table(AssociationId=one)
    for table in tables.values():
        ec2.delete_route_table(RouteTableId=table)
    for subnet in [one for ids in tiers.values() for one in ids.values()]:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)


def _judged(surroundings: Surroundings, existing: dict[str, Any]) -> list[Check]:
    spec = _spec(account_id=OTHER, network={"existing": existing})
    return list(network.network(Ground(spec, surroundings.session(HOME, OTHER))))


def test_an_existing_network_as_described_passes(surroundings: Surroundings, existing: dict[str, Any]) -> None:
    found = _judged(surroundings, existing)
    assert {one.verdict for one in found} == {"pass"}
    assert len(found) == 1 + 6 * 2 + 2 + 1


def test_a_private_subnet_on_the_internet_fails(surroundings: Surroundings, existing: dict[str, Any]) -> None:
    ec2 = surroundings.client("ec2", account=OTHER)
    where = [{"Name": "attachment.vpc-id", "Values": [existing["vpc_id"]]}]
    (gateway,) = ec2.describe_internet_gateways(Filters=where)["InternetGateways"]
    way = {"RouteTableId": existing["private_route_table_ids"]["a"], "DestinationCidrBlock": ANYWHERE}
    ec2.create_route(**way, GatewayId=gateway["InternetGatewayId"])
    try:
        found = _judged(surroundings, existing)
    finally:
        ec2.delete_route(**way)
    for letter in "ab":
        assert "nodes would be on the internet" in _of(found, f"private subnet {letter} suits").found


def test_a_data_subnet_with_a_way_out_and_a_public_one_without(
    surroundings: Surroundings, existing: dict[str, Any]
) -> None:
    swapped = {
        **existing,
        "public_subnet_ids": existing["data_subnet_ids"],
        "data_subnet_ids": existing["public_subnet_ids"],
    }
    found = _judged(surroundings, swapped)
    assert "its way out is none, not an internet gateway" in _of(found, "public subnet a suits").found
    assert "without the tag kubernetes.io/role/elb=1" in _of(found, "public subnet a suits").found
    assert "it has a way out (igw-" in _of(found, "data subnet b suits").found


def test_a_subnet_without_room_fails(surroundings: Surroundings, existing: dict[str, Any]) -> None:
    ec2 = surroundings.client("ec2", account=OTHER)
    small = ec2.create_subnet(VpcId=existing["vpc_id"], CidrBlock="10.77.255.0/28", AvailabilityZone=f"{HOME}a")[
        "Subnet"
    ]["SubnetId"]
    private = {**existing["private_subnet_ids"], "a": small}
    try:
        found = _judged(surroundings, {**existing, "private_subnet_ids": private})
    finally:
        ec2.delete_subnet(SubnetId=small)
    assert "11 addresses are free, 16 are needed" in _of(found, "private subnet a suits").found


def test_private_names_that_the_network_has_already_fail(surroundings: Surroundings, existing: dict[str, Any]) -> None:
    ec2 = surroundings.client("ec2", account=OTHER)
    made = ec2.create_vpc_endpoint(
        VpcId=existing["vpc_id"],
        ServiceName=f"com.amazonaws.{HOME}.sts",
        VpcEndpointType="Interface",
        SubnetIds=[existing["private_subnet_ids"]["a"]],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]
    try:
        found = {
            chosen: list(
                network.network(
                    Ground(
                        _spec(account_id=OTHER, network={"existing": existing, "endpoints": chosen}),
                        surroundings.session(HOME, OTHER),
                    )
                )
            )
            for chosen in ("all", "none")
        }
    finally:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert made in _of(found["all"], "endpoints").found
    assert _of(found["all"], "endpoints").verdict == "fail"
    assert _of(found["none"], "endpoints").verdict == "pass"


def test_a_missing_vpc_fails(surroundings: Surroundings, existing: dict[str, Any]) -> None:
    found = _judged(surroundings, {**existing, "vpc_id": "vpc-0123456789abcdef0"})
    assert "is not in this account" in _of(found, "VPC").found
    # and every subnet is in another one
    assert {one.verdict for one in found if one.name != "endpoints"} == {"fail"}


def test_what_differs_in_an_existing_network_is_told(surroundings: Surroundings, existing: dict[str, Any]) -> None:
    private = existing["private_subnet_ids"]
    wrong = {
        **existing,
        "cidr": "10.78.0.0/16",
        "public_subnet_ids": {**existing["public_subnet_ids"], "a": "subnet-0123456789abcdef0"},
        "private_subnet_ids": {"a": private["b"], "b": private["a"]},
        "private_route_table_ids": {"a": "rtb-0123456789abcdef0", "b": existing["private_route_table_ids"]["b"]},
    }
    found = _judged(surroundings, wrong)
    assert "10.77.0.0/16" in _of(found, "VPC").found
    assert "is not in this account" in _of(found, "public subnet a").found
    assert f"it is in {HOME}b, not {HOME}a" in _of(found, "private subnet a").found
    assert "outside 10.78.0.0/16" in _of(found, "data subnet a").found
    assert "is not in this account" in _of(found, "private route table a").found
    assert _of(found, "private route table b").verdict == "pass"


@pytest.fixture
def served(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A server that tells a health of the test's choice, over TLS of the sandbox's own authority."""
    told: dict[str, Any] = {"code": 200, "body": "{}"}

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = told["body"].encode()
            self.send_response(told["code"])
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Health)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls.ensure_server(surroundings.settings.vault / "ca.pem", tmp_path / "tls"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("VAULT_ADDR", f"https://127.0.0.1:{server.server_port}")
    yield told
    server.shutdown()
    server.server_close()


def test_a_sealed_vault_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(directory=tmp_path / "sealed", port_base=free_port_base())
    part.start(settings)
    try:
        monkeypatch.setenv("VAULT_ADDR", settings.vault_url)
        monkeypatch.setenv("VAULT_CACERT", str(settings.vault / "ca.pem"))
        (before,) = outside.vault(_spec())
        part.client(settings).sys.seal()  # type: ignore[no-untyped-call] # the stubs give it no types
        (after,) = outside.vault(_spec())
    finally:
        part.stop(settings)
    assert before.verdict == "pass"
    assert after.verdict == "fail"
    assert "is sealed" in after.found


def test_a_vault_without_its_first_keys_fails(served: dict[str, Any]) -> None:
    served.update(code=501, body=json.dumps({"initialized": False, "sealed": True}))
    (found,) = outside.vault(_spec())
    assert found.verdict == "fail"
    assert "is not initialised" in found.found


def test_a_server_that_does_not_tell_its_health_is_unknown(served: dict[str, Any]) -> None:
    served.update(body=json.dumps({"ok": True}))
    (found,) = outside.vault(_spec())
    assert found.verdict == "unknown"


@pytest.mark.parametrize(
    ("address", "said"),
    [("", "no server"), ("https://127.0.0.1:9", "does not answer"), ("http://127.0.0.1:9", "https:// only")],
)
def test_a_vault_out_of_reach_fails(monkeypatch: pytest.MonkeyPatch, address: str, said: str) -> None:
    monkeypatch.setenv("VAULT_ADDR", address)
    (found,) = outside.vault(_spec())
    assert found.verdict == "fail"
    assert said in found.found


@pytest.mark.parametrize(("region", "verdict"), [(HOME, "pass"), ("eu-west-1", "pass"), ("us-east-2", "fail")])
def test_the_state_bucket_lies_within_the_boundary(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch, region: str, verdict: str
) -> None:
    name = f"preflight-state-{region}"
    s3 = surroundings.client("s3", region=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"s3://{name}/freehold?awssdk=v2")
    try:
        (found,) = outside.state(_spec())
    finally:
        s3.delete_bucket(Bucket=name)
    assert found.verdict == verdict
    assert region in found.found


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("", "unknown"),
        ("https://state.example", "unknown"),
        ("s3://b?endpoint=minio.example", "unknown"),
        ("s3://preflight-nobody-has-this", "fail"),
    ],
)
def test_state_elsewhere_is_never_passed_over(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch, url: str, verdict: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    (found,) = outside.state(_spec())
    assert found.verdict == verdict


def test_help_says_how_and_what_the_exit_codes_mean() -> None:
    done = CliRunner().invoke(preflight.main, ["--help"])
    assert "python -m scripts.preflight acme-dev" in done.output
    assert "Exit codes" in done.output
