"""The process of the AWS endpoint: install the extensions, replay, reconcile the data planes, serve."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from sandbox.cloud import (
    accessanalyzer,
    cloudtrail,
    cloudwatch,
    config,
    credentials,
    determinism,
    ec2,
    ecr,
    eks,
    guardduty,
    iam,
    identity,
    kms,
    landing,
    logs,
    rds,
    resolver_firewall,
    s3,
    securityhub,
    sts,
)
from sandbox.cloud.endpoint import Endpoint
from sandbox.cloud.journal import Journal
from sandbox.settings import HOST, Settings

log = logging.getLogger(__name__)


class _Requests(MotoRequestHandler):
    """Connections stay open between requests; the endpoint writes its own log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Nothing: the endpoint logs service, action, account, region, status and time."""


def main() -> None:
    """Serve until SIGTERM. Settings come from the environment."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    # an account's machine images are two thousand objects a region that nothing here looks at
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    settings = Settings.load()
    operator = credentials.ensure(settings)
    determinism.install(operator.seed)
    identity.install()
    for service in (
        accessanalyzer,
        cloudtrail,
        cloudwatch,
        config,
        ec2,
        ecr,
        guardduty,
        iam,
        logs,
        s3,
        securityhub,
        sts,
    ):
        service.install()
    resolver_firewall.install()
    kms.install(settings)
    databases, clusters = rds.install(settings), eks.install(settings)
    identity.seed_operator(operator.access_key, operator.secret)
    landing.prepare()
    endpoint = Endpoint(
        Journal(settings.cloud / "journal.jsonl"),
        eks=eks.wsgi,
        reconcile=reconcile,
        converging=lambda: databases.converging() + clusters.converging(),
    )
    server = make_server(HOST, settings.cloud_port, endpoint, threaded=True, request_handler=_Requests)
    threading.Thread(target=server.serve_forever, name="serve", daemon=True).start()
    endpoint.replay()
    endpoint.ready()
    log.info("serving %s", settings.cloud_url)
    stopped.wait()
    log.info("stopping")
    server.shutdown()


def reconcile() -> None:
    """Bring every server behind the endpoint to the state of the model."""
    rds.reconcile()
    eks.reconcile()
