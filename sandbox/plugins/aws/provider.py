"""The aws provider: the protocol's verbs, by the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as installed
from typing import Any, NoReturn

from sandbox.plugins.aws import config, lifecycle, naming, types, view
from sandbox.plugins.aws.cloud import Cloud
from sandbox.plugins.aws.model import Resource
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.protocol import (
    UNKNOWN,
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
    Secret,
    Subject,
    UpdateRequest,
    compare,
    contains_secret,
    reveal,
)


class AwsProvider(Provider):
    """Resources of AWS, for loopback endpoints."""

    name = "aws"

    def __init__(self) -> None:
        super().__init__()
        self.version = installed("pulumi-aws")
        self._cloud: Cloud | None = None

    # -- configuration ------------------------------------------------------------------------------------------------

    def check_config(self, request: CheckRequest) -> Checked:
        """Validate the provider's arguments; endpoints must be loopback."""
        return Checked(request.inputs, list(config.failures(reveal(request.inputs))))

    def diff_config(self, request: DiffRequest) -> Diff:
        """Compare arguments. Another region or account shows at the resources: none is replaced from here."""
        return Diff(compare(reveal(request.old_inputs), reveal(request.inputs)))

    def configure(self, config_arguments: Properties) -> None:
        """Take the arguments and ask, in the background, whose account it is."""
        self._cloud = Cloud(config.parse(config_arguments))

    def cancel(self) -> None:
        """Give up waiting."""
        super().cancel()

    # -- resources ----------------------------------------------------------------------------------------------------

    def check(self, request: CheckRequest) -> Checked:
        """Complete the inputs with the official provider's defaults and with a name; refuse what is not served."""
        resource = types.find(request.type)
        if resource is None:
            return Checked(request.inputs, [Failure("", _unknown(request.type))])
        inputs = {name: value for name, value in request.inputs.items() if value is not None and name != "__defaults"}
        known = resource.properties.keys() | ({"region"} if resource.regional else set())
        known |= {"tags", "tagsAll"} if resource.tagging else set()
        failures = [
            Failure(
                name,
                f"the sandbox's aws plugin does not serve {name} of {request.type}; leave it out, or use the official "
                "plugin (SANDBOX_PLUGINS=official)",
            )
            for name in inputs
            if name not in known
        ]
        for name, prop in resource.properties.items():
            if prop.default is not None and name not in inputs:
                inputs[name] = prop.default
        if resource.naming is not None:
            try:
                made = naming.name(resource.naming, request, reveal(inputs), reveal(request.old_inputs))
                if made is not None:
                    inputs[resource.naming.property] = made
            except ProviderError as error:
                failures.append(Failure(resource.naming.property, str(error)))
        return Checked(inputs, failures)

    def diff(self, request: DiffRequest) -> Diff:
        """What of the object, as the state has it, is not as the inputs ask."""
        resource = _entry(request.type)
        with _told("comparing", request):
            changes = self._changes(
                resource, reveal(request.old_inputs), reveal(request.old_state), reveal(request.inputs)
            )
        replaced = any(change.replace for change in changes.values())
        return Diff(changes, delete_first=replaced and _same_name(resource, request))

    def create(self, request: CreateRequest) -> Created:
        """Create the object; at preview, foretell it."""
        with _told("creating", request):
            op = self._operation(request, inputs=request.inputs)
            if request.preview:
                return Created("", _marked(view.foretold(op, op.cloud.config), op.resource, request.inputs))
            try:
                found = lifecycle.create(op, request.timeout or op.resource.minutes[0] * 60)
            except InitializationError as error:
                _reraise(error, request, op, request.inputs)
            return Created(op.id, _marked(found, op.resource, request.inputs))

    def read(self, request: ReadRequest) -> Found | None:
        """Read the object, for a refresh or an import."""
        with _told("reading", request):
            op = self._operation(request, id=request.id, inputs=request.inputs, state=request.state)
            if not request.inputs and "@" in op.id and op.resource.regional and not request.state:
                op.id, _, op.region = op.id.rpartition("@")
            found = lifecycle.read(op)
            if found is None:
                return None
            if not request.state:
                found = {
                    **{name: prop.default for name, prop in op.resource.properties.items() if prop.default is not None},
                    **found,
                }
            return Found(
                op.id,
                _marked(found, op.resource, request.inputs, request.state),
                _marked(view.inputs(op, found), op.resource, request.inputs),
            )

    def update(self, request: UpdateRequest) -> Properties:
        """Change the object in place; at preview, foretell it."""
        with _told("updating", request):
            op = self._operation(request, id=request.id, inputs=request.inputs, state=request.old_state)
            changes = self._changes(op.resource, reveal(request.old_inputs), op.state, op.inputs)
            if request.preview:
                found = view.foretold_update(op, op.cloud.config, changes)
                return _marked(found, op.resource, request.inputs, request.old_state)
            names = {path.partition(".")[0].partition("[")[0] for path in changes}
            try:
                found = lifecycle.update(op, names, request.timeout or op.resource.minutes[0] * 60)
            except InitializationError as error:
                _reraise(error, request, op, request.inputs)
            return _marked(found, op.resource, request.inputs, request.old_state)

    def delete(self, request: DeleteRequest) -> None:
        """Delete the object; that it is gone already is success."""
        with _told("deleting", request):
            op = self._operation(request, id=request.id, inputs=request.old_inputs, state=request.state)
            lifecycle.delete(op, request.timeout or op.resource.minutes[1] * 60)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _operation(
        self, subject: Subject, *, id: str = "", inputs: Properties | None = None, state: Properties | None = None
    ) -> Operation:
        cloud = self._configured()
        plain, before = reveal(inputs or {}), reveal(state or {})
        region = plain.get("region") or before.get("region")
        return Operation(
            _entry(subject.type),
            cloud,
            region=region if isinstance(region, str) and region else cloud.config.region,
            id=id,
            inputs=plain,
            state=before,
            cancelled=self.cancelled,
        )

    def _configured(self) -> Cloud:
        if self._cloud is None:
            raise ProviderError("the aws provider is not configured yet")
        self._cloud.require_account()
        return self._cloud

    def _changes(
        self, resource: Resource, old_inputs: Properties, old_state: Properties, news: Properties
    ) -> dict[str, Change]:
        cloud = self._configured()
        found = view.changes(resource, old_inputs, old_state, news)
        if resource.tagging is not None:
            found |= view.tag_changes(old_state, news, cloud.config, old_inputs)
        if resource.regional and old_state.get("region"):
            region = news.get("region") or cloud.config.region
            if region is UNKNOWN or region != old_state["region"]:
                found["region"] = Change("update", replace=True, from_inputs=old_inputs.get("region") != region)
        return found


