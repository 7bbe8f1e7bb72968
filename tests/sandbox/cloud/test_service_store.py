"""Requests are checked against the service's published model; lists come in pages."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.utils import get_service_model

from sandbox.cloud.service_store import Operations, Refused, check, page


def problems(operation: str, parameters: dict[str, Any]) -> list[str]:
    """What is wrong with the parameters of an operation of EKS."""
    return check(get_service_model("eks").operation_model(operation), parameters)


GOOD = {"name": "a", "roleArn": "r", "resourcesVpcConfig": {"subnetIds": ["s"]}}


def test_what_the_model_allows_is_not_refused() -> None:
    assert problems("CreateCluster", GOOD) == []
    assert problems("CreateCluster", {**GOOD, "tags": {"a": "b"}, "deletionProtection": True}) == []


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"name": "a"}, "roleArn"),
        ({**GOOD, "name": ""}, "name"),
        ({**GOOD, "name": "a" * 101}, "at most 100"),
        ({**GOOD, "name": "_a"}, "must match"),
        ({**GOOD, "accessConfig": {"authenticationMode": "ANY"}}, "API_AND_CONFIG_MAP"),
        ({**GOOD, "deletionProtection": "yes"}, "deletionProtection"),
        ({**GOOD, "encryptionConfig": [{}, {}]}, "at most 1"),
        ({**GOOD, "logging": {"clusterLogging": [{"types": ["all"]}]}}, "'all' must be one of"),
        ({**GOOD, "tags": {f"t{index}": "" for index in range(51)}}, "at most 50"),
        ({**GOOD, "surprise": 1}, "surprise"),
    ],
)
def test_what_the_model_forbids_is_named(parameters: dict[str, Any], words: str) -> None:
    assert any(words in one for one in problems("CreateCluster", parameters))


def test_every_problem_is_told_at_once() -> None:
    found = problems("CreateCluster", {"name": "_" * 101, "resourcesVpcConfig": {"subnetIds": [1]}})
    assert len(found) == 4


def test_pages_hold_every_item_once() -> None:
    items = [(name, name.upper()) for name in ("d", "a", "c", "b", "e")]
    found: list[str] = []
    parameters: dict[str, Any] = {"maxResults": 2}
    while True:
        answer = page(items, parameters, "names")
        assert len(answer["names"]) <= 2
        found += answer["names"]
        if "nextToken" not in answer:
            break
        parameters["nextToken"] = answer["nextToken"]
    assert found == ["A", "B", "C", "D", "E"]
    assert "nextToken" not in page(items, {}, "names")


def test_a_page_survives_the_deletion_of_its_last_item() -> None:
    first = page([(name, name) for name in "abc"], {"maxResults": 2}, "names")
    rest = page([("a", "a"), ("c", "c")], {"maxResults": 2, "nextToken": first["nextToken"]}, "names")
    assert rest == {"names": ["c"]}


def test_a_foreign_token_is_refused() -> None:
    with pytest.raises(Refused, match="nextToken"):
        page([], {"nextToken": "%%%"}, "names")


def test_an_operation_is_carried_out_by_one_function() -> None:
    operations = Operations()
    operations("Describe")(lambda _backend, _parameters: {})
    with pytest.raises(ValueError, match="twice"):
        operations("Describe")(lambda _backend, _parameters: {})


def test_a_service_calls_its_pages_in_its_own_way() -> None:
    names = {"sizes": "MaxResults", "tokens": "NextToken", "invalid": "InvalidRequestException"}
    first = page([(name, name) for name in "abc"], {"MaxResults": 2}, "Names", **names)
    rest = page([(name, name) for name in "abc"], {"MaxResults": 2, "NextToken": first["NextToken"]}, "Names", **names)
    assert (first["Names"], rest) == (["a", "b"], {"Names": ["c"]})
    with pytest.raises(Refused) as refused:
        page([], {"NextToken": "%%%"}, "Names", **names)
    assert refused.value.code == "InvalidRequestException"
