"""Hardening: encryption, exposure, identities, resilience, and what may run in a cluster."""
