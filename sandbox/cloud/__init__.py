"""AWS at its wire: one process that answers every service, keeps its state, and starts real servers behind it.

The answers come from moto, whose backend classes are extended here where an environment needs more. What makes
the sandbox real (PostgreSQL behind RDS, Kubernetes behind EKS) hangs off those backends, so that every client of
the wire sees the same account.
"""

from sandbox.cloud.journal import replaying, state_lock

__all__ = ["replaying", "state_lock"]
