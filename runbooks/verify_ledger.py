"""Prove that an environment's ledger is whole: every record there, unaltered, in its place, and locked.

Records are read back from the evidence bucket and held against each other: each must name the SHA-256 of the one
before; none may be missing, replaced, hidden by a delete marker or unlocked; every document beside a record must be
there with the digest that the record states. The first broken record is named. What a chain cannot show by itself is
that its newest records were never written: note its head somewhere else (a hand-over, a mail), and give it to --expect.

Examples:

    python -m runbooks.verify_ledger acme-prod
    python -m runbooks.verify_ledger acme-prod --json
    python -m runbooks.verify_ledger acme-prod --expect 5f2a...  # the head that was noted is still part of the chain

Exit codes: 0 the chain is whole, 1 it is broken, 2 it could not be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from runbooks.ledger import Attachment, Ledger, LedgerError, Record, canonical, digest
from scripts import environments

BROKEN, UNREAD = 1, 2

SKEW: Final = timedelta(minutes=10)
"""Longest difference between a writer's clock and S3's that is not reported. AWS itself refuses requests signed more
than 15 minutes off (AWS General Reference, *Signature Version 4*)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        key: the object.
        what: what is wrong with it.
        sequence: its place in the chain, where it has one.
    """

    key: str
    what: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Args:
        environment: CLIENT-STAGE.
        records: records read.
        head: SHA-256 of the newest one; ``None`` of an empty ledger.
        problems: what is wrong, in the order of the chain.
    """

    environment: str
    records: int
    head: str | None
    problems: tuple[Problem, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not self.problems


_UNKNOWN: Final = object()
"""Stands for the digest of a record that is missing."""


@dataclass(frozen=True, slots=True)
class _Version:
    id: str
    modified: datetime
    marker: bool


def verify(s3: Any, ledger: Ledger, *, days: int, compliance: bool, expect: str | None = None) -> Verdict:
    """Read the whole ledger and hold it against itself.

    Args:
        s3: an S3 client of a role that may read versions and retention.
        days: how long records have to be locked.
        compliance: whether the lock has to be in compliance mode.
        expect: digest of a record that must be part of the chain.

    Raises:
        LedgerError: the bucket cannot be read.
    """
    return _Reader(s3, ledger, days, compliance).verdict(expect)


@dataclass(frozen=True, slots=True)
class _Reader:
    s3: Any
    ledger: Ledger
    days: int
    compliance: bool

    def verdict(self, expect: str | None) -> Verdict:
        """Go along the chain."""
        problems: list[Problem] = []
        digests: list[str] = []
        previous: Any = None
        due = 1
        for key, found in sorted(self.versions().items()):
            try:
                place = self.ledger.sequence(key)
            except LedgerError:
                problems.append(Problem(key, "it does not belong into a ledger"))
                continue
            if place > due:
                missing = f"record {due} is" if place == due + 1 else f"records {due} to {place - 1} are"
                problems.append(Problem(self.ledger.key(due), f"{missing} missing", due))
                previous = _UNKNOWN
            problems += [Problem(key, what, place) for what in self.kept(key, found)]
            due = place + 1
            first = next((one for one in reversed(found) if not one.marker), None)
            if first is None:
                previous = _UNKNOWN
                continue
            content = self.content(key, first)
            problems += [Problem(key, what, place) for what in self.said(content, place, previous, first)]
            previous = digest(content)
            digests.append(previous)
        if expect is not None and expect not in digests:
            what = f"no record has the digest {expect}: the chain was cut or written anew"
            problems.append(Problem(self.ledger.prefix, what))
        return Verdict(self.ledger.environment, len(digests), digests[-1] if digests else None, tuple(problems))

    def versions(self) -> dict[str, list[_Version]]:
        """Versions and delete markers of each key, the newest first."""
        found: dict[str, list[_Version]] = {}
        where = {"Bucket": self.ledger.bucket, "Prefix": self.ledger.prefix}
        try:
            for page in self.s3.get_paginator("list_object_versions").paginate(**where):
                for marker, rows in ((False, page.get("Versions", [])), (True, page.get("DeleteMarkers", []))):
                    for row in rows:
                        one = _Version(row["VersionId"], row["LastModified"], marker)
                        found.setdefault(row["Key"], []).append(one)
        except (ClientError, BotoCoreError) as error:
            raise LedgerError(
                f"versions in s3://{self.ledger.bucket}/{self.ledger.prefix} cannot be listed: {error}"
            ) from error
        for versions in found.values():
            versions.sort(key=lambda version: (version.modified, version.marker), reverse=True)
        return found

    def content(self, key: str, version: _Version) -> bytes:
        """Bytes of a version."""
        try:
            found = self.s3.get_object(Bucket=self.ledger.bucket, Key=key, VersionId=version.id)
            content: bytes = found["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise self.unread(key, error) from error
        return content

    def kept(self, key: str, found: list[_Version]) -> Iterator[str]:
        """What is wrong with how an object is kept."""
        kept = [version for version in found if not version.marker]
        if len(kept) < len(found):
            yield "it is hidden by a delete marker"
        if len(kept) > 1:
            yield f"it was written {len(kept)} times; the oldest version is the record"
        for version in kept:
            lock = self.lock(key, version)
            if lock is None:
                yield "it is not locked: it can be deleted"
                continue
            until = version.modified + timedelta(days=self.days)
            if lock["RetainUntilDate"] < until - timedelta(days=1):
                yield f"it is locked until {lock['RetainUntilDate']:%Y-%m-%d}; {until:%Y-%m-%d} was promised"
            if self.compliance and lock["Mode"] != "COMPLIANCE":
                yield f"its lock is in {lock['Mode'].lower()} mode: some may delete it"

    def lock(self, key: str, version: _Version) -> Mapping[str, Any] | None:
        """How long a version is kept, and how."""
        try:
            where = {"Bucket": self.ledger.bucket, "Key": key, "VersionId": version.id}
            found: Mapping[str, Any] = self.s3.get_object_retention(**where)["Retention"]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchObjectLockConfiguration", "InvalidRequest"}:
                return None
            raise self.unread(key, error) from error
        except BotoCoreError as error:
            raise self.unread(key, error) from error
        return found

    def said(self, content: bytes, place: int, previous: Any, version: _Version) -> Iterator[str]:
        """What is wrong with what an object says."""
        try:
            said: Mapping[str, Any] = json.loads(content)
            record = Record.model_validate(said)
        except ValueError:
            yield "it is no record: its bytes were altered"
            return
        if canonical(said) != content:
            yield "its bytes are not those that the kit writes: it was altered"
        if record.sequence != place:
            yield f"it says that it is record {record.sequence}"
        if record.environment != self.ledger.environment:
            yield f"it is a record of {record.environment}"
        if previous is not _UNKNOWN and record.previous != previous:
            yield f"it follows {record.previous or 'nothing'}, but the record before is {previous or 'none'}"
        if abs(record.at - version.modified) > SKEW:
            yield f"it says {record.at:%Y-%m-%d %H:%M} UTC, and S3 received it at {version.modified:%Y-%m-%d %H:%M} UTC"
        for attachment in record.attachments:
            yield from self.beside(attachment)

    def beside(self, attachment: Attachment) -> Iterator[str]:
        """What is wrong with a document."""
        try:
            content = self.ledger.content(attachment.key)
        except LedgerError as error:
            if not isinstance(error.__cause__, ClientError) or error.__cause__.response["Error"]["Code"] != "NoSuchKey":
                raise
            yield f"{attachment.name}, which belongs to it, is gone ({attachment.key})"
            return
        if digest(content) != attachment.sha256:
            yield f"{attachment.name}, which belongs to it, was altered ({attachment.key})"

    def unread(self, key: str, error: Exception) -> LedgerError:
        """What cannot be read cannot be judged."""
        return LedgerError(f"s3://{self.ledger.bucket}/{key} cannot be read: {error}")


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="CLIENT-STAGE")
@click.option("--expect", metavar="SHA256", help="A record with this digest must be part of the chain.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def main(name: str, expect: str | None, as_json: bool) -> None:
    """Command line."""
    found = environments.outputs(name)
    try:
        s3 = environments.session(found, "ledger").client("s3")
        ledger = Ledger(s3, found.archive.evidence_bucket, name, found.account_id)
        days, compliance = found.archive.evidence_retention_days, found.stage == "prod"
        verdict = verify(s3, ledger, days=days, compliance=compliance, expect=expect)
    except (LedgerError, ClientError, BotoCoreError) as error:
        click.echo(f"the ledger of {name} could not be read: {error}", err=True)
        sys.exit(UNREAD)
    if as_json:
        click.echo(json.dumps({**asdict(verdict), "whole": verdict.whole, "at": datetime.now(UTC).isoformat()}))
    else:
        _show(verdict)
    sys.exit(0 if verdict.whole else BROKEN)


def _show(verdict: Verdict) -> None:
    console = Console(soft_wrap=True, highlight=False)
    if verdict.whole:
        console.print(f"{verdict.environment}: {verdict.records} records, the chain is whole")
        console.print(f"head {verdict.head or '-'}")
        return
    first = verdict.problems[0]
    console.print(f"{verdict.environment}: the chain is broken, first at {first.key}: {first.what}")
    for problem in verdict.problems[1:]:
        console.print(f"  {problem.key}: {problem.what}")


if __name__ == "__main__":
    main()
