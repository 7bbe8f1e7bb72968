"""Creating, updating, reading and deleting one object, for real or as the server's dry run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.kubernetes.client import Cluster, Object, Ref
from sandbox.plugins.kubernetes.errors import ApiError, KubernetesError, UnknownKindError, UnreachableError, explain
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.manifest import manifest
from sandbox.plugins.kubernetes.waiting import NotReadyError, Waiter, rule_of

_PROPAGATION: Final = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}
_MANAGER_PREFIX: Final = "pulumi-kubernetes-"


class LifecycleError(KubernetesError):
    """An action on an object failed; nothing of it is to be recorded."""


class PartialError(KubernetesError):
    """An object was written but is not ready: it belongs into the state, and the reasons to the user.

    Attributes:
        live: the object as it is.
        reasons: what is not ready, in words.
    """

    def __init__(self, live: Object, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.live = live
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Options:
    """What the provider's configuration says about objects."""

    namespace: str = "default"
    force: bool = False
    upsert: bool = False
    delete_unreachable: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The life of objects on one cluster.

    Attributes:
        warn: takes the API server's warnings and what the plugin could not decide.
    """

    cluster: Cluster
    waiter: Waiter
    options: Options
    warn: Callable[[str], None]

    # -- writing ----------------------------------------------------------------------------------------------------

    def create(self, kind: Kind, inputs: Mapping[str, Any], manager: str, *, seconds: float | None) -> Object:
        """Create an object and wait until it is ready.

        An object that exists is left alone, unless this resource's own field manager wrote it (a creation that was
        cut off) or the provider is told to upsert. One that is being deleted is waited for.

        Raises:
            LifecycleError: refused, or it exists.
            PartialError: created, but not ready in time.
        """
        subject = _subject(kind, inputs)
        try:
            ref = self._ref(kind, inputs)
            existing = self.cluster.get(ref)
            if existing is not None and existing["metadata"].get("deletionTimestamp"):
                self.waiter.gone(ref, str(existing["metadata"]["uid"]), seconds=seconds)
            elif existing is not None and not self.options.upsert and manager not in appliers(existing):
                raise LifecycleError(_exists(ref))
            live = self._apply(ref, kind, inputs, manager)
        except LifecycleError:
            raise
        except KubernetesError as error:
            raise LifecycleError(explain("create", subject, error)) from error
        return self._await(ref, live, seconds)

    def update(self, kind: Kind, inputs: Mapping[str, Any], manager: str, *, seconds: float | None) -> Object:
        """Apply new inputs to an object and wait until it is ready; one that is gone is made again.

        Raises:
            LifecycleError: refused.
            PartialError: updated, but not ready in time.
        """
        try:
            ref = self._ref(kind, inputs)
            live = self._apply(ref, kind, inputs, manager)
        except KubernetesError as error:
            raise LifecycleError(explain("update", _subject(kind, inputs), error)) from error
        return self._await(ref, live, seconds)

    def preview_create(self, kind: Kind, inputs: Mapping[str, Any], manager: str) -> Object | None:
        """What a creation would make, by the server's dry run; ``None`` where it cannot be told yet.

        It cannot be told while the cluster, the namespace or the kind's definition does not exist, or an object of
        that name is still to be replaced.

        Raises:
            LifecycleError: the server would refuse it: admission, validation, quota, or the name is taken.
        """
        try:
            ref = self._ref(kind, inputs)
            existing = self.cluster.get(ref)
        except KubernetesError as error:
            self._undecided(kind, inputs, error)
            return None
        replaceable = False
        if existing is not None:
            ours = any(name.startswith(_MANAGER_PREFIX) for name in appliers(existing))
            replaceable = ours or bool(existing["metadata"].get("deletionTimestamp"))
            if not replaceable and not self.options.upsert:
                raise LifecycleError(_exists(ref))
        return self._dry_run(ref, kind, inputs, manager, tolerant=replaceable)

    def preview_update(self, kind: Kind, inputs: Mapping[str, Any], manager: str) -> Object | None:
        """What an update would make, by the server's dry run; ``None`` where it cannot be told yet.

        Raises:
            LifecycleError: the server would refuse it.
        """
        try:
            ref = self._ref(kind, inputs)
        except KubernetesError as error:
            self._undecided(kind, inputs, error)
            return None
        return self._dry_run(ref, kind, inputs, manager, tolerant=False)

    def try_update(self, kind: Kind, inputs: Mapping[str, Any], manager: str) -> Object | ApiError | None:
        """The server's opinion of an update: the object it would make, its refusal, or ``None`` for no opinion."""
        try:
            ref = self._ref(kind, inputs)
            body = manifest(kind, inputs, ref.namespace)
            return self.cluster.apply(ref, body, manager=manager, force=True, dry_run=True)[0]
        except ApiError as error:
            return error
        except KubernetesError:
            return None  # no cluster to ask: the update itself will tell

    # -- reading and deleting ---------------------------------------------------------------------------------------

    def read(self, kind: Kind, namespace: str | None, name: str) -> tuple[Object, tuple[str, ...]] | None:
        """The live object and why it is not ready (if so), or ``None`` where it does not exist any more.

        Raises:
            LifecycleError: the server refuses, or does not answer and ``deleteUnreachable`` is not set.
        """
        subject = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        try:
            ref = self.cluster.ref(kind, namespace, name)
            live = self.cluster.get(ref)
        except UnknownKindError:
            return None  # with its definition, every object of a kind is gone
        except UnreachableError as error:
            if self.options.delete_unreachable:
                self.warn(f"{subject} is dropped from the state (deleteUnreachable): {error}")
                return None
            raise LifecycleError(_unreachable("read", subject, error)) from error
        except KubernetesError as error:
            raise LifecycleError(explain("read", subject, error)) from error
        if live is None:
            return None
        rule = rule_of(ref, live)
        return live, () if rule is None else rule(live).reasons

    def delete(self, kind: Kind, namespace: str | None, name: str, *, manager: str, seconds: float | None) -> None:
        """Delete an object and wait until it is gone; one that is gone already is fine.

        An object that the server protects (the namespace ``default``) stays; the fields that this resource set on it
        are given up.

        Raises:
            LifecycleError: refused, or it is still there when the time is over (with the finalizers that hold it).
        """
        subject = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        try:
            ref = self.cluster.ref(kind, namespace, name)
            live = self.cluster.get(ref)
            if live is None:
                return
            annotations = live["metadata"].get("annotations") or {}
            asked = str(annotations.get("pulumi.com/deletionPropagationPolicy", "foreground")).lower()
            try:
                self.cluster.delete(ref, propagation=_PROPAGATION.get(asked, "Foreground"))
            except ApiError as error:
                if error.status != 403 or error.unauthorised:
                    raise
                self.warn(f"{subject} stays, only its fields are given up: {error.message}")
                empty = manifest(kind, {"kind": kind.kind, "metadata": {"name": name}}, ref.namespace)
                self.cluster.apply(ref, empty, manager=manager)
                return
            if str(annotations.get("pulumi.com/skipAwait", "")).lower() != "true":
                self.waiter.gone(ref, str(live["metadata"]["uid"]), seconds=seconds)
        except UnknownKindError:
            return  # with its definition, every object of a kind is gone
        except UnreachableError as error:
            if not self.options.delete_unreachable:
                raise LifecycleError(_unreachable("delete", subject, error)) from error
            self.warn(f"{subject} is dropped from the state (deleteUnreachable): {error}")
        except KubernetesError as error:
            raise LifecycleError(explain("delete", subject, error)) from error

    # -- parts ------------------------------------------------------------------------------------------------------

    def _ref(self, kind: Kind, inputs: Mapping[str, Any]) -> Ref:
        namespace = str((inputs.get("metadata") or {}).get("namespace") or self.options.namespace)
        return self.cluster.ref(kind, namespace, str(inputs["metadata"]["name"]))

    def _apply(self, ref: Ref, kind: Kind, inputs: Mapping[str, Any], manager: str) -> Object:
        body = manifest(kind, inputs, ref.namespace)
        live, warnings = self.cluster.apply(ref, body, manager=manager, force=self._force(inputs))
        for text in warnings:
            self.warn(text)
        return live

    def _dry_run(
        self, ref: Ref, kind: Kind, inputs: Mapping[str, Any], manager: str, *, tolerant: bool
    ) -> Object | None:
        """Args: ``tolerant``: the object will be gone by then, so that only admission's refusal counts."""
        force = tolerant or self._force(inputs)
        try:
            body = manifest(kind, inputs, ref.namespace)
            live, warnings = self.cluster.apply(ref, body, manager=manager, force=force, dry_run=True)
        except KubernetesError as error:
            if tolerant and isinstance(error, ApiError) and error.status in {409, 422}:
                return None
            self._undecided(kind, inputs, error)
            return None
        for text in warnings:
            self.warn(text)
        return None if tolerant else live

    def _undecided(self, kind: Kind, inputs: Mapping[str, Any], error: KubernetesError) -> None:
        """Pass over an error that the update may not meet; what the update would meet too is raised.

        Raises:
            LifecycleError: the refusal.
        """
        subject = _subject(kind, inputs)
        if (isinstance(error, ApiError) and error.unauthorised) or isinstance(error, UnreachableError):
            self.warn(f"{subject} cannot be tried before the update: {error}")
        elif not isinstance(error, UnknownKindError) and not (isinstance(error, ApiError) and error.not_found):
            raise LifecycleError(explain("apply", subject, error)) from error

    def _force(self, inputs: Mapping[str, Any]) -> bool:
        annotations = (inputs.get("metadata") or {}).get("annotations") or {}
        asked = annotations.get("pulumi.com/patchForce")
        return self.options.force if asked is None else str(asked).lower() == "true"

    def _await(self, ref: Ref, live: Object, seconds: float | None) -> Object:
        annotations = live["metadata"].get("annotations") or {}
        asked = str(annotations.get("pulumi.com/timeoutSeconds", ""))
        limit = seconds or (float(asked) if asked.isdecimal() else None)
        try:
            return self.waiter.ready(ref, live, seconds=limit)
        except NotReadyError as error:
            raise PartialError(self._latest(ref, live), error.reasons) from error
        except (KubernetesError, ValueError) as error:
            raise PartialError(live, (str(error),)) from error

    def _latest(self, ref: Ref, live: Object) -> Object:
        try:
            return self.cluster.get(ref) or live
        except KubernetesError:
            return live  # what was written is what is known


def appliers(live: Mapping[str, Any]) -> set[str]:
    """The field managers that wrote an object by server-side apply."""
    entries = (live.get("metadata") or {}).get("managedFields") or ()
    return {str(entry["manager"]) for entry in entries if entry.get("operation") == "Apply"}


def _subject(kind: Kind, inputs: Mapping[str, Any]) -> str:
    metadata = inputs.get("metadata") or {}
    namespace = metadata.get("namespace")
    name = metadata.get("name")
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _exists(ref: Ref) -> str:
    token = f"kubernetes:{ref.endpoint.kind.api_version if ref.endpoint.kind.group else 'core/v1'}"
    return (
        f"cannot create {ref}: it already exists and belongs to someone else. Import it (`pulumi import "
        f"{token}:{ref.endpoint.kind.kind} NAME {ref.id}`), remove it, or set upsertExistingObjects of the provider"
    )


def _unreachable(action: str, subject: str, error: UnreachableError) -> str:
    return (
        f"cannot {action} {subject}: {error}. Start the cluster again; if it is gone for good, set deleteUnreachable "
        "of the provider (PULUMI_K8S_DELETE_UNREACHABLE=true) to drop its objects from the state"
    )
