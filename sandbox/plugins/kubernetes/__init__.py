"""A provider plugin for Kubernetes that needs no download: server-side apply by the official Kubernetes client.

It stands in for the plugin of pulumi-kubernetes where that one cannot be had, keeps the same state (ids, field
manager, automatic names) and talks to loopback endpoints only.
"""
