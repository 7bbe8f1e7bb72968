"""The Kubernetes provider: the protocol's requests answered from one cluster."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.plugins.kubernetes import changes, configuration, drift, kinds, naming, state
from sandbox.plugins.kubernetes.client import Cluster, Object
from sandbox.plugins.kubernetes.errors import KubeconfigError, UnknownKindError, UnreachableError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.lifecycle import Lifecycle, LifecycleError, Options, PartialError
from sandbox.plugins.kubernetes.manifest import as_properties
from sandbox.plugins.kubernetes.waiting import Waiter
from sandbox.plugins.protocol import (
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
    InitializationError,
    Properties,
    Provider,
    ProviderError,
    ReadRequest,
    Subject,
    UpdateRequest,
    compare,
    contains_unknown,
    reveal,
)


class KubernetesProvider(Provider):
    """Any kind of API object, on the cluster of the provider's kubeconfig.

    Without a usable kubeconfig (the cluster does not exist yet) previews go by the inputs alone.
    """

    name = "kubernetes"
    version = "4.34.2"

    def __init__(self) -> None:
        super().__init__()
        self._cluster: Cluster | None = None
        self._options = Options()
        self._absence = "the provider has not been configured"

    # -- the provider itself ----------------------------------------------------------------------------------------

    def check_config(self, request: CheckRequest) -> Checked:
        """Refuse settings that are not served, a kubeconfig that cannot be read, and a server that is not loopback."""
        known = reveal({key: value for key, value in request.inputs.items() if not contains_unknown(value)})
        failures = configuration.failures(known)
        if known.get("kubeconfig") and not contains_unknown(request.inputs):
            try:
                configuration.connection(known)
            except ProviderError as error:
                failures.append(Failure("kubeconfig", str(error)))
        return Checked(request.inputs, failures)

    def diff_config(self, request: DiffRequest) -> Diff:
        """Another cluster replaces the provider, and with it every resource; everything else is an update."""
        old, new = reveal(request.old_inputs), reveal(request.inputs)
        found = dict(compare(old, new))
        if found and not contains_unknown(new):
            before, after = configuration.identity(old), configuration.identity(new)
            if before is not None and after is not None and before != after:
                touched = "clusterIdentifier" if "clusterIdentifier" in found else next(iter(found))
                found[touched] = Change(found[touched].kind, replace=True)
        return Diff(found)

    def configure(self, config: Properties) -> None:
        """Connect lazily: a cluster that cannot be had shows at the first call that needs it.

        Raises:
            EndpointRefused: the kubeconfig's server is not loopback.
        """
        known = reveal(config)
        try:
            found = configuration.connection(known)
        except KubeconfigError as error:
            self._options, self._absence = configuration.options(known, None), str(error)
            return
        self._options, self._cluster = configuration.options(known, found), Cluster(found)

    def cancel(self) -> None:
        """End every wait."""
        super().cancel()
        if self._cluster is not None:
            self._cluster.close()

    # -- resources --------------------------------------------------------------------------------------------------

    def check(self, request: CheckRequest) -> Checked:
        """Fill in the name and the namespace."""
        news, olds = reveal(request.inputs), reveal(request.old_inputs)
        refusal = kinds.refusal(request.type)
        if refusal:
            return Checked(request.inputs, [Failure("", refusal)])
        try:
            kind = kinds.of(news)
        except ValueError as error:
            return Checked(request.inputs, [Failure("kind", str(error))])
        metadata = news.get("metadata")
        inputs: Properties = state.with_secret_payload(kind, request.inputs)
        if metadata is not None and not isinstance(metadata, Mapping):
            return Checked(inputs)  # not known yet: name and namespace are settled once it is
        metadata = metadata or {}
        if metadata.get("name") in (None, ""):
            if metadata.get("generateName"):
                reason = "leave it out: a name is made from the resource's own name"
                return Checked(inputs, [Failure("metadata.generateName", reason)])
            name, reason = naming.choose(request.name, olds, request.random_seed, request.autonaming)
            if name is None:
                return Checked(inputs, [Failure("metadata.name", reason)])
            inputs = naming.with_name(inputs, name)
        if metadata.get("namespace") in (None, ""):
            namespace = self._default_namespace(kind, olds)
            if namespace is not None:
                inputs = naming.with_namespace(inputs, namespace)
        return Checked(inputs)

    def diff(self, request: DiffRequest) -> Diff:
        """What differs, by the inputs, and by the server's dry run where there is a server and all is known."""
        before = reveal(request.old_state)
        found = changes.judge(
            reveal(request.old_inputs) or before.get(state.INPUTS) or {},
            reveal(request.inputs),
            before,
            self._options,
            ignored=request.ignore_changes,
            server=None if contains_unknown(request.inputs) else self._lifecycle(request),
            manager=_manager(request, before),
        )
        marks = {entry.text: Change(entry.change.value, entry.replace) for entry in found.differences}
        return Diff(marks, found.delete_first)

    def create(self, request: CreateRequest) -> Created:
        """Create an object; at preview, ask the server what it would make.

        Raises:
            LifecycleError: refused.
            InitializationError: created, but not ready in time.
        """
        lifecycle = self._lifecycle(request)
        if contains_unknown(request.inputs) or (request.preview and lifecycle is None):
            return Created("", request.inputs)
        inputs = reveal(request.inputs)
        kind, manager = kinds.of(inputs), naming.field_manager(request.urn)
        if request.preview and lifecycle is not None:
            dry = lifecycle.preview_create(kind, inputs, manager)
            if dry is None:
                return Created("", request.inputs)
            return Created("", state.previewed(kind, request.inputs, dry, creating=True))
        try:
            live = self._required(lifecycle).create(kind, inputs, manager, seconds=request.timeout or None)
        except PartialError as error:
            outputs = state.outputs(kind, request.inputs, error.live, manager)
            raise InitializationError(_id(error.live), outputs, error.reasons) from error
        return Created(_id(live), state.outputs(kind, request.inputs, live, manager))

    def update(self, request: UpdateRequest) -> Properties:
        """Apply new inputs; at preview, ask the server what it would make.

        Raises:
            LifecycleError: refused.
            InitializationError: updated, but not ready in time.
        """
        lifecycle = self._lifecycle(request)
        if contains_unknown(request.inputs) or (request.preview and lifecycle is None):
            return request.inputs
        inputs = reveal(request.inputs)
        kind, manager = kinds.of(inputs), _manager(request, reveal(request.old_state))
        if request.preview and lifecycle is not None:
            dry = lifecycle.preview_update(kind, inputs, manager)
            return request.inputs if dry is None else state.previewed(kind, request.inputs, dry, creating=False)
        try:
            live = self._required(lifecycle).update(kind, inputs, manager, seconds=request.timeout or None)
        except PartialError as error:
            outputs = state.outputs(kind, request.inputs, error.live, manager)
            raise InitializationError(_id(error.live), outputs, error.reasons) from error
        return state.outputs(kind, request.inputs, live, manager)

    def read(self, request: ReadRequest) -> Found | None:
        """Read an object for a refresh, or, without state, for an import.

        Raises:
            LifecycleError: it cannot be read.
            InitializationError: a refreshed object is there, but not ready.
        """
        before, declared = reveal(request.state), reveal(request.inputs)
        lifecycle = self._lifecycle(request)
        if lifecycle is None and self._options.delete_unreachable:
            return None
        kind = _kind(request, before or declared)
        namespace, name = _place(request.id)
        answer = self._required(lifecycle).read(kind, namespace or self._options.namespace, name)
        if answer is None:
            return None
        live, reasons = as_properties(answer[0]), answer[1]
        manager = _manager(request, before)
        if before.get(state.FIELD_MANAGER):
            declared = declared or before.get(state.INPUTS) or {}
            described = state.with_marks_of(drift.live_inputs(kind, declared, before, live), request.inputs)
        else:
            described = drift.imported_inputs(live)
        inputs = state.with_secret_payload(kind, described)
        found = Found(_id(live), state.outputs(kind, inputs, live, manager), inputs)
        if reasons and before.get(state.FIELD_MANAGER):
            raise InitializationError(found.id, found.state, reasons, found.inputs)
        return found

    def delete(self, request: DeleteRequest) -> None:
        """Delete an object and wait until it is gone.

        Raises:
            LifecycleError: refused, or still there when the time is over.
        """
        before = reveal(request.state)
        lifecycle = self._lifecycle(request)
        if lifecycle is None and self._options.delete_unreachable:
            return
        namespace, name = _place(request.id)
        self._required(lifecycle).delete(
            _kind(request, before),
            namespace or self._options.namespace,
            name,
            manager=_manager(request, before),
            seconds=request.timeout or None,
        )

    # -- parts ------------------------------------------------------------------------------------------------------

    def _lifecycle(self, subject: Subject) -> Lifecycle | None:
        """The cluster, with its messages going to the resource; ``None`` where there is none yet."""
        if self._cluster is None:
            return None
        waiter = Waiter(self._cluster, self.cancelled, lambda text: self.engine.status(text, subject.urn))
        return Lifecycle(self._cluster, waiter, self._options, lambda text: self.engine.warning(text, subject.urn))

    def _required(self, lifecycle: Lifecycle | None) -> Lifecycle:
        if lifecycle is None:
            raise LifecycleError(self._absence)
        return lifecycle

    def _default_namespace(self, kind: Kind, olds: Properties) -> str | None:
        namespaced = kind.namespaced
        if namespaced is None and self._cluster is not None:
            try:
                namespaced = self._cluster.endpoint(kind).namespaced
            except (UnknownKindError, UnreachableError):
                # The kind's definition is still to come: creation settles it, an old object keeps its namespace.
                old: str | None = (olds.get("metadata") or {}).get("namespace")
                return old
        return self._options.namespace if namespaced else None


def _manager(subject: Subject, before: Properties) -> str:
    return str(before.get(state.FIELD_MANAGER) or naming.field_manager(subject.urn))


def _id(live: Object) -> str:
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _place(id: str) -> tuple[str | None, str]:
    """Namespace (if any) and name of an id: ``namespace/name`` or ``name``."""
    namespace, slash, name = id.partition("/")
    return (namespace, name) if slash else (None, id)


def _kind(subject: Subject, properties: Properties) -> Kind:
    """The kind of a resource: what its state says, else what its type token says."""
    try:
        return kinds.of(properties)
    except ValueError:
        module, _, name = subject.type.partition(":")[2].rpartition(":")
        return Kind(module.removeprefix("core/"), name)
