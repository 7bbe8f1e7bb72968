"""Checks before an environment's first `up`, all at once; nothing is changed."""
