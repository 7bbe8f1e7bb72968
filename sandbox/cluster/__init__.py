"""Kubernetes control planes: one real API server with storage, controllers, scheduler and played nodes a cluster.

Knows nothing of AWS. ``controlplane`` runs one, ``access`` and ``nodes`` bring its objects to what is wanted,
``plane`` does all of that in the background for every cluster of a sandbox.
"""
