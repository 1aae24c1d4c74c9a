from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from ordermgmt.beats import cluster_name
from ordermgmt.schedules import sync_schedules
from ordermgmt.supervisor import PATIENCE, Supervisor
from ordermgmt.watch import BOOT


class Command(BaseCommand):
    help = "Run the background workers with their watchdog until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=cluster_name(), help="name of this group; unique per group")
        parser.add_argument("--patience", type=float, default=PATIENCE.total_seconds(), metavar="SECONDS")
        parser.add_argument("--boot", type=float, default=BOOT.total_seconds(), metavar="SECONDS", help="to come up")
        parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("createcachetable", verbosity=0)
        sync_schedules()
        times = {name: timedelta(seconds=options[name]) for name in ("patience", "boot")}
        Supervisor(cluster=options["name"], every=options["every"], **times).run(self.stdout.write)
