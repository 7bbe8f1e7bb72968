"""The embedded default: everything a client environment needs, on one machine, real behind the wire.

Nothing outside this package knows that it exists: the program, the policy packs, the runbooks and the
scripts see the endpoints of their environment variables and nothing else.
"""
