"""Resources as rules see them, made from what the policy SDK hands over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from policies.engine.values import Node, State, Step

if TYPE_CHECKING:
    from pulumi_policy import PolicyProviderResource, PolicyResource, ResourceValidationArgs

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True)
class Provider:
    """The provider that a resource goes through."""

    type: str
    name: str
    urn: str
    props: Node

    @property
    def is_default(self) -> bool:
        """Made by the engine from ambient settings (it names such providers ``default`` or ``default_VERSION``)."""
        return is_default_name(self.name)


def is_default_name(name: str) -> bool:
    """Whether a provider's name is one that the engine gives to default providers."""
    return name == "default" or name.startswith("default_")


@dataclass(frozen=True)
class Resource:
    """One resource: its inputs before it exists, or its outputs in a :class:`Stack`.

    ``depends`` names, per property, the URNs whose outputs went into it (known in a stack only).
    """

    type: str
    name: str
    urn: str
    props: Node
    provider: Provider | None = None
    protect: bool = False
    depends: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def at(self, *steps: Step) -> Node:
        """A property."""
        return self.props.at(*steps)

    def every(self, *steps: Step) -> list[Node]:
        """Properties by a path that fans out over lists (see :meth:`Node.every`)."""
        return self.props.every(*steps)

    @property
    def region(self) -> Node:
        """Where it will live: its own ``region``, else its provider's (path ``provider.region``)."""
        own = self.at("region")
        if not own.absent or self.provider is None:
            return own
        theirs = self.provider.props.at("region")
        return Node("provider.region", theirs.state, theirs.value)

    @property
    def kind(self) -> str:
        """The last part of the type, e.g. ``Deployment``."""
        return self.type.rsplit(":", 1)[-1]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


@dataclass(frozen=True)
class Stack:
    """All resources of the stack."""

    resources: Sequence[Resource]

    @cached_property
    def _by_pattern(self) -> dict[str, list[Resource]]:
        return {}

    def of(self, *patterns: str) -> list[Resource]:
        """Resources whose type matches one of the patterns."""
        key = " ".join(patterns)
        if key not in self._by_pattern:
            self._by_pattern[key] = [found for found in self.resources if matches(found.type, patterns)]
        return self._by_pattern[key]


@lru_cache(maxsize=4096)
def matches(type_: str, patterns: tuple[str, ...]) -> bool:
    """Whether a resource type matches one of the patterns (``*``: any run of characters)."""
    return any(fnmatchcase(type_, pattern) for pattern in patterns)


def provider_of(found: PolicyProviderResource | None) -> Provider | None:
    """A provider as the SDK describes it."""
    if found is None:
        return None
    return Provider(found.resource_type, found.name, found.urn, Node.of(found.props))


def from_inputs(args: ResourceValidationArgs) -> Resource:
    """A resource before it exists."""
    return Resource(
        type=args.resource_type,
        name=args.name,
        urn=args.urn,
        props=Node.of(args.props),
        provider=provider_of(args.provider),
        protect=args.opts.protect,
    )


def from_stack(found: PolicyResource, *, preview: bool) -> Resource:
    """A resource as the finished stack has it.

    In a preview the engine gives a resource no outputs at all where its provider is not configured yet (a cluster that
    is still to be made): then nothing of it is known, rather than everything absent.
    """
    nothing_yet = preview and not len(found.props)
    return Resource(
        type=found.resource_type,
        name=found.name,
        urn=found.urn,
        props=Node("", State.UNKNOWN) if nothing_yet else Node.of(found.props),
        provider=provider_of(found.provider),
        protect=found.opts.protect,
        depends={
            key: frozenset(source.urn for source in sources) for key, sources in found.property_dependencies.items()
        },
    )
