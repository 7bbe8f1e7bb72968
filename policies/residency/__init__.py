"""Residency: client data stays in the client's account and in the regions of the client's jurisdiction."""
