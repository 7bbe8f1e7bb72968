"""``python -m sandbox.cloud``: serve the AWS endpoint of the sandbox that the environment names, in the foreground."""

from sandbox.cloud.server import main

main()
