import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ordermgmt.leases import database_now
from ordermgmt.rollups import differences, rebuild, refresh


class Command(BaseCommand):
    help = (
        "Bring stored figures up to date; --rebuild works all of them out anew, --check compares them with their rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--rebuild", action="store_true")
        which.add_argument("--check", action="store_true", help="exit code 1 when a stored day differs from its rows")

    def handle(self, *args: Any, **options: Any) -> None:
        now = database_now()
        if options["check"]:
            refresh(now=now)
            return self._check()
        days = rebuild(now=now) if options["rebuild"] else sum(refresh(now=now).values())
        self.stdout.write(f"{days} days worked out")
        return None

    def _check(self) -> None:
        found = list(differences())
        for one in found[:50]:
            self.stdout.write(str(one))
        self.stdout.write(f"{len(found)} differences" if found else "Every stored day equals its rows")
        if found:
            sys.exit(1)
