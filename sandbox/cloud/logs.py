"""CloudWatch Logs: the key of a log group can be changed and taken away, and a metric filter can be changed."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend, logs_backends
from moto.logs.responses import LogsResponse as MotoLogsResponse

from sandbox.cloud import extend


class Logs(LogsBackend):
    """Moto's CloudWatch Logs with log groups that change their key."""

    def set_key(self, log_group_name: str, key: str | None) -> None:
        """Encrypt a log group with the key of an ARN, or with none of the account's.

        Raises:
            ResourceNotFoundException: there is no such log group.
        """
        if log_group_name not in self.groups:
            raise ResourceNotFoundException()
        self.groups[log_group_name].kms_key_id = key

    def put_metric_filter(self, filter_name: str, filter_pattern: str, log_group_name: str, *args: Any) -> None:
        """Make a metric filter, or change the one of this name (moto makes a second one)."""
        kept = [
            one
            for one in self.filters.metric_filters
            if (one["filterName"], one["logGroupName"]) != (filter_name, log_group_name)
        ]
        self.filters.metric_filters = kept
        super().put_metric_filter(filter_name, filter_pattern, log_group_name, *args)


class LogsResponse(MotoLogsResponse):
    """Moto's CloudWatch Logs responses with the two actions on a log group's key."""

    @property
    def logs(self) -> Logs:
        """The backend of the caller's account and region."""
        backend = self.logs_backend
        if not isinstance(backend, Logs):
            raise TypeError("CloudWatch Logs was not installed")
        return backend

    def associate_kms_key(self) -> str:
        """Encrypt a log group with a key."""
        self.logs.set_key(self._get_param("logGroupName"), self._get_param("kmsKeyId"))
        return ""

    def disassociate_kms_key(self) -> str:
        """Encrypt a log group with no key of the account's."""
        self.logs.set_key(self._get_param("logGroupName"), None)
        return ""


def install() -> None:
    """Serve CloudWatch Logs from these classes."""
    extend.use("logs", logs_backends, backend=Logs, response=LogsResponse)
