"""Connections as the master user: credentials of the moment, verified TLS, patience with a server that restarts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, LiteralString

import boto3
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

ATTEMPTS: Final = 7
BACKOFF_SECONDS: Final = 0.5
"""Pause after the first failed attempt; it doubles each time, up to about half a minute in all."""

CONNECT_SECONDS: Final = 10
LOCK_SECONDS: Final = 30
"""Longest wait for a lock that an application holds."""

_REFUSED: Final = ("password authentication failed", "no pg_hba.conf entry", "does not exist", "certificate")
"""Answers that do not pass by themselves."""

Properties = Mapping[str, Any]


class DatabaseError(RuntimeError):
    """An operation failed; the message names the server, the database and what the server said."""


class Server:
    """The PostgreSQL server that a resource's properties name.

    Properties: ``host``, ``port``; ``secret_arn`` of the master user's secret (JSON with username and password), its
    ``region``, and ``role_arn``: the role that may read it.
    """

    def __init__(self, properties: Properties) -> None:
        self._at = properties

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return f"{self._at['host']}:{int(self._at['port'])}"

    @cached_property
    def session(self) -> boto3.Session:
        """A session of the role, in the secret's region.

        Raises:
            DatabaseError: the role cannot be assumed.
        """
        region = str(self._at["region"])
        try:
            sts = boto3.client("sts", region_name=region)
            keys: Any = sts.assume_role(RoleArn=self._at["role_arn"], RoleSessionName="freehold-databases")
        except (BotoCoreError, ClientError) as error:
            raise DatabaseError(f"{self._at['role_arn']} cannot be assumed: {error}") from None
        found = keys["Credentials"]
        return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region_name=region)

    def credentials(self) -> tuple[str, str]:
        """The master user's name and password of this moment.

        Raises:
            DatabaseError: the secret cannot be read.
        """
        secret = self._at["secret_arn"]
        try:
            answer = self.session.client("secretsmanager").get_secret_value(SecretId=secret)
        except (BotoCoreError, ClientError) as error:
            raise DatabaseError(f"the master user's secret {secret} cannot be read: {error}") from None
        found = json.loads(answer["SecretString"])
        return found["username"], found["password"]

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """A connection in autocommit mode; what the server refuses meanwhile is a :class:`DatabaseError`."""
        with self._connect(database) as connection:
            try:
                yield connection
            except psycopg.Error as error:
                raise DatabaseError(f"{self.place}/{database}: {str(error).strip()}") from None

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        authority = os.environ.get("PGSSLROOTCERT", "")
        if not authority:
            raise DatabaseError(
                "PGSSLROOTCERT must name the authority of the server's certificate in the environment of the engine "
                "(on RDS: the certificate bundle of the region)"
            )
        pause = BACKOFF_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            # read anew each time: RDS may have rotated it since
            user, password = self.credentials()
            try:
                return psycopg.connect(
                    host=self._at["host"],
                    port=int(self._at["port"]),
                    user=user,
                    password=password,
                    dbname=database,
                    sslmode="verify-full",
                    sslrootcert=authority,
                    connect_timeout=CONNECT_SECONDS,
                    application_name="freehold",
                    options=f"-c statement_timeout=0 -c lock_timeout={LOCK_SECONDS}s",
                    autocommit=True,
                )
            except psycopg.OperationalError as error:
                said = " ".join(str(error).split())
                if attempt == ATTEMPTS or any(part in said for part in _REFUSED):
                    raise DatabaseError(
                        f"no connection to {self.place}/{database}: {said}. The engine has to run where the database's "
                        "network admits it, or behind a tunnel that PGHOSTADDR names (docs/adr/0010)"
                    ) from None
                time.sleep(pause)
                pause *= 2
        raise AssertionError("the last attempt raises")


def one(connection: psycopg.Connection[Any], question: LiteralString, **values: Any) -> Any:
    """The first value of the first row, or ``None``."""
    row = connection.execute(question, values).fetchone()
    return row[0] if row else None


def eventually(done: Callable[[], bool], seconds: float, meanwhile: str) -> None:
    """Ask until it is so.

    Raises:
        DatabaseError: it is not so after ``seconds``; ``meanwhile`` says what was waited for.
    """
    deadline, pause = time.monotonic() + seconds, 0.2
    while not done():
        if time.monotonic() > deadline:
            raise DatabaseError(f"{meanwhile} is not so after {seconds:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 10)
