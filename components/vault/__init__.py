"""Vault as resources of the engine: a small layer of dynamic providers on hvac.

Address, certificate authority and token come from the operator's environment (``VAULT_ADDR``, ``VAULT_CACERT``,
``VAULT_TOKEN``) when an operation runs: neither the state nor the serialised provider holds a secret.
"""
