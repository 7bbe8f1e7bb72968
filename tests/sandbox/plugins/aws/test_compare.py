"""When what is there is what is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.plugins.aws.compare import holds, restricted, settled
from sandbox.plugins.aws.documents import canonical_policy
from sandbox.plugins.aws.model import Form
from sandbox.plugins.aws.shapes import camel, from_api
from sandbox.plugins.protocol import UNKNOWN


@pytest.mark.parametrize(
    ("wanted", "live", "form"),
    [
        ("a", "a", Form.PLAIN),
        (True, "true", Form.PLAIN),
        ("5", 5, Form.PLAIN),
        (5.0, 5, Form.PLAIN),
        ("", None, Form.PLAIN),
        (False, None, Form.PLAIN),
        ([], None, Form.PLAIN),
        ({"a": 1}, {"a": 1, "b": 2}, Form.PLAIN),
        (["a", "b"], ["b", "a"], Form.SET),
        (["a", "a"], ["a"], Form.SET),
        ([{"n": 1}, {"n": 2}], [{"n": 2, "x": 0}, {"n": 1}], Form.SET),
        ({"ids": ["a", "b"]}, {"ids": ["b", "a"], "vpc": "v"}, Form.SET),
        ({"A": "b"}, {"A": "b"}, Form.MAP),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', Form.JSON),
        ("17", "17.2", Form.VERSION),
        ("Sun:04:00-Sun:05:00", "sun:04:00-sun:05:00", Form.NOCASE),
        ("1234", "arn:aws:kms:r:1:key/1234", Form.KEY),
        ("arn:aws:logs:r:1:log-group:g:*", "arn:aws:logs:r:1:log-group:g", Form.DOTLESS),
        ([{"name": "a", "policy": '{"Statement": []}'}], [{"policy": '{"Statement":[]}', "name": "a"}], Form.POLICY),
        (UNKNOWN, UNKNOWN, Form.PLAIN),
    ],
)
def test_the_same(wanted: Any, live: Any, form: Form) -> None:
    assert holds(wanted, live, form)


@pytest.mark.parametrize(
    ("wanted", "live", "form"),
    [
        ("a", "b", Form.PLAIN),
        ("a", None, Form.PLAIN),
        (True, None, Form.PLAIN),
        (True, False, Form.PLAIN),
        (0, None, Form.PLAIN),
        (["a", "b"], ["b", "a"], Form.PLAIN),
        (["a"], ["a", "b"], Form.SET),
        (["a", "b"], ["a"], Form.SET),
        ({"a": 1}, {"a": 2}, Form.PLAIN),
        ({"A": "b"}, {"A": "b", "C": "d"}, Form.MAP),
        ("17", "170.1", Form.VERSION),
        ("17.3", "17.2", Form.VERSION),
        (UNKNOWN, "a", Form.PLAIN),
        ("a", {"a": 1}, Form.PLAIN),
    ],
)
def test_not_the_same(wanted: Any, live: Any, form: Form) -> None:
    assert not holds(wanted, live, form)


def test_the_programs_words_are_kept_where_they_say_the_same() -> None:
    wanted = {"ids": ["b", "a"], "on": "true"}
    live = {"ids": ["a", "b"], "on": True, "vpc": "v"}
    assert settled(wanted, live, Form.SET) == {"ids": ["b", "a"], "on": "true", "vpc": "v"}
    assert settled({"ids": ["b"]}, live, Form.SET) == live
    assert settled(None, ["x"]) == ["x"]
    assert settled("gone", None) is None
    assert settled(False, None) is False


def test_restriction_keeps_users_maps_whole() -> None:
    assert restricted({"a": 1, "b": 2}, {"a": 0}) == {"a": 1}
    assert restricted({"a": 1, "b": 2}, {"a": 0}, Form.MAP) == {"a": 1, "b": 2}
    assert restricted([{"a": 1, "b": 2}], [{"a": 0}]) == [{"a": 1}]


def test_a_policy_is_one_form() -> None:
    one = {
        "Statement": {
            "Effect": "Allow",
            "Action": ["b", "a"],
            "Principal": "*",
            "Condition": {"Bool": {"aws:SecureTransport": False}},
        }
    }
    other = {
        "Statement": [
            {
                "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
                "Action": ["a", "b"],
                "Principal": {"AWS": "*"},
                "Effect": "Allow",
            }
        ],
        "Id": "",
    }
    assert canonical_policy(json.dumps(one)) == canonical_policy(json.dumps(other))
    assert canonical_policy(json.dumps(one)) != canonical_policy(json.dumps({**one, "Version": "2012-10-17"}))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("DBName", "dbName"),
        ("KmsKeyId", "kmsKeyId"),
        ("IOPS", "iops"),
        ("vpcId", "vpcId"),
        ("Ipv6Native", "ipv6Native"),
    ],
)
def test_names(theirs: str, ours: str) -> None:
    assert camel(theirs) == ours


def test_pairs_of_key_and_value_are_a_map_of_the_users_own_keys() -> None:
    assert from_api({"Tags": [{"Key": "Team", "Value": "A"}]}, {}) == {"tags": {"Team": "A"}}
