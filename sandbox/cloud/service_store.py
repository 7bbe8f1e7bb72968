"""An emulated REST service driven by its published model: routing, parsing, validation, answers.

A service is a table of operations, each a function of backend and parameters. The service's model, as botocore ships
it, says which request is which operation, what its parameters are called and allowed to be, and how answers and
errors are written; nothing of that is repeated by hand. An operation that is not in the table is refused as not
available.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator, ValidationErrors
from moto.core.base_backend import BackendDict
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores, get_service_model

Parameters = dict[str, Any]
Operation = Callable[[Any, Parameters], dict[str, Any]]

DEFAULT_PAGE: Final = 100
INVALID: Final = "InvalidParameterException"
"""What most services call a request that is wrong by their model."""


class Refused(ServiceException):
    """A request is refused with an error of the service's model; ``details`` are the error's further members."""

    def __init__(self, code: str, message: str, **details: str) -> None:
        super().__init__(code, message)
        for name, value in details.items():
            setattr(self, name, value)


class Operations:
    """The operations that a service has."""

    def __init__(self) -> None:
        self._table: dict[str, Operation] = {}

    def __call__(self, name: str) -> Callable[[Operation], Operation]:
        """Decorator: the function carries out the operation of that name."""

        def register(function: Operation) -> Operation:
            if name in self._table:
                raise ValueError(f"operation {name} is there twice")
            self._table[name] = function
            return function

        return register

    def items(self) -> Iterable[tuple[str, Operation]]:
        """Names and functions."""
        return self._table.items()


class _Checks(ParamValidator):
    """Botocore's validator, which leaves patterns, enumerations and upper limits to the server: here is the server."""

    VALIDATED_METADATA_ATTRS = {  # noqa: RUF012 (as the base class has it)
        *ParamValidator.VALIDATED_METADATA_ATTRS,
        *("max", "pattern", "enum"),
    }

    def _validate_string(self, param: Any, shape: Any, errors: ValidationErrors, name: str) -> None:
        super()._validate_string(param, shape, errors, name)  # type: ignore[misc]
        if not isinstance(param, str):
            return
        metadata = shape.metadata
        if "pattern" in metadata and not re.search(metadata["pattern"], param):
            self._say(errors, name, f"value {param!r} must match {metadata['pattern']}")
        if "enum" in metadata and param not in metadata["enum"]:
            self._say(errors, name, f"value {param!r} must be one of {', '.join(metadata['enum'])}")
        self._check_maximum(len(param), shape, errors, name, "length")

    def _validate_list(self, param: Any, shape: Any, errors: ValidationErrors, name: str) -> None:
        super()._validate_list(param, shape, errors, name)  # type: ignore[misc]
        if isinstance(param, list):
            self._check_maximum(len(param), shape, errors, name, "number of items")

    def _validate_map(self, param: Any, shape: Any, errors: ValidationErrors, name: str) -> None:
        super()._validate_map(param, shape, errors, name)  # type: ignore[misc]
        if isinstance(param, dict):
            self._check_maximum(len(param), shape, errors, name, "number of entries")

    def _validate_integer(self, param: Any, shape: Any, errors: ValidationErrors, name: str) -> None:
        super()._validate_integer(param, shape, errors, name)  # type: ignore[misc]
        if isinstance(param, int):
            self._check_maximum(param, shape, errors, name, "value")

    def _check_maximum(self, found: int, shape: Shape, errors: ValidationErrors, name: str, what: str) -> None:
        highest = shape.metadata.get("max")
        if highest is not None and found > highest:
            self._say(errors, name, f"{what} {found} must be at most {highest}")

    @staticmethod
    def _say(errors: ValidationErrors, name: str, text: str) -> None:
        messages: list[str] = vars(errors).setdefault("said", [])
        messages.append(f"{name.removeprefix('.')}: {text}")


def check(operation: OperationModel, parameters: Parameters) -> list[str]:
    """What is wrong with an operation's parameters by its model, in words; nothing when all is well."""
    shape = operation.input_shape
    if shape is None:
        return []
    errors = _Checks().validate(parameters, shape)
    found = errors.generate_report().splitlines() if errors.has_errors() else []
    return [*found, *vars(errors).get("said", [])]


def page(
    items: Iterable[tuple[str, Any]],
    parameters: Parameters,
    key: str,
    *,
    sizes: str = "maxResults",
    tokens: str = "nextToken",
    invalid: str = INVALID,
) -> dict[str, Any]:
    """One page of a list under ``key``, with a token where there is more.

    ``items`` are pairs of a sort key and what is listed. Services differ in how they call size and token of a page,
    and the error.

    Raises:
        Refused: the request's token is none that was given out.
    """
    ordered = sorted(items, key=lambda item: item[0])
    start = 0
    if token := parameters.get(tokens):
        try:
            after = base64.b64decode(token, altchars=b"-_", validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused(invalid, f"{tokens} {token!r} is not valid.") from error
        start = next((index for index, item in enumerate(ordered) if item[0] > after), len(ordered))
    size = parameters.get(sizes) or DEFAULT_PAGE
    found: dict[str, Any] = {key: [item[1] for item in ordered[start : start + size]]}
    if start + size < len(ordered):
        found[tokens] = base64.urlsafe_b64encode(ordered[start + size - 1][0].encode()).decode()
    return found


def responses(
    service: str,
    backends: BackendDict[Any],
    operations: Operations,
    *,
    base: type[BaseResponse] | None = None,
    invalid: str = INVALID,
) -> type[BaseResponse]:
    """The response class that serves these operations.

    Args:
        service: botocore's name of the service.
        backends: moto's backends, by account and region.
        operations: what is carried out here.
        base: moto's own class of a service of the JSON protocol, where the other operations stay moto's.
        invalid: the error that the service answers a request with that is wrong by its model.
    """
    parent = base or BaseResponse

    class Response(parent):  # type: ignore[valid-type,misc]
        """Parses by the model, validates, carries out, answers by the model."""

        SERVICE: ClassVar[str] = service

        def __init__(self) -> None:
            if base is None:
                super().__init__(service_name=service)
                self.automated_parameter_parsing = True
            else:
                super().__init__()

        def setup_class(self, request: Any, *args: Any, **kwargs: Any) -> None:
            # the base parses the operations that stay its own in its own way
            if request.headers.get("X-Amz-Target", "").rpartition(".")[2] in dict(operations.items()):
                self.automated_parameter_parsing = True
            super().setup_class(request, *args, **kwargs)

    def method(name: str, operation: Operation) -> Callable[[Any], ActionResult]:
        def carry_out(self: Any) -> ActionResult:
            parameters: Parameters = self.params
            problems = check(get_service_model(service).operation_model(name), parameters)
            if problems:
                raise Refused(invalid, "; ".join(problems))
            return ActionResult(operation(backends[self.current_account][self.region], parameters))

        return carry_out

    for name, operation in operations.items():
        setattr(Response, camelcase_to_underscores(name), method(name, operation))
    return Response
