"""Create, read, update and delete, as the table says."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sandbox.plugins.aws import tags, view
from sandbox.plugins.aws.errors import ApiError
from sandbox.plugins.aws.model import Call, Hook, Update
from sandbox.plugins.aws.operation import MISSING, Document, Operation, search, take_apart
from sandbox.plugins.protocol import InitializationError, ProviderError

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
"""Seconds between two looks at an object that is not ready: from the first, growing by half, to the longest."""
_BUSY_SECONDS: Final = 30.0
"""How long a deletion is tried again that AWS refuses because of something that is on its way out itself."""


def create(op: Operation, seconds: float) -> dict[str, Any]:
    """Create the object, wait until it is ready, and return its properties; ``op.id`` is then its id.

    Raises:
        InitializationError: it exists, but is not ready, or not all as asked for.
        ProviderError: it was not created.
    """
    resource = op.resource
    call = resource.create
    answer = _request_new(op, call) if isinstance(call, Call) else call(op)
    op.id = _identity(op, answer)
    try:
        if resource.born is not None:
            resource.born(op)
        if not isinstance(call, Call) or not resource.tagging or not resource.tagging.param:
            _tag_new(op)
        document = _await_ready(op, seconds)
        found = view.state(op, document)
        late = _late(op, found)
        if late:
            _apply(op, late, seconds)
            found = view.state(op, _describe(op, "it was created, and is gone"))
    except ProviderError as error:
        raise _partial(op, error) from error
    return found


def read(op: Operation) -> dict[str, Any] | None:
    """The properties of the object, or ``None`` when it does not exist. Completes ``op.id``."""
    document = describe(op)
    if document is None:
        return None
    found = view.state(op, document)
    template = op.resource.identity
    identity = op.fill(template) if "{" in template else search(template, document)
    if isinstance(identity, str):  # an import may name the object in another way
        op.id = identity
    return found


def update(op: Operation, changed: set[str], seconds: float) -> dict[str, Any]:
    """Bring the changed properties about and return all properties.

    Raises:
        InitializationError: some were, some not.
        ProviderError: none was.
    """
    begun = False

    def begin() -> None:
        nonlocal begun
        begun = True

    try:
        before = op.state.get("tagsAll") or {}
        names = changed & op.resource.properties.keys()
        _describe(op, "it does not exist (any more); «pulumi refresh» takes it out of the state")
        op.document = _await_ready(op, seconds, bad=False)
        _apply(op, names, seconds, begin)
        if op.resource.tagging is not None and tags.change(op, before, tags.wanted(op.inputs, op.cloud.config)):
            begin()
        return view.state(op, _await_ready(op, seconds))
    except ProviderError as error:
        if not begun:
            raise
        raise _partial(op, error) from error


def delete(op: Operation, seconds: float) -> None:
    """Delete the object and wait until it is gone; that it is gone already is success."""
    resource = op.resource
    if resource.delete is None:
        return
    op.state = {**take_apart(op.id, resource.parse), **op.state}
    deadline = time.monotonic() + min(seconds, _BUSY_SECONDS)
    pause = _FIRST_PAUSE
    while True:
        try:
            _run(op, resource.delete)
            break
        except ApiError as error:
            if error.gone:
                return
            if not error.busy or time.monotonic() > deadline:
                raise
        pause = _pause(op, pause)
    if resource.gone:
        _await_gone(op, seconds)


def describe(op: Operation, *, whole: bool = True) -> Document | None:
    """The object as AWS describes it, or ``None``. ``whole``: with all calls of the table, not the first only."""
    resource = op.resource
    op.state = {**take_apart(op.id, resource.parse), **op.state}
    document: Document = {}
    for step in resource.read if whole else resource.read[:1]:
        op.document = document
        try:
            found = _run(op, step)
        except ApiError as error:
            if isinstance(step, Call) and error.code in step.optional:
                continue
            if error.gone:
                return None
            raise
        if step is resource.read[0]:
            if not found:
                return None
            document = dict(found)
            if resource.absent and search(resource.absent, document):
                return None
        elif isinstance(step, Call) and step.into:
            document[step.into] = found
        else:
            document.update(found or {})
    op.document = document
    return document


# -- parts ------------------------------------------------------------------------------------------------------------


def _run(op: Operation, step: Call | Hook) -> Any:
    return op.request(step) if isinstance(step, Call) else step(op)


def _request_new(op: Operation, call: Call) -> Any:
    resource = op.resource
    parameters = {key: value for key, value in op.fill(call.parameters).items() if value is not MISSING}
    for name in resource.properties:
        if op.inputs.get(name) is not None:
            op.put(parameters, call, name)
    if resource.tagging is not None and resource.tagging.param:
        all_tags = tags.wanted(op.inputs, op.cloud.config)
        if all_tags:
            parameters[resource.tagging.param] = tags.written(resource.tagging, all_tags)
    return search(call.answer, op.call(call.operation, parameters, call.service))


def _identity(op: Operation, answer: Any) -> str:
    identity = op.resource.identity
    found = op.fill(identity) if "{" in identity else search(identity, answer or {})
    if found is MISSING or not found:
        raise RuntimeError(f"{op.resource.type}: no {identity} in the answer of its creation")
    return str(found)


def _tag_new(op: Operation) -> None:
    all_tags = tags.wanted(op.inputs, op.cloud.config)
    if op.resource.tagging is None or not all_tags:
        return
    if op.fill(op.resource.tagging.target[1]) is MISSING:  # by an output (its ARN), which must be read first
        view.state(op, _describe(op, "it was created, and is gone"))
    tags.change(op, {}, all_tags)


def _late(op: Operation, found: Mapping[str, Any]) -> set[str]:
    """Properties that creation could not set, and which are not as asked for."""
    call = op.resource.create
    differing = {path.partition(".")[0].partition("[")[0] for path in view.changes(op.resource, {}, found, op.inputs)}
    return {
        name
        for name in differing
        if not op.resource.properties[name].local and not (isinstance(call, Call) and op.takes(call, name))
    }


def _apply(op: Operation, changed: set[str], seconds: float, begin: Callable[[], None] = lambda: None) -> None:
    """Make the update calls that the changed properties need, in the table's order."""
    op.changed = frozenset(changed)
    for step in op.resource.update:
        names = [name for name in step.on if name in changed]
        if not names or any(op.inputs.get(name) != value for name, value in step.when.items()):
            continue
        _request_update(op, step, names)
        begin()
        if step.wait and op.resource.ready is not None:
            _await_ready(op, seconds)


