"""AWS's refusals in one line, and which of them mean that a thing is gone."""

from __future__ import annotations

import re
from typing import Final

import botocore.exceptions

from sandbox.plugins.protocol import ProviderError

_GONE: Final = re.compile(r"NotFound|NoSuch|DoesNotExist|\bNotExist")
_BUSY: Final = frozenset(
    {
        "DependencyViolation",
        "DeleteConflict",
        "ResourceInUse",
        "ResourceInUseException",
        "InvalidDBSubnetGroupStateFault",
    }
)


_GONE_BY_TEXT: Final = re.compile(r"is not owned by the current account|is not subscribed to AWS Security Hub")
"""GuardDuty and Security Hub have no code of their own for what does not exist."""


class ApiError(ProviderError):
    """AWS refused a request.

    Attributes:
        operation: which one (``CreateVpc``).
        code: AWS's error code.
        text: its message.
    """

    def __init__(self, operation: str, code: str, text: str) -> None:
        super().__init__(f"{code}: {text} (in {operation})")
        self.operation = operation
        self.code = code
        self.text = text

    @property
    def gone(self) -> bool:
        """Whether it says that the object does not exist."""
        return _GONE.search(self.code) is not None or _GONE_BY_TEXT.search(self.text) is not None

    @property
    def busy(self) -> bool:
        """Whether it says that something else must go first."""
        return self.code in _BUSY


def translate(operation: str, error: Exception) -> ProviderError:
    """What botocore raised, as an error for people."""
    if isinstance(error, botocore.exceptions.ClientError):
        found = error.response.get("Error", {})
        return ApiError(operation, str(found.get("Code", "Unknown")), str(found.get("Message", "")))
    if isinstance(error, botocore.exceptions.ParamValidationError):
        return ApiError(operation, "ParamValidation", " ".join(str(error).split()))
    return ProviderError(f"{operation}: {error}")


WIRE_ERRORS: Final = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
"""All that a botocore client raises by design."""
