"""The published standards that rules name, each with the version whose section numbers are used."""

from __future__ import annotations

from policies.engine.rule import Standard


def cis(section: str) -> Standard:
    """CIS AWS Foundations Benchmark (section numbers differ between versions)."""
    return Standard("CIS AWS Foundations Benchmark", "5.0.0", section)


def cis_kubernetes(section: str) -> Standard:
    """CIS Kubernetes Benchmark."""
    return Standard("CIS Kubernetes Benchmark", "2.0.1", section)


def fsbp(section: str) -> Standard:
    """AWS Foundational Security Best Practices, a standard of Security Hub."""
    return Standard("AWS FSBP", "1.0.0", section)


def checkov(section: str) -> Standard:
    """Checkov's built-in policies, whose ids many auditors' tools use."""
    return Standard("Checkov", "3", section)


def ccc(section: str) -> Standard:
    """FINOS Common Cloud Controls, core catalogue: CN06 trust perimeter, CN10 replication."""
    return Standard("FINOS CCC.Core", "2025.10", section)
