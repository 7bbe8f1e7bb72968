"""What people and schedulers do: one runbook a file, NAME.md beside NAME.py."""
