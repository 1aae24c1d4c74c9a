import json
import sys
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ordermgmt.beats import cluster_name
from ordermgmt.leases import database_now
from ordermgmt.supervisor import PATIENCE, Watchdog
from ordermgmt.watch import figures, work_stands


class Command(BaseCommand):
    help = "Kill a group of workers that stands still, or say once how the background work is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--group", type=int, help="process group to watch; without it: one look, exit 1 if stuck")
        parser.add_argument("--name", default=cluster_name(), help="name of the group")
        parser.add_argument("--patience", type=float, default=PATIENCE.total_seconds(), metavar="SECONDS")
        parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        patience = timedelta(seconds=options["patience"])
        if options["group"] is None:
            self._say_once(patience)
            return
        dog = Watchdog(options["group"], cluster=options["name"], patience=patience)
        while not dog.look():
            time.sleep(options["every"])
        sys.exit(1)

    def _say_once(self, patience: timedelta) -> None:
        now = database_now()
        found = figures(now)
        self.stdout.write(json.dumps(found.as_dict()))
        silence = found.worker_silence
        if work_stands(now, patience) and (silence is None or silence > patience.total_seconds()):
            sys.exit(1)
