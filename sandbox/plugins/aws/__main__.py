"""``python -m sandbox.plugins.aws ENGINE_ADDRESS``: how the engine starts the plugin."""

from sandbox.plugins.aws.provider import AwsProvider
from sandbox.plugins.protocol.serve import serve

if __name__ == "__main__":
    serve(AwsProvider())
