"""Settings of the client's PostgreSQL: what its parameter group says, and why."""

from __future__ import annotations

from typing import Final

from pulumi_aws.rds import ParameterGroupParameterArgs

from stacks.spec.database import DatabaseSpec

NOW: Final = "immediate"
RESTART: Final = "pending-reboot"
AUDIT_ROLE: Final = "rds_pgaudit"
"""The only role that RDS takes for pgaudit's object auditing (Amazon RDS User Guide, *Using pgAudit to log database
activity*)."""

_FIXED: Final = {
    # TLS only (AWS Foundational Security Best Practices v1.0.0, RDS.38); passwords by SCRAM
    "rds.force_ssl": ("1", NOW),
    "password_encryption": ("scram-sha-256", NOW),
    # no logical replication: a slot that nobody reads keeps WAL until the storage is full, and carries data away
    "rds.logical_replication": ("0", RESTART),
    # who connects, what changes the schema, what waits or takes longer than a second
    "log_connections": ("1", NOW),
    "log_disconnections": ("1", NOW),
    "log_lock_waits": ("1", NOW),
    "log_statement": ("ddl", NOW),
    "log_min_duration_statement": ("1000", NOW),
    # values of parameters may be personal data: statements are logged without them
    "log_parameter_max_length": ("0", NOW),
    "log_parameter_max_length_on_error": ("0", NOW),
    # temporary files of 100 MiB and more: a query that work_mem is too small for
    "log_temp_files": ("102400", NOW),
    "track_io_timing": ("1", NOW),
    # statistics of statements; audit of definitions and roles (pgaudit)
    "shared_preload_libraries": ("pg_stat_statements,pgaudit", RESTART),
    "pgaudit.role": (AUDIT_ROLE, NOW),
    # vacuum and analyse large tables before a fifth of them is dead, and say when that takes long (Amazon RDS User
    # Guide, *Working with PostgreSQL autovacuum on Amazon RDS for PostgreSQL*)
    "autovacuum": ("1", NOW),
    "autovacuum_vacuum_scale_factor": ("0.05", NOW),
    "autovacuum_analyze_scale_factor": ("0.05", NOW),
    "log_autovacuum_min_duration": ("10000", NOW),
    "rds.force_autovacuum_logging_level": ("warning", NOW),
    "rds.adaptive_autovacuum": ("1", NOW),
}


def parameters(spec: DatabaseSpec) -> list[ParameterGroupParameterArgs]:
    """The parameters of a description: name, value, and when it takes effect, in the names' order."""
    audited = "ddl,role,write" if spec.audit_writes else "ddl,role"
    wanted = {
        **_FIXED,
        "pgaudit.log": (audited, NOW),
        "idle_in_transaction_session_timeout": (f"{spec.timeouts.idle_in_transaction_seconds * 1000}", NOW),
        "statement_timeout": (f"{spec.timeouts.statement_seconds * 1000}", NOW),
        "lock_timeout": (f"{spec.timeouts.lock_seconds * 1000}", NOW),
    }
    return [
        ParameterGroupParameterArgs(name=name, value=value, apply_method=method)
        for name, (value, method) in sorted(wanted.items())
    ]
