"""The databases and roles of PostgreSQL, on a real server."""
