"""CloudWatch: an alarm begins without data, keeps its state when it is changed, and its tags are set once."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from sandbox.cloud import extend

_INITIAL_STATE = "INSUFFICIENT_DATA"


class CloudWatch(CloudWatchBackend):
    """Moto's CloudWatch with the states of the real one."""

    def put_metric_alarm(self, name: str, *args: Any, **kwargs: Any) -> Alarm:
        """Make an alarm, or change one; as in AWS a change leaves state and tags alone."""
        before = self.alarms.get(name)
        if before is not None:
            kwargs["tags"] = None
        alarm = super().put_metric_alarm(name, *args, **kwargs)
        alarm.state_value = before.state_value if before else _INITIAL_STATE
        if before is not None:
            alarm.state_reason = before.state_reason
            alarm.state_reason_data = before.state_reason_data
            alarm.state_updated_timestamp = before.state_updated_timestamp
        return alarm


def install() -> None:
    """Serve CloudWatch from this class."""
    extend.use("cloudwatch", cloudwatch_backends, backend=CloudWatch)
