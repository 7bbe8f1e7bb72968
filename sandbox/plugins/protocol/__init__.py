"""The provider protocol of the Pulumi engine, for providers written in plain Python.

A provider subclasses :class:`Provider`; ``serve(provider)`` makes it the process that the engine starts.
"""

from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import InitializationError, ProviderError
from sandbox.plugins.protocol.loopback import EndpointRefused, require_loopback
from sandbox.plugins.protocol.provider import (
    Autonaming,
    Change,
    Checked,
    CheckRequest,
    Created,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    Failure,
    Found,
    Provider,
    ReadRequest,
    Subject,
    UpdateRequest,
    below,
    compare,
)
from sandbox.plugins.protocol.servicer import ProviderServicer
from sandbox.plugins.protocol.values import (
    UNKNOWN,
    Properties,
    Secret,
    contains_secret,
    contains_unknown,
    decode,
    encode,
    reveal,
)

__all__ = [
    "UNKNOWN",
    "Autonaming",
    "Change",
    "CheckRequest",
    "Checked",
    "CreateRequest",
    "Created",
    "DeleteRequest",
    "Diff",
    "DiffRequest",
    "EndpointRefused",
    "Engine",
    "Failure",
    "Found",
    "InitializationError",
    "Properties",
    "Provider",
    "ProviderError",
    "ProviderServicer",
    "ReadRequest",
    "Secret",
    "Subject",
    "UpdateRequest",
    "below",
    "compare",
    "contains_secret",
    "contains_unknown",
    "decode",
    "encode",
    "require_loopback",
    "reveal",
]