def _entry(token: str) -> Resource:
    found = types.find(token)
    if found is None:
        raise ProviderError(_unknown(token))
    return found


def _unknown(token: str) -> str:
    return (
        f"the sandbox's aws plugin does not serve {token}; it serves {', '.join(types.tokens())}. The official plugin "
        "serves every type: install it (pulumi plugin install resource aws) and set SANDBOX_PLUGINS=official"
    )


def _same_name(resource: Resource, request: DiffRequest) -> bool:
    """Whether old and new cannot be there at once: one place, or one name that the program chose."""
    if resource.delete_first:
        return True
    if resource.naming is None:
        return False
    name = resource.naming.property
    old, new = reveal(request.old_state).get(name), reveal(request.inputs).get(name)
    return old == new and isinstance(new, str)


@contextmanager
def _told(verb: str, subject: Subject) -> Iterator[None]:
    """Errors with what was being done to what: ``creating aws:rds/instance:Instance (acme-dev-db): …``."""
    try:
        yield
    except InitializationError:
        raise
    except ProviderError as error:
        raise ProviderError(f"{verb} {subject.type} ({subject.name}): {error}") from error


def _reraise(error: InitializationError, subject: Subject, op: Operation, inputs: Properties) -> NoReturn:
    reasons = [f"{subject.type} ({subject.name}), {op.id}: {reason}" for reason in error.reasons]
    raise InitializationError(error.id, _marked(error.state, op.resource, inputs), reasons, inputs) from error


def _marked(found: Mapping[str, Any], resource: Resource, *marks: Properties) -> dict[str, Any]:
    """Properties with those marked secret that are secret by their nature, in the inputs, or in the old state."""
    secret = {name for mark in marks for name, value in mark.items() if contains_secret(value)}
    secret |= {name for name, prop in resource.properties.items() if prop.secret}
    secret |= {name for name, output in resource.outputs.items() if output.secret}
    if "tags" in secret:
        secret.add("tagsAll")
    return {name: Secret(value) if name in secret else value for name, value in found.items()}
