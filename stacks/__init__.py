"""What a client has: the typed description of an environment, and the program that makes it."""
