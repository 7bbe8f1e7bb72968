"""Leaving records in the ledger."""

from __future__ import annotations

from components.identity.document import Clause
from components.identity.place import Place


def evidence(place: Place, kind: str) -> tuple[Clause, ...]:
    """Clauses to append a record to the ledger: written once, never read back or removed."""
    bucket = place.bucket("evidence*")
    return (
        Clause(
            "Evidence",
            f"Every {kind} leaves a record",
            ["s3:GetObject", "s3:PutObject", "s3:PutObjectRetention"],
            [f"{bucket}/*"],
        ),
        Clause("FindEvidence", "A record continues the chain of the one before", ["s3:ListBucket"], [bucket]),
        Clause(
            "SealEvidence",
            "The ledger is encrypted with the client's key",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [place.arn("kms", "key/*")],
            {"StringEquals": {**place.own, "kms:ViaService": [f"s3.{place.home}.amazonaws.com"]}},
        ),
    )
