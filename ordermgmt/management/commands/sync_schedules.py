from typing import Any

from django.core.management.base import BaseCommand

from ordermgmt.schedules import sync_schedules, ticking


class Command(BaseCommand):
    help = "Write the schedules of the code into the database (run after migrating, and at every start)."

    def handle(self, *args: Any, **options: Any) -> None:
        sync_schedules()
        self.stdout.write(f"{len(ticking())} schedules")