def _request_update(op: Operation, step: Update, changed: Sequence[str]) -> None:
    if not isinstance(step.call, Call):
        step.call(op)
        return
    given = [name for name in op.resource.properties if op.inputs.get(name) is not None]
    op.request(step.call, given if step.whole else changed)


def _describe(op: Operation, otherwise: str) -> Document:
    document = describe(op)
    if document is None:
        raise ProviderError(otherwise)
    return document


def _await_ready(op: Operation, seconds: float, *, bad: bool = True) -> Document:
    """Wait until the object is ready. ``bad=False``: until nothing is under way, be it in a bad status."""
    ready = op.resource.ready
    if ready is None:
        return _describe(op, "it is gone")
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        document = describe(op, whole=False)
        status = None if document is None else search(ready.status, document)
        if status in ready.good:
            return _describe(op, "it is gone")
        if status in ready.bad and not bad:
            return _describe(op, "it is gone")
        if status in ready.bad:
            reason = search(ready.reason, document) if ready.reason else None
            raise ProviderError(f"its status is {status}" + (f": {reason}" if reason else ""))
        if time.monotonic() > deadline:
            raise ProviderError(f"its status is {status or 'not known'} after {seconds:.0f} s, not {ready.good[0]}")
        pause = _pause(op, pause)


def _await_gone(op: Operation, seconds: float) -> None:
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while describe(op, whole=False) is not None:
        if time.monotonic() > deadline:
            raise ProviderError(f"it is still there {seconds:.0f} s after its deletion was asked for")
        pause = _pause(op, pause)


def _pause(op: Operation, pause: float) -> float:
    """Wait, unless it is cancelled; returns the next pause."""
    if op.cancelled.wait(pause):
        raise ProviderError("cancelled while waiting for AWS; «pulumi refresh» tells what has become of it")
    return min(pause * 1.5, _LONGEST_PAUSE)


def _partial(op: Operation, error: ProviderError) -> InitializationError:
    """The object exists, but not as it should: with what can be told of it."""
    state: Mapping[str, Any] = {**op.inputs, **op.state}
    try:
        document = describe(op)
        if document is not None:
            state = view.state(op, document)
    except ProviderError as second:  # the first error is the one to tell; this one says why the state is thin
        return InitializationError(op.id, state, [str(error), f"and it cannot be read: {second}"])
    return InitializationError(op.id, state, [str(error)])
