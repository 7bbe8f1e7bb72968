"""IAM Access Analyzer."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import TAGS, Case


def _unused(days: int, *accounts: str) -> dict[str, object]:
    rule = {"exclusions": [{"accountIds": list(accounts)}]} if accounts else None
    return {"unusedAccess": {"unusedAccessAge": days} | ({"analysisRule": rule} if rule else {})}


CASES: Sequence[Case] = (
    Case(
        "aws:accessanalyzer/analyzer:Analyzer",
        lambda w: {
            "analyzerName": "unused",
            "type": "ACCOUNT_UNUSED_ACCESS",
            "configuration": _unused(90),
            "tags": TAGS,
        },
        r"unused",
        update=None,
        replace=lambda w: {
            "analyzerName": "unused",
            "type": "ACCOUNT_UNUSED_ACCESS",
            "configuration": _unused(180),
        },
        tamper=None,
    ),
)
