"""The ledger: one hash-chained record of everything that was done to an environment, in its locked evidence bucket.

Record *n* is the object ``ledger/CLIENT-STAGE/000000000042.json``: canonical JSON that names the SHA-256 of record
*n - 1*. Nobody can alter or remove one without breaking every later one, and the bucket's Object Lock keeps the bytes
themselves. Two writers cannot take the same place: a record is written only where none is yet (``If-None-Match: *``,
Amazon S3 User Guide, *Conditional writes*).
"""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

FORMAT: Final = 1
DIGITS: Final = 12
ATTEMPTS: Final = 8
"""Tries to take the next place while others take it too."""

_TAKEN: Final = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")

Result = Literal["pass", "fail", "error", "done"]
"""``pass``/``fail``: something was tested; ``error``: it could not be; ``done``: something was carried out."""


class LedgerError(RuntimeError):
    """A record could not be read or written; the message names bucket and key and what S3 said."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Actor(_Part):
    """Who did it."""

    caller: str
    """ARN of the person or machine whose credentials were used."""
    role: str
    """ARN of the session in the client's account."""


class Kit(_Part):
    """Which kit did it."""

    version: str
    """Version of Freehold."""
    commit: str | None
    """Commit of the kit's repository, with ``-dirty`` if files differed from it; ``None`` outside a repository."""


class Attachment(_Part):
    """A document beside the record, kept under its own digest."""

    name: str
    """File name."""
    key: str
    """Object in the evidence bucket."""
    sha256: str
    """SHA-256 of its bytes, in hexadecimal."""
    media_type: str
    """For example ``text/html``."""


class Record(_Part):
    """One record."""

    format: Literal[1]
    """Version of this format."""
    environment: str
    """CLIENT-STAGE."""
    sequence: int
    """Place in the chain: 1, 2, 3..."""
    previous: str | None
    """SHA-256 of the record before, in hexadecimal; ``None`` of the first."""
    id: str
    """UUID of the attempt, so that a writer knows its own record again after a lost answer."""
    at: datetime
    """When it was written, by the writer's clock."""
    kind: str
    """What was done: drill, delivery, drift, rotation, break-glass, handover..."""
    result: Result
    """How it ended."""
    actor: Actor
    """Who did it."""
    kit: Kit
    """With which kit."""
    attachments: tuple[Attachment, ...] = ()
    """Documents beside it."""
    body: Mapping[str, Any]
    """What the kind of record has to say."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it lies in the bucket.

    Args:
        record: what it says.
        key: where.
        digest: SHA-256 of its bytes, which the next record names.
    """

    record: Record
    key: str
    digest: str


