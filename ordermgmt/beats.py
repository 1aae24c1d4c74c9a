"""Signs of life: every task a worker ends touches the row of its cluster."""

import os
import socket
from typing import Any

from django.db import DatabaseError
from django.db.models import F
from structlog import get_logger

from ordermgmt.leases import database_now
from ordermgmt.models.operations import WorkerBeat

log = get_logger(__name__)


def cluster_name() -> str:
    """One name per group of workers; two groups on one host need CLUSTER_NAME."""
    return os.environ.get("CLUSTER_NAME") or socket.gethostname()


def beat(**_: Any) -> None:
    """After each task, in the worker. A database that is away must not kill the worker."""
    try:
        now = database_now()
        if not WorkerBeat.objects.filter(cluster=cluster_name()).update(at=now, tasks=F("tasks") + 1):
            WorkerBeat.objects.get_or_create(cluster=cluster_name(), defaults={"at": now, "tasks": 1})
    except DatabaseError:
        log.warning("beat_not_written", exc_info=True)
