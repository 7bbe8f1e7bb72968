"""The provider's verbs on plain property maps: check, diff, create, read, update, delete."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.kubernetes import changes, drift, kinds, naming, state
from sandbox.plugins.kubernetes.errors import KubernetesError, UnknownKindError, UnreachableError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.lifecycle import Lifecycle, LifecycleError, Options, PartialError
from sandbox.plugins.kubernetes.wire import contains_unknown, reveal

Properties = Mapping[str, Any]


class NotReady(KubernetesError):  # noqa: N818 (it is a state, reported as an error)
    """An object was written, or found, but is not ready.

    Attributes:
        id, state, inputs: what belongs into Pulumi's state all the same.
        reasons: what is not ready, in words.
    """

    def __init__(self, id: str, state: Properties, inputs: Properties, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.id = id
        self.state = state
        self.inputs = inputs
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was read: its id, its state and the inputs that describe it."""

    id: str
    state: Properties
    inputs: Properties


@dataclass(frozen=True, slots=True)
class Autonaming:
    """The engine's wish for the names of objects that are given none."""

    proposed: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Resources:
    """The verbs, with or without a cluster at hand.

    Attributes:
        options: the provider's configuration.
        lifecycle: the cluster; ``None`` while it is not known or its kubeconfig cannot be used.
        absence: why there is none.
    """

    options: Options
    lifecycle: Lifecycle | None
    absence: str = ""

    def check(
        self, token: str, name: str, olds: Properties, news: Properties, seed: bytes, autonaming: Autonaming
    ) -> tuple[Properties, list[tuple[str, str]]]:
        """Fill in the name and the namespace.

        Returns:
            The inputs, and failures as (property, reason).
        """
        refusal = kinds.refusal(token)
        if refusal:
            return news, [("", refusal)]
        plain = reveal(news)
        try:
            kind = kinds.of(plain)
        except ValueError as error:
            return news, [("kind", str(error))]
        metadata = plain.get("metadata")
        if metadata is not None and not isinstance(metadata, Mapping):
            return news, []  # not known yet: name and namespace are settled once it is
        inputs: Properties = state.with_secret_payload(kind, news)
        metadata = metadata or {}
        old = reveal(olds)
        if metadata.get("name") in {None, ""}:
            if metadata.get("generateName"):
                return news, [("metadata.generateName", "leave it out: a name is made from the resource's own name")]
            chosen, failure = _name(name, old, seed, autonaming)
            if failure:
                return news, [("metadata.name", failure)]
            inputs = naming.with_name(inputs, chosen)
        if metadata.get("namespace") in {None, ""}:
            namespace = self._default_namespace(kind, plain, old)
            if namespace is not None:
                inputs = naming.with_namespace(inputs, namespace)
        return inputs, []

    def diff(
        self, urn: str, old_inputs: Properties, olds: Properties, news: Properties, ignored: Collection[str]
    ) -> changes.Changes:
        """What differs, by the inputs, and by the server's dry run where there is a server and all is known."""
        before = reveal(olds)
        server = None if contains_unknown(news) else self.lifecycle
        return changes.judge(
            reveal(old_inputs) or before.get(state.INPUTS) or {},
            reveal(news),
            before,
            self.options,
            ignored=ignored,
            server=server,
            manager=_manager(urn, before),
        )

    def create(
        self, urn: str, inputs: Properties, *, seconds: float | None, preview: bool
    ) -> tuple[str, Properties]:
        """Create an object; at preview, ask the server what it would make.

        Returns:
            The id (empty at preview) and the outputs.

        Raises:
            LifecycleError: refused.
            NotReady: created, but not ready in time.
        """
        if contains_unknown(inputs) or (preview and self.lifecycle is None):
            return "", inputs
        plain = reveal(inputs)
        kind, manager = kinds.of(plain), naming.field_manager(urn)
        lifecycle = self._cluster()
        if preview:
            dry = lifecycle.preview_create(kind, plain, manager)
            return "", inputs if dry is None else state.previewed(kind, inputs, dry, creating=True)
        try:
            live = lifecycle.create(kind, plain, manager, seconds=seconds)
        except PartialError as error:
            outputs = state.outputs(kind, inputs, error.live, manager)
            raise NotReady(_id(error.live), outputs, inputs, error.reasons) from error
        return _id(live), state.outputs(kind, inputs, live, manager)

    def update(
        self, urn: str, olds: Properties, news: Properties, *, seconds: float | None, preview: bool
    ) -> Properties:
        """Apply new inputs; at preview, ask the server what it would make. Returns the outputs.

        Raises:
            LifecycleError: refused.
            NotReady: updated, but not ready in time.
        """
        if contains_unknown(news) or (preview and self.lifecycle is None):
            return news
        plain = reveal(news)
        kind, manager = kinds.of(plain), _manager(urn, reveal(olds))
        lifecycle = self._cluster()
        if preview:
            dry = lifecycle.preview_update(kind, plain, manager)
            return news if dry is None else state.previewed(kind, news, dry, creating=False)
        try:
            live = lifecycle.update(kind, plain, manager, seconds=seconds)
        except PartialError as error:
            outputs = state.outputs(kind, news, error.live, manager)
            raise NotReady(_id(error.live), outputs, news, error.reasons) from error
        return state.outputs(kind, news, live, manager)

    def read(self, token: str, urn: str, id: str, olds: Properties, inputs: Properties) -> Found | None:
        """Read an object for a refresh (``inputs`` given) or an import (``inputs`` empty); ``None``: it is gone.

        Raises:
            LifecycleError: it cannot be read.
            NotReady: it is there, but not ready.
        """
        before = reveal(olds)
        kind = _kind(token, before or reveal(inputs))
        namespace, name = _place(id)
        if self.lifecycle is None and self.options.delete_unreachable:
            return None
        answer = self._cluster().read(kind, namespace or self.options.namespace, name)
        if answer is None:
            return None
        live, reasons = answer
        manager = _manager(urn, before)
        if before.get(state.FIELD_MANAGER):
            known = reveal(inputs) or before.get(state.INPUTS) or {}
            described: Properties = state.with_marks_of(drift.live_inputs(kind, known, before, live), inputs)
        else:
            described = drift.imported_inputs(live)
        described = state.with_secret_payload(kind, described)
        found = Found(_id(live), state.outputs(kind, described, live, manager), described)
        if reasons and inputs:
            raise NotReady(found.id, found.state, found.inputs, reasons)
        return found

    def delete(self, token: str, urn: str, id: str, olds: Properties, *, seconds: float | None) -> None:
        """Delete an object and wait until it is gone.

        Raises:
            LifecycleError: refused, or still there when the time is over.
        """
        before = reveal(olds)
        namespace, name = _place(id)
        if self.lifecycle is None and self.options.delete_unreachable:
            return
        self._cluster().delete(
            _kind(token, before),
            namespace or self.options.namespace,
            name,
            manager=_manager(urn, before),
            seconds=seconds,
        )

    # -- parts ------------------------------------------------------------------------------------------------------

    def _cluster(self) -> Lifecycle:
        if self.lifecycle is None:
            raise LifecycleError(self.absence or "the provider has no kubeconfig yet")
        return self.lifecycle

    def _default_namespace(self, kind: Kind, news: Properties, olds: Properties) -> str | None:
        namespaced = kind.namespaced
        if namespaced is None:
            if self.lifecycle is None:
                return None
            try:
                return self.lifecycle.namespace_of(kind, news)
            except (UnknownKindError, UnreachableError):
                # The kind's definition is still to come: creation settles it, an old object keeps its namespace.
                old: str | None = (olds.get("metadata") or {}).get("namespace")
                return old
        return self.options.namespace if namespaced else None


def _name(name: str, olds: Properties, seed: bytes, autonaming: Autonaming) -> tuple[str, str | None]:
    """The name of an object that is given none, or why it needs one."""
    if naming.is_autonamed(olds):
        return str(olds["metadata"]["name"]), None
    if autonaming.disabled:
        return "", "a name is needed: automatic names are switched off (pulumi:autonaming)"
    if autonaming.proposed:
        return autonaming.proposed, None
    return naming.automatic(name, seed), None


def _manager(urn: str, before: Properties) -> str:
    return str(before.get(state.FIELD_MANAGER) or naming.field_manager(urn))


def _id(live: Properties) -> str:
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _place(id: str) -> tuple[str | None, str]:
    """Namespace (if any) and name of an id: ``namespace/name`` or ``name``."""
    namespace, slash, name = id.partition("/")
    return (namespace, name) if slash else (None, id)


def _kind(token: str, properties: Properties) -> Kind:
    """The kind of a resource: what its state says, else what its type token says."""
    try:
        return kinds.of(properties)
    except ValueError:
        module, _, name = token.partition(":")[2].rpartition(":")
        return Kind(module.removeprefix("core/"), name)
