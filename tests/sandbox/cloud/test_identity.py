"""Who may call, and in which account a call acts."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.settings import OPERATOR_ACCOUNT
from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME, GLOBEX, aws


def client(cloud: Surroundings, service: Any, key: str, secret: str, region: str = "eu-central-1") -> Any:
    return boto3.client(
        service,
        region,
        endpoint_url=cloud.settings.cloud_url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


def operator_key(cloud: Surroundings) -> tuple[str, str]:
    credentials = cloud.session().get_credentials()
    assert credentials is not None
    assert credentials.access_key is not None
    assert credentials.secret_key is not None
    return credentials.access_key, credentials.secret_key


def test_the_operator_acts_in_the_platform_account(cloud: Surroundings) -> None:
    found = aws(cloud, "sts").get_caller_identity()
    assert found["Account"] == OPERATOR_ACCOUNT
    assert found["Arn"] == f"arn:aws:iam::{OPERATOR_ACCOUNT}:user/operator"


def test_an_assumed_role_acts_in_its_own_account(cloud: Surroundings) -> None:
    found = aws(cloud, "sts", account=ACME).get_caller_identity()
    assert found["Account"] == ACME
    assert found["Arn"] == f"arn:aws:sts::{ACME}:assumed-role/freehold-provision/tests"


def test_accounts_do_not_see_each_other(cloud: Surroundings) -> None:
    made = aws(cloud, "ec2", account=ACME).create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    assert made in {vpc["VpcId"] for vpc in aws(cloud, "ec2", account=ACME).describe_vpcs()["Vpcs"]}
    assert made not in {vpc["VpcId"] for vpc in aws(cloud, "ec2", account=GLOBEX).describe_vpcs()["Vpcs"]}
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        aws(cloud, "ec2", account=GLOBEX).delete_vpc(VpcId=made)


def test_regions_do_not_see_each_other(cloud: Surroundings) -> None:
    made = aws(cloud, "kms", account=ACME).create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="NotFoundException"):
        aws(cloud, "kms", region="eu-west-1", account=ACME).describe_key(KeyId=made)


def test_no_header_chooses_the_account(cloud: Surroundings) -> None:
    sts = aws(cloud, "sts")
    sts.meta.events.register(
        "before-send.sts.*", lambda request, **_: request.headers.__setitem__("x-moto-account-id", ACME)
    )
    assert sts.get_caller_identity()["Account"] == OPERATOR_ACCOUNT


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("kms", "list_keys", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("eks", "list_clusters", "UnrecognizedClientException"),
    ],
)
def test_an_unknown_access_key_is_refused(cloud: Surroundings, service: str, call: str, code: str) -> None:
    stranger = client(cloud, service, "AKIA" + "A" * 16, "x" * 40)
    with pytest.raises(ClientError) as refused:
        getattr(stranger, call)()
    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("kms", "list_keys", "InvalidSignatureException"),
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_secret_is_refused(cloud: Surroundings, service: str, call: str, code: str) -> None:
    impostor = client(cloud, service, operator_key(cloud)[0], "x" * 40)
    with pytest.raises(ClientError) as refused:
        getattr(impostor, call)()
    assert refused.value.response["Error"]["Code"] == code


def test_a_session_needs_its_token(cloud: Surroundings) -> None:
    role = f"arn:aws:iam::{ACME}:role/freehold-provision"
    session = aws(cloud, "sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    without = client(cloud, "sts", session["AccessKeyId"], session["SecretAccessKey"])
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        without.get_caller_identity()


def test_a_region_that_aws_does_not_have_is_refused(cloud: Surroundings) -> None:
    lost = client(cloud, "sts", *operator_key(cloud), region="eu-nowhere-1")
    with pytest.raises(ClientError, match="eu-nowhere-1"):
        lost.get_caller_identity()


def test_only_existing_roles_are_assumed(cloud: Surroundings) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        aws(cloud, "sts").assume_role(RoleArn=f"arn:aws:iam::{ACME}:role/nobody", RoleSessionName="tests")


def test_a_session_is_no_longer_than_its_role_allows(cloud: Surroundings) -> None:
    role = f"arn:aws:iam::{ACME}:role/freehold-provision"
    with pytest.raises(ClientError, match="43200"):
        aws(cloud, "sts").assume_role(RoleArn=role, RoleSessionName="tests", DurationSeconds=50000)


def test_what_the_emulator_lacks_is_said(cloud: Surroundings) -> None:
    with pytest.raises(ClientError, match="not available in the sandbox"):
        aws(cloud, "cloudwatch").put_composite_alarm(AlarmName="both", AlarmRule="ALARM(one)")


def test_a_service_that_the_emulator_lacks_is_said(cloud: Surroundings) -> None:
    with pytest.raises(ClientError, match="has no service at trustedadvisor"):
        aws(cloud, "trustedadvisor", "us-east-1").list_checks()


def test_the_emulators_own_doors_are_shut(cloud: Surroundings) -> None:
    from urllib.error import HTTPError  # noqa: PLC0415
    from urllib.request import Request, urlopen  # noqa: PLC0415

    with pytest.raises(HTTPError, match="404"):
        urlopen(Request(f"{cloud.settings.cloud_url}/moto-api/reset", method="POST"))  # noqa: S310 (our own endpoint)
