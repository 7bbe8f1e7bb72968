"""How a client's environment is made: one ComponentResource a file, its arguments and outputs beside it."""
