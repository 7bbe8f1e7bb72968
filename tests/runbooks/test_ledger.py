"""Records form one chain, whoever writes at the same time and whatever answers are lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from runbooks.ledger import Ledger, LedgerError, Result, canonical, digest
from tests.runbooks.conftest import ACTOR, KIT
from tests.sandbox.cloud.conftest import ACME, GLOBEX


def append(ledger: Ledger, kind: str = "drill", result: Result = "pass", **body: Any) -> str:
    return ledger.append(kind, result, body, actor=ACTOR, kit=KIT).digest


def test_each_record_names_the_one_before(ledger: Ledger) -> None:
    heads = [append(ledger, number=number) for number in range(3)]

    found = list(ledger.records(newest_first=False))

    assert [entry.record.sequence for entry in found] == [1, 2, 3]
    assert [entry.record.previous for entry in found] == [None, *heads[:2]]
    assert [entry.digest for entry in found] == heads
    assert [entry.record.body for entry in found] == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_a_kind_of_record_is_found_newest_first(ledger: Ledger) -> None:
    append(ledger, "drill", at=1)
    append(ledger, "delivery", at=2)
    append(ledger, "drill", at=3)

    assert [entry.record.body["at"] for entry in ledger.records("drill")] == [3, 1]


def test_many_writers_make_one_chain(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: append(ledger, number=number), range(12)))

    found = list(ledger.records(newest_first=False))

    assert [entry.record.sequence for entry in found] == list(range(1, 13))
    assert sorted(entry.record.body["number"] for entry in found) == list(range(12))
    for before, after in pairwise(found):
        assert after.record.previous == before.digest


class _LosesAnswers:
    """S3 whose first answer to each write is lost on the way; botocore then asks again, and finds its own record."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **asked: Any) -> Any:
        self._s3.put_object(**asked)
        return self._s3.put_object(**asked)


def test_a_lost_answer_makes_no_second_record(s3: Any, bucket: str) -> None:
    ledger = Ledger(_LosesAnswers(s3), bucket, "acme-dev", ACME)

    append(ledger)
    append(ledger)

    assert len(list(ledger.keys())) == 2


def test_a_document_is_kept_once_under_its_digest(s3: Any, ledger: Ledger) -> None:
    page = b"<html>"
    one, two = (ledger.attach("report.html", page, "text/html") for _ in range(2))

    assert one == two
    assert one.sha256 == digest(page)
    assert ledger.content(one.key) == page
    assert len(s3.list_object_versions(Bucket=ledger.bucket)["Versions"]) == 1


def test_another_clients_bucket_is_refused(s3: Any, bucket: str) -> None:
    ledger = Ledger(s3, bucket, "acme-dev", GLOBEX)

    with pytest.raises(LedgerError, match=f"s3://{bucket}/ledger/acme-dev/ cannot be listed"):
        append(ledger)


def test_what_is_no_record_stops_the_writer(s3: Any, ledger: Ledger) -> None:
    s3.put_object(Bucket=ledger.bucket, Key=ledger.key(1), Body=b"{}")

    with pytest.raises(LedgerError, match="is no record of format 1"):
        append(ledger)


def test_an_endpoint_that_cannot_be_reached_is_told(bucket: str, s3: Any) -> None:
    class Unreachable(_LosesAnswers):
        def put_object(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://s3.example")

    with pytest.raises(LedgerError, match="cannot be written"):
        append(Ledger(Unreachable(s3), bucket, "acme-dev", ACME))


def test_the_bytes_follow_from_the_content() -> None:
    assert canonical({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})
