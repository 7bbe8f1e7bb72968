"""Cases of the hardening pack: trail, configuration history, detection, volumes."""

from __future__ import annotations

from tests.policies.cases.data import KEY
from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import UNKNOWN

TRAIL = "aws:cloudtrail/trail:Trail"


def switch(rule: str, type_: str, name: str, *, on: bool) -> Cases:
    """A rule that wants one switch on; ``on``: it is, where nothing is said."""
    return one(
        rule,
        type_,
        good={name: True},
        bad={name: False},
        at=name,
        unset=PASSES if on else FAILS,
        unknown={name: UNKNOWN},
    )


CASES: tuple[Cases, ...] = (
    switch("trail-all-regions", TRAIL, "isMultiRegionTrail", on=False),
    switch("trail-validated", TRAIL, "enableLogFileValidation", on=False),
    switch("trail-logging", TRAIL, "enableLogging", on=True),
    switch("guardduty-enabled", "aws:guardduty/detector:Detector", "enable", on=True),
    switch("ebs-encrypted-by-default", "aws:ebs/encryptionByDefault:EncryptionByDefault", "enabled", on=True),
    one(
        "trail-cmk",
        TRAIL,
        good={"kmsKeyId": KEY},
        bad={"kmsKeyId": ""},
        at="kmsKeyId",
        unset=FAILS,
        unknown={"kmsKeyId": UNKNOWN},
    ),
    one(
        "config-records-all",
        "aws:cfg/recorder:Recorder",
        good={"recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}},
        bad={"recordingGroup": {"allSupported": False, "includeGlobalResourceTypes": True}},
        at="recordingGroup.allSupported",
        unset=PASSES,
        unknown={"recordingGroup": {"allSupported": UNKNOWN, "includeGlobalResourceTypes": True}},
        unknown_is=UNDECIDED,
        more=[({"recordingGroup": {"allSupported": True}}, FAILS)],
    ),
)
