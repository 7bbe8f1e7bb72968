"""An aws provider that notes what it is asked to make, and makes nothing.

Run as ``python recorder.py NOTES VERSION ENGINE_ADDRESS``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.plugins.protocol import (
    UNKNOWN,
    Checked,
    CheckRequest,
    Created,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    Properties,
    Provider,
    compare,
)
from sandbox.plugins.protocol.serve import serve


class Recorder(Provider):
    """Everything asked for exists at once, and is noted: one line a resource."""

    name = "aws"

    def __init__(self, notes: Path, version: str) -> None:
        super().__init__()
        self.version = version
        self._notes = notes

    def configure(self, config: Properties) -> None:
        """Nothing to connect to."""

    def check(self, request: CheckRequest) -> Checked:
        """Inputs are taken as they are."""
        return Checked(request.inputs)

    def diff(self, request: DiffRequest) -> Diff:
        """Any difference is an update."""
        return Diff(compare(request.old_inputs, request.inputs))

    def create(self, request: CreateRequest) -> Created:
        """Note the resource; its ARN and id are unknown at preview."""
        if request.preview:
            return Created("", {**request.inputs, "arn": UNKNOWN, "id": UNKNOWN})
        with self._notes.open("a") as notes:
            notes.write(f"{request.type} {request.name}\n")
        arn = f"arn:aws:kms:eu-central-1:111111111111:key/{request.name}"
        return Created(request.name, {**request.inputs, "arn": arn, "id": request.name})

    def delete(self, request: DeleteRequest) -> None:
        """Nothing to delete."""


if __name__ == "__main__":
    serve(Recorder(Path(sys.argv[1]), sys.argv[2]))
