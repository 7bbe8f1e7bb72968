"""A description that is valid, for tests that then spoil it."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def description() -> dict[str, Any]:
    """A new, valid description of a production environment, as the engine hands it over: plain data."""
    return {
        "client": "acme",
        "stage": "prod",
        "account_id": "111111111111",
        "residency": {"jurisdiction": "eu", "home": "eu-central-1", "recovery": "eu-west-1"},
        "network": {"cidr": "10.20.0.0/16", "zones": ["a", "b", "c"], "nat": "per-zone"},
        "cluster": {
            "version": "1.34",
            "node_groups": {"general": {"instance_types": ["m7i.large"], "min": 2, "desired": 2, "max": 6}},
            "namespaces": {"shop": {"cpu": "8", "memory": "16Gi"}},
        },
        "database": {
            "engine_version": "17",
            "instance_class": "db.m7g.large",
            "storage_gib": 100,
            "max_storage_gib": 500,
            "multi_az": True,
            "databases": ["shop"],
        },
        "backups": {"rpo_minutes": 5, "rto_minutes": 60, "retention_days": 35},
        "vault": {"namespace": "acme-prod"},
        "monitoring": {"oncall": ["oncall@example.com"]},
    }
