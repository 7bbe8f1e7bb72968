"""Names and numbers that identify an environment, within the limits of what is derived from them.

The longest names derived are those of IAM roles (64 characters: AWS, *IAM and AWS STS quotas*) and of RDS instances (63
characters, letters, digits and single hyphens: *CreateDBInstance*): ``CLIENT-STAGE-`` plus at most 24 characters.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from stacks.spec.problems import refuse

CLIENT_LONGEST: Final = 20
STAGES: Final = ("dev", "test", "staging", "prod")
Stage = Literal["dev", "test", "staging", "prod"]


def _client(value: str) -> str:
    if not re.fullmatch(r"[a-z](?:[a-z0-9]|-(?!-))*[a-z0-9]", value) or len(value) > CLIENT_LONGEST:
        raise refuse(
            f"a client's name has 2 to {CLIENT_LONGEST} lower-case letters, digits and single hyphens, "
            "a letter first and no hyphen last (RDS and IAM names are derived from it)",
            "shorten or respell it, for example 'acme'",
        )
    return value


def _account(value: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", value):
        raise refuse("an AWS account id has exactly 12 digits", "write it as text, for example '111111111111'")
    return value


def _role(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,64}", value):
        raise refuse(
            "an IAM role's name has 1 to 64 letters, digits and +=,.@_- (IAM User Guide, «IAM and AWS STS quotas»)",
            "give the name alone, without ARN and path",
        )
    return value


Client = Annotated[str, AfterValidator(_client)]
Account = Annotated[str, AfterValidator(_account)]
RoleName = Annotated[str, AfterValidator(_role)]
