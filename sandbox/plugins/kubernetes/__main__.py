import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.plugins.kubernetes.plugin import KubernetesPlugin

server = grpc.server(futures.ThreadPoolExecutor(32))
provider_pb2_grpc.add_ResourceProviderServicer_to_server(KubernetesPlugin(sys.argv[1]), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
threading.Event().wait()
