"""Databases and roles of PostgreSQL as resources of the engine: a small layer of dynamic providers on psycopg.

The master user's credentials are read from Secrets Manager when an operation runs, in the role that makes the
environment: neither the state nor the serialised provider nor an argument list holds a password.
"""
