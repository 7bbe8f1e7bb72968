"""Two clusters that the tests of this directory share: one a client's account, both called ``main``."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest

from tests.conftest import PROVISION_ROLE, Surroundings

ACME = "111111111111"
GLOBEX = "222222222222"
POLICY = "arn:aws:eks::aws:cluster-access-policy/"
UNKNOWN = "You must be logged in to the server"
"""What ``kubectl`` says when the API server does not know who it is."""
PREFIX = "k8s-aws-v1."
BIN = Path(sys.executable).parent


def eventually(found: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float = 60.0) -> Any:
    """Ask until the answer is the wanted one, and return it."""
    deadline = time.monotonic() + seconds
    while not wanted(answer := found()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {seconds:.0f} s")
        time.sleep(0.05)
    return answer


def encode(url: str) -> str:
    """A token that carries a URL."""
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Account:
    """One client's account with what a cluster stands on."""

    cloud: Surroundings
    number: str
    region: str
    roles: dict[str, str] = field(default_factory=dict)
    subnets: list[str] = field(default_factory=list)
    clients: dict[Any, Any] = field(default_factory=dict)

    def client(self, service: Any) -> Any:
        """A client as the provisioning role."""
        if service not in self.clients:
            self.clients[service] = self.cloud.client(service, self.region, self.number)
        return self.clients[service]

    def prepare(self) -> None:
        """Roles for clusters, nodes, pods and people; two subnets in two zones."""
        iam, ec2 = self.client("iam"), self.client("ec2")
        for name in ("eks", "ec2", "pods.eks"):
            self.roles[name] = self.role(f"for-{name}", {"Service": f"{name}.amazonaws.com"}, iam)
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        for index, zone in enumerate("ab"):
            subnet = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.20.{index}.0/24", AvailabilityZone=f"{self.region}{zone}"
            )
            self.subnets.append(subnet["Subnet"]["SubnetId"])

    def role(self, name: str, principal: Mapping[str, str], iam: Any = None) -> str:
        """Make a role that ``principal`` may assume; returns its ARN."""
        statement = {"Effect": "Allow", "Principal": dict(principal), "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = (iam or self.client("iam")).create_role(RoleName=name, AssumeRolePolicyDocument=document)
        return str(made["Role"]["Arn"])

    def person(self, name: str) -> str:
        """Make a role that the platform team's people take on; returns its ARN."""
        return self.role(name, {"AWS": "arn:aws:iam::100000000000:root"})

    def session(self, role: str, name: str = "tests") -> boto3.Session:
        """A session of a role of this account."""
        sts: Any = self.cloud.client("sts", self.region)
        found = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        keys = (found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        return boto3.Session(*keys, region_name=self.region)


@dataclass
class Cluster:
    """A cluster, and ``kubectl`` on it."""

    account: Account
    name: str

    @property
    def eks(self) -> Any:
        """The EKS API as the provisioning role."""
        return self.account.client("eks")

    def describe(self) -> dict[str, Any]:
        """The cluster as the API tells it."""
        found: dict[str, Any] = self.eks.describe_cluster(name=self.name)["cluster"]
        return found

    def create(self, mode: str) -> None:
        """Create it and wait until it is active."""
        self.eks.create_cluster(
            name=self.name,
            version="1.33",
            roleArn=self.account.roles["eks"],
            resourcesVpcConfig={"subnetIds": self.account.subnets, "endpointPrivateAccess": True},
            accessConfig={"authenticationMode": mode},
        )
        eventually(lambda: self.describe()["status"], lambda status: status != "CREATING", 180)
        assert self.describe()["status"] == "ACTIVE", self.describe()["health"]

    @property
    def key(self) -> str:
        """The cluster's name in the data plane: the beginning of its issuer's id."""
        return str(self.describe()["identity"]["oidc"]["issuer"]).rpartition("/")[2][:12].lower()

    @property
    def directory(self) -> Path:
        """Where its control plane keeps its data."""
        return self.account.cloud.settings.cloud / "eks" / self.key

    def environment(self) -> dict[str, str]:
        """Environment variables of the operator's shell."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUBE"))}
        return {**kept, **self.account.cloud.env, "PATH": f"{BIN}:{os.environ['PATH']}"}

    def cli_token(self, *arguments: str) -> str:
        """What the operator's ``aws eks get-token`` makes."""
        command = [str(BIN / "aws"), "eks", "get-token", "--cluster-name", self.name, "--region", self.account.region]
        done = subprocess.run(
            [*command, *arguments], env=self.environment(), capture_output=True, text=True, check=True
        )
        return str(json.loads(done.stdout)["status"]["token"])

    def token(
        self,
        session: boto3.Session,
        *,
        header: str = "x-k8s-aws-id",
        service: str = "sts",
        action: str = "GetCallerIdentity",
    ) -> str:
        """The same made here, which is quicker, and can be made wrongly."""
        url = f"{self.account.cloud.settings.cloud_url}/?Action={action}&Version=2011-06-15"
        request = AWSRequest(method="GET", url=url, headers={header: self.name})
        credentials: Any = session.get_credentials()
        botocore.auth.SigV4QueryAuth(credentials, service, self.account.region, 60).add_auth(request)
        return encode(str(request.url))

    def kubeconfig(self, directory: Path, user: Mapping[str, Any]) -> Path:
        """A kubeconfig for this cluster."""
        described = self.describe()
        server = {
            "server": described["endpoint"],
            "certificate-authority-data": described["certificateAuthority"]["data"],
        }
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": server}],
            "users": [{"name": "it", "user": dict(user)}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
        path = directory / f"{self.account.number}-{len(list(directory.iterdir()))}.json"
        path.write_text(json.dumps(content))
        return path

    def as_user(self, directory: Path, token: str) -> Kubectl:
        """``kubectl`` with a bearer token."""
        return Kubectl(self.kubeconfig(directory, {"token": token}), self.environment())


@dataclass(frozen=True)
class Kubectl:
    """``kubectl`` with one kubeconfig."""

    path: Path
    env: Mapping[str, str]

    def run(self, *arguments: str, stdin: Any = None) -> Answer:
        """Run it; ``stdin`` is sent as JSON."""
        done = subprocess.run(
            [str(BIN / "kubectl"), f"--kubeconfig={self.path}", *arguments],
            env=dict(self.env),
            input=None if stdin is None else json.dumps(stdin),
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, stdin: Any = None) -> str:
        """Run it, which must succeed; returns what it printed."""
        answer = self.run(*arguments, stdin=stdin)
        assert answer.code == 0, answer.err
        return answer.out

    def json(self, *arguments: str, stdin: Any = None) -> Any:
        """Run it, which must succeed; returns the document it printed."""
        return json.loads(self.ok(*arguments, "-o", "json", stdin=stdin))

    def refused(self, *arguments: str, stdin: Any = None) -> str:
        """Run it, which must fail; returns what it said."""
        answer = self.run(*arguments, stdin=stdin)
        assert answer.code != 0, answer.out
        return answer.err


@pytest.fixture(scope="session")
def acme(cloud: Surroundings) -> Account:
    """A European client's account."""
    account = Account(cloud, ACME, "eu-central-1")
    account.prepare()
    return account


@pytest.fixture(scope="session")
def globex(cloud: Surroundings) -> Account:
    """An American client's account."""
    account = Account(cloud, GLOBEX, "us-east-1")
    account.prepare()
    return account


@pytest.fixture(scope="session")
def main(acme: Account) -> Cluster:
    """The European client's cluster, which knows access entries only."""
    cluster = Cluster(acme, "main")
    cluster.create("API")
    return cluster


@pytest.fixture(scope="session")
def other(globex: Account) -> Cluster:
    """The American client's cluster of the same name, which also reads the ConfigMap ``aws-auth``."""
    cluster = Cluster(globex, "main")
    cluster.create("API_AND_CONFIG_MAP")
    return cluster


@pytest.fixture(scope="session")
def token(main: Cluster) -> str:
    """The provisioning role's token for the European cluster, made by the AWS command line."""
    return main.cli_token("--role-arn", f"arn:aws:iam::{ACME}:role/{PROVISION_ROLE}")


@pytest.fixture
def admin(main: Cluster, token: str, tmp_path: Path) -> Kubectl:
    """``kubectl`` as the creator of the European cluster."""
    return main.as_user(tmp_path, token)


@pytest.fixture
def namespaces(admin: Kubectl) -> Iterator[Callable[[], str]]:
    """Makes namespaces, which are gone afterwards."""
    made: list[str] = []

    def make() -> str:
        name = f"test-{len(made)}-{os.urandom(4).hex()}"
        admin.ok("create", "namespace", name)
        made.append(name)
        return name

    yield make
    if made:
        admin.ok("delete", "namespace", "--wait=false", *made)
