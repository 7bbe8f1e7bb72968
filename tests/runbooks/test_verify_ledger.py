"""Whatever is done to a ledger behind its back is found, and the first broken record is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runbooks.ledger import Ledger, LedgerError, canonical
from runbooks.verify_ledger import Verdict, verify
from tests.runbooks.conftest import ACTOR, DAYS, KIT
from tests.sandbox.cloud.conftest import ACME


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Four records, the third with a document."""
    for number in range(4):
        page = [ledger.attach("report.html", b"<html>", "text/html")] if number == 2 else []
        ledger.append("drill", "pass", {"number": number}, actor=ACTOR, kit=KIT, attachments=page)
    return ledger


def found(s3: Any, ledger: Ledger, **more: Any) -> Verdict:
    return verify(s3, ledger, **{"days": DAYS, "compliance": False, **more})


def remove(s3: Any, ledger: Ledger, key: str) -> None:
    for row in s3.list_object_versions(Bucket=ledger.bucket, Prefix=key).get("Versions", []):
        s3.delete_object(Bucket=ledger.bucket, Key=key, VersionId=row["VersionId"], BypassGovernanceRetention=True)


def rewrite(s3: Any, ledger: Ledger, sequence: int, change: Callable[[dict[str, Any]], Any]) -> None:
    """Put an altered record in the place of one, with no older version left."""
    key = ledger.key(sequence)
    said = json.loads(ledger.content(key))
    change(said)
    remove(s3, ledger, key)
    s3.put_object(Bucket=ledger.bucket, Key=key, Body=canonical(said))


def test_a_whole_chain(s3: Any, filled: Ledger) -> None:
    last = filled.last()
    assert last is not None

    verdict = found(s3, filled, expect=last.digest)

    assert verdict.problems == ()
    assert verdict.records == 4
    assert verdict.head == last.digest


def test_an_empty_ledger_is_whole(s3: Any, ledger: Ledger) -> None:
    assert found(s3, ledger) == Verdict("acme-dev", 0, None)


def test_an_altered_record_breaks_the_one_after(s3: Any, filled: Ledger) -> None:
    rewrite(s3, filled, 2, lambda said: said["body"].update(number=7))

    (problem,) = found(s3, filled).problems

    assert problem.sequence == 3
    assert "but the record before is" in problem.what


def test_the_newest_record_altered_is_found_by_the_head_that_was_noted(s3: Any, filled: Ledger) -> None:
    noted = found(s3, filled).head
    rewrite(s3, filled, 4, lambda said: said.update(result="fail"))

    assert found(s3, filled).whole
    (problem,) = found(s3, filled, expect=noted).problems
    assert "the chain was cut or written anew" in problem.what


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said.update(sequence=9), "it says that it is record 9"),
        (lambda said: said.update(environment="globex-dev"), "it is a record of globex-dev"),
        (lambda said: said.update(previous=None), "it follows nothing, but the record before is"),
        (lambda said: said.update(at="2020-01-01T00:00:00Z"), "it says 2020-01-01 00:00 UTC"),
        (lambda said: said.pop("actor"), "it is no record"),
        (lambda said: said.update(more=1), "it is no record"),
    ],
)
def test_a_record_that_does_not_belong_there(
    s3: Any, filled: Ledger, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    rewrite(s3, filled, 2, change)

    first = found(s3, filled).problems[0]

    assert (first.sequence, first.key) == (2, filled.key(2))
    assert said in first.what


def test_bytes_that_the_kit_would_not_write(s3: Any, filled: Ledger) -> None:
    key = filled.key(4)
    content = json.dumps(json.loads(filled.content(key)), indent=1).encode()
    remove(s3, filled, key)
    s3.put_object(Bucket=filled.bucket, Key=key, Body=content)

    assert [problem.what for problem in found(s3, filled).problems] == [
        "its bytes are not those that the kit writes: it was altered"
    ]


def test_missing_records_are_named(s3: Any, filled: Ledger) -> None:
    remove(s3, filled, filled.key(2))
    remove(s3, filled, filled.key(3))

    (problem,) = found(s3, filled).problems

    assert (problem.sequence, problem.what) == (2, "records 2 to 3 are missing")


def test_the_first_record_missing(s3: Any, filled: Ledger) -> None:
    remove(s3, filled, filled.key(1))

    assert [problem.what for problem in found(s3, filled).problems] == ["record 1 is missing"]


def test_a_record_hidden_by_a_delete_marker_is_still_read(s3: Any, filled: Ledger) -> None:
    s3.delete_object(Bucket=filled.bucket, Key=filled.key(3))

    verdict = found(s3, filled)

    assert [problem.what for problem in verdict.problems] == ["it is hidden by a delete marker"]
    assert verdict.records == 4


def test_a_record_written_over_is_told_and_the_oldest_counts(s3: Any, filled: Ledger) -> None:
    s3.put_object(Bucket=filled.bucket, Key=filled.key(2), Body=b"{}")

    (problem,) = found(s3, filled).problems

    assert problem.what == "it was written 2 times; the oldest version is the record"


def test_a_record_without_its_lock(s3: Any, filled: Ledger) -> None:
    key = filled.key(4)
    content = filled.content(key)
    remove(s3, filled, key)
    s3.put_object_lock_configuration(Bucket=filled.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    s3.put_object(Bucket=filled.bucket, Key=key, Body=content)

    assert [problem.what for problem in found(s3, filled).problems] == ["it is not locked: it can be deleted"]


def test_a_lock_that_is_shorter_or_weaker_than_promised(s3: Any, filled: Ledger) -> None:
    said = {problem.what.split("; ")[-1] for problem in found(s3, filled, days=DAYS + 30, compliance=True).problems}

    assert any("was promised" in what for what in said)
    assert "its lock is in governance mode: some may delete it" in said


def test_a_document_that_is_gone_or_altered(s3: Any, filled: Ledger) -> None:
    (attachment,) = filled.read(3).record.attachments
    s3.put_object(Bucket=filled.bucket, Key=attachment.key, Body=b"other")
    assert [problem.what for problem in found(s3, filled).problems] == [
        f"report.html, which belongs to it, was altered ({attachment.key})"
    ]
    remove(s3, filled, attachment.key)
    assert [problem.what for problem in found(s3, filled).problems] == [
        f"report.html, which belongs to it, is gone ({attachment.key})"
    ]


def test_a_stray_object(s3: Any, filled: Ledger) -> None:
    s3.put_object(Bucket=filled.bucket, Key=f"{filled.prefix}notes.txt", Body=b"")

    assert [problem.what for problem in found(s3, filled).problems] == ["it does not belong into a ledger"]


def test_a_bucket_that_cannot_be_read_is_no_verdict(s3: Any) -> None:
    with pytest.raises(LedgerError, match="cannot be listed"):
        found(s3, Ledger(s3, "no-such-bucket-anywhere", "acme-dev", ACME))