def canonical(value: Any) -> bytes:
    """JSON whose bytes follow from its content: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Ledger:
    """The ledger of one environment.

    Args:
        client: an S3 client in the client's account and home region.
        bucket: the evidence bucket.
        environment: CLIENT-STAGE.
        account: the account that owns the bucket; another one's bucket is refused by S3.
    """

    def __init__(self, client: Any, bucket: str, environment: str, account: str) -> None:
        self._s3 = client
        self.bucket = bucket
        self.environment = environment
        self._owner = {"Bucket": bucket, "ExpectedBucketOwner": account}

    @property
    def prefix(self) -> str:
        """Where records lie."""
        return f"ledger/{self.environment}/"

    def key(self, sequence: int) -> str:
        """Object of a record."""
        return f"{self.prefix}{sequence:0{DIGITS}d}.json"

    def attach(self, name: str, content: bytes, media_type: str) -> Attachment:
        """Keep a document under its digest; the same document twice is one object.

        Raises:
            LedgerError: S3 refuses.
        """
        found = digest(content)
        key = f"attachments/{self.environment}/{found}/{name}"
        try:
            self._s3.put_object(
                **self._owner,
                Key=key,
                Body=content,
                ContentType=media_type,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
            )
        except (ClientError, BotoCoreError) as error:
            if not _taken(error):
                raise self._failed("written", key, error) from error
        return Attachment(name=name, key=key, sha256=found, media_type=media_type)

    def append(
        self,
        kind: str,
        result: Result,
        body: Mapping[str, Any],
        *,
        actor: Actor,
        kit: Kit,
        attachments: Sequence[Attachment] = (),
    ) -> Entry:
        """Add a record at the end of the chain.

        Raises:
            LedgerError: S3 refuses, the last record cannot be read, or others took every place that was tried.
        """
        identity = str(uuid.uuid4())
        for attempt in range(ATTEMPTS):
            last = self.last()
            record = Record(
                format=FORMAT,
                environment=self.environment,
                sequence=last.record.sequence + 1 if last else 1,
                previous=last.digest if last else None,
                id=identity,
                at=datetime.now(UTC),
                kind=kind,
                result=result,
                actor=actor,
                kit=kit,
                attachments=tuple(attachments),
                body=body,
            )
            content = canonical(record.model_dump(mode="json"))
            key = self.key(record.sequence)
            try:
                self._s3.put_object(
                    **self._owner,
                    Key=key,
                    Body=content,
                    ContentType="application/json",
                    IfNoneMatch="*",
                    ChecksumAlgorithm="SHA256",
                )
            except (ClientError, BotoCoreError) as error:
                if not _taken(error):
                    raise self._failed("written", key, error) from error
                # a lost answer looks the same as another writer's success
                if (there := self.read(record.sequence)).record.id == identity:
                    return there
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 (no secret)
                continue
            return Entry(record, key, digest(content))
        raise LedgerError(
            f"s3://{self.bucket}/{self.prefix}: others took the next place {ATTEMPTS} times; nothing was written"
        )

    def read(self, sequence: int) -> Entry:
        """One record.

        Raises:
            LedgerError: there is none, or it is no record.
        """
        key = self.key(sequence)
        content = self.content(key)
        try:
            return Entry(Record.model_validate_json(content), key, digest(content))
        except ValidationError as error:
            raise LedgerError(f"s3://{self.bucket}/{key} is no record of format {FORMAT}: {error}") from error

    def last(self) -> Entry | None:
        """The newest record.

        Raises:
            LedgerError: the bucket cannot be listed, or what stands last is no record.
        """
        keys = list(self.keys())
        return self.read(self.sequence(keys[-1])) if keys else None

    def records(self, *kinds: str, newest_first: bool = True) -> Iterator[Entry]:
        """Records of some kinds, or of all.

        Raises:
            LedgerError: one cannot be read.
        """
        for key in sorted(self.keys(), reverse=newest_first):
            entry = self.read(self.sequence(key))
            if not kinds or entry.record.kind in kinds:
                yield entry

    def keys(self) -> Iterator[str]:
        """Keys below the ledger's prefix, ascending.

        Raises:
            LedgerError: the bucket cannot be listed.
        """
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(**self._owner, Prefix=self.prefix):
                yield from (row["Key"] for row in page.get("Contents", []))
        except (ClientError, BotoCoreError) as error:
            raise self._failed("listed", self.prefix, error) from error

    def sequence(self, key: str) -> int:
        """Place of a record, from its key.

        Raises:
            LedgerError: it is no record's key.
        """
        stem = key.removeprefix(self.prefix).removesuffix(".json")
        if not (stem.isascii() and stem.isdigit()) or self.key(int(stem)) != key:
            raise LedgerError(f"s3://{self.bucket}/{key} does not belong into a ledger")
        return int(stem)

    def content(self, key: str) -> bytes:
        """Bytes of an object.

        Raises:
            LedgerError: S3 refuses, or there is none.
        """
        try:
            content: bytes = self._s3.get_object(**self._owner, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise self._failed("read", key, error) from error
        return content

    def _failed(self, verb: str, key: str, error: Exception) -> LedgerError:
        return LedgerError(f"s3://{self.bucket}/{key} cannot be {verb}: {error}")


def _taken(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in _TAKEN
