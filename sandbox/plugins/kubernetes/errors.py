"""What can go wrong between the plugin and a Kubernetes API server, in words that name the object and the fix."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.protocol import ProviderError

_IMMUTABLE = re.compile(
    r"field is immutable|may not change once set|updates to \w+ spec for fields other than|"
    r"pod updates may not change fields other than|spec is immutable|cannot change roleRef|"
    r"is immutable after creation|may not be changed|updates to parameters are forbidden|"
    r"updates to provisioner are forbidden|can only be set on creation"
)
_RBAC = re.compile(r'(User|user|serviceaccount) .* cannot \w+ resource|cannot \w+ resource "')


class KubernetesError(ProviderError):
    """Anything that keeps the plugin from doing what it was asked; its text is meant for people."""


class KubeconfigError(KubernetesError):
    """The kubeconfig cannot be used: unreadable, incomplete, or its credential command failed."""


class UnreachableError(KubernetesError):
    """No API server answers at the kubeconfig's address."""


class UnknownKindError(KubernetesError):
    """The API server serves no such kind (yet): a missing CustomResourceDefinition, or a removed API version."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause out of the API server's ``Status.details.causes``."""

    field: str
    reason: str
    message: str


class ApiError(KubernetesError):
    """The API server refused a request.

    Attributes:
        status: HTTP status code.
        reason: the server's machine-readable reason (``Conflict``, ``Invalid``, …); the status code where it gave none.
        message: the server's own words.
        causes: the fields at fault, where the server names them.
    """

    def __init__(self, status: int, reason: str, message: str, causes: Sequence[Cause] = ()) -> None:
        super().__init__(f"{reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = tuple(causes)

    @classmethod
    def from_status(cls, status: int, body: Mapping[str, Any] | None, text: str) -> ApiError:
        """Make the error out of an answer: a ``Status`` object, or plain text where the server sent none."""
        if body is None or body.get("kind") != "Status":
            return cls(status, f"HTTP {status}", " ".join(text.split())[:500] or "(no body)")
        details = body.get("details") or {}
        causes = [
            Cause(str(cause.get("field", "")), str(cause.get("reason", "")), str(cause.get("message", "")))
            for cause in details.get("causes") or ()
        ]
        return cls(status, str(body.get("reason") or f"HTTP {status}"), str(body.get("message", "")), causes)

    @property
    def not_found(self) -> bool:
        """Whether the object, or the namespace it is to live in, does not exist."""
        return self.status == 404

    @property
    def conflicts(self) -> tuple[Cause, ...]:
        """The fields that another field manager owns, if that is why an apply was refused."""
        return tuple(cause for cause in self.causes if cause.reason == "FieldManagerConflict")

    @property
    def immutable(self) -> bool:
        """Whether the server refused to change a field that can be set at creation only."""
        return self.status == 422 and bool(_IMMUTABLE.search(self.message))

    @property
    def unauthorised(self) -> bool:
        """Whether the caller's role, not an admission rule, stands in the way."""
        return self.status in {401, 403} and (self.status == 401 or bool(_RBAC.search(self.message)))


def explain(action: str, subject: str, error: KubernetesError) -> str:
    """Words for a failed action: what, on which object, the server's reason and message, and the fix if one is known.

    >>> explain("create", "v1 ConfigMap shop/settings", ApiError(404, "NotFound", 'namespaces "shop" not found'))
    'cannot create v1 ConfigMap shop/settings: NotFound: namespaces "shop" not found'
    """
    text = f"cannot {action} {subject}: {error}"
    if isinstance(error, ApiError) and error.conflicts:
        return (
            f"{text}\nFix: let the other manager go, or take the fields over with the annotation "
            'pulumi.com/patchForce: "true" (for every object: enablePatchForce of the provider).'
        )
    return text
