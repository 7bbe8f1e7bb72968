"""What a provider is, in plain Python: requests in, results out, errors raised."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.values import Properties


@dataclass(frozen=True, slots=True)
class Subject:
    """The resource that a request is about: its URN, its type token and its logical name."""

    urn: str
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Autonaming:
    """What the stack's configuration (``pulumi:autonaming``) asks of automatic names.

    ``proposed`` may be empty; with ``enforced`` it must be taken as it is; with ``disabled`` a resource without a
    name is a failure.
    """

    proposed: str = ""
    enforced: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class CheckRequest(Subject):
    """New inputs to validate and complete. ``old_inputs`` is empty for a new resource."""

    inputs: Properties
    old_inputs: Properties = field(default_factory=dict)
    random_seed: bytes = b""
    autonaming: Autonaming | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an input is refused. ``property`` is a path, or empty for the resource as a whole."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs completed with defaults, and what is wrong with them."""

    inputs: Properties
    failures: Sequence[Failure] = ()


@dataclass(frozen=True, slots=True)
class DiffRequest(Subject):
    """Old and new of a resource. ``ignore_changes`` is already applied to ``inputs`` by the engine."""

    id: str
    old_inputs: Properties
    old_state: Properties
    inputs: Properties
    ignore_changes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``kind`` is ``add``, ``delete`` or ``update``; ``replace``: it needs a new object.

    ``from_inputs``: it is between old and new inputs; otherwise between the old state and the new inputs.
    """

    kind: Literal["add", "delete", "update"]
    replace: bool = False
    from_inputs: bool = True


@dataclass(frozen=True, slots=True)
class Diff:
    """Differences by property path (``tags.Name``, ``ingress[0].cidrBlocks``); none at all: nothing to do.

    ``delete_first``: the old object must go before a new one can be made.
    """

    changes: Mapping[str, Change] = field(default_factory=dict)
    delete_first: bool = False


@dataclass(frozen=True, slots=True)
class CreateRequest(Subject):
    """Create the object; with ``preview`` foretell it. ``timeout`` in seconds, 0 where the user set none."""

    inputs: Properties
    timeout: float = 0.0
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """The object's id (empty at preview) and its state."""

    id: str
    state: Properties


@dataclass(frozen=True, slots=True)
class ReadRequest(Subject):
    """Read the object. ``state`` and ``inputs`` are empty for an import."""

    id: str
    state: Properties = field(default_factory=dict)
    inputs: Properties = field(default_factory=dict)
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """The object as it is, and the inputs that describe it."""

    id: str
    state: Properties
    inputs: Properties


@dataclass(frozen=True, slots=True)
class UpdateRequest(Subject):
    """Change the object in place; with ``preview`` foretell it."""

    id: str
    old_inputs: Properties
    old_state: Properties
    inputs: Properties
    ignore_changes: Sequence[str] = ()
    timeout: float = 0.0
    preview: bool = False


@dataclass(frozen=True, slots=True)
class DeleteRequest(Subject):
    """Delete the object; that it is gone already is success."""

    id: str
    state: Properties
    old_inputs: Properties = field(default_factory=dict)
    timeout: float = 0.0


class Provider:
    """Base class of the providers. Methods are called from many threads at once.

    Every method may raise :class:`~sandbox.plugins.protocol.errors.ProviderError`; ``create``, ``update`` and ``read``
    also :class:`~sandbox.plugins.protocol.errors.InitializationError`. What else is raised is a defect of the provider
    and reaches the user with its traceback.

    Attributes:
        name: the package's name, as in ``pulumi-resource-NAME``.
        version: version of the SDK that it stands in for.
        engine: where to log to; set before the first call that is about a resource.
        cancelled: set when the user cancels or the engine goes: waiting operations then give up.
    """

    name: str
    version: str

    def __init__(self) -> None:
        self.engine = Engine(None)
        self.cancelled = threading.Event()

    def check_config(self, request: CheckRequest) -> Checked:
        """Validate the provider's own configuration. Values may be JSON text: the SDKs send nested ones so."""
        return Checked(request.inputs)

    def diff_config(self, request: DiffRequest) -> Diff:
        """Compare configurations of the provider. ``replace`` would replace every resource of the provider."""
        return Diff(compare(request.old_inputs, request.inputs))

    def configure(self, config: Properties) -> None:
        """Take the configuration. Called once, when all of it is known; a raised error fails every later call."""
        raise NotImplementedError

    def check(self, request: CheckRequest) -> Checked:
        """Validate and complete the inputs of a resource."""
        raise NotImplementedError

    def diff(self, request: DiffRequest) -> Diff:
        """Say what a change of inputs means."""
        raise NotImplementedError

    def create(self, request: CreateRequest) -> Created:
        """Create a resource."""
        raise NotImplementedError

    def read(self, request: ReadRequest) -> Found | None:
        """Read a resource; ``None`` when it does not exist (any more)."""
        raise NotImplementedError

    def update(self, request: UpdateRequest) -> Properties:
        """Update a resource in place; returns its state."""
        raise NotImplementedError

    def delete(self, request: DeleteRequest) -> None:
        """Delete a resource."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Give up what is waiting: the user cancelled, or the engine is going. Calls in flight then fail."""
        self.cancelled.set()

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> Properties:
        """Call a function of the package. Refused unless a provider says otherwise."""
        raise ProviderError(
            f"the function {token} is not served by the sandbox's stand-in for the {self.name} plugin; "
            "pass the value in, or use the official plugin (SANDBOX_PLUGINS=official)"
        )


def compare(old: Any, new: Any, path: str = "") -> dict[str, Change]:
    """Differences between two plain values, by path. Lists of different length differ as a whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found: dict[str, Change] = {}
        for key in [*old, *(key for key in new if key not in old)]:
            member = below(path, key)
            if key not in new:
                found[member] = Change("delete")
            elif key not in old:
                found[member] = Change("add")
            else:
                found |= compare(old[key], new[key], member)
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        found = {}
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            found |= compare(before, after, f"{path}[{index}]")
        return found
    return {} if old is new or old == new else {path: Change("update")}


def below(path: str, key: str) -> str:
    """The path of a member: quoted where its name holds a dot, a bracket or a quote."""
    if any(sign in key for sign in '."[]'):
        quoted = key.replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{key}" if path else key
