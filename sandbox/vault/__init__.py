"""A real server of the Vault API behind ``VAULT_ADDR``: OpenBao with raft storage, TLS and an audit device."""
